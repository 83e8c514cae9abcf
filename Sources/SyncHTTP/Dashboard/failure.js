import { button, notice } from './parts/pieces.js'
import { session } from './session.js'
import { showSignIn } from './sign-in.js'

/** Whether the relay says that this takes another token. That stays so until somebody signs in. */
export const isRefusal = error => error?.status === 401 || error?.status === 403

/**
 * What went wrong, as a message that says what to do: to sign in, where that helps, else to try again.
 *
 * @param {any} error
 * @param {() => void} [retry]
 */
export function failure(error, retry) {
  const actions = []
  if (error?.status === 401 || (isRefusal(error) && session.token === null)) actions.push(button('Sign in', showSignIn))
  else if (retry) actions.push(button('Try again', retry))
  return notice(isRefusal(error) ? 'warning' : 'bad', error?.title ?? 'That did not work',
    [error?.message, error?.hint].filter(Boolean).map(text => sentence(text)).join(' '), ...actions)
}

const sentence = text => {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}
