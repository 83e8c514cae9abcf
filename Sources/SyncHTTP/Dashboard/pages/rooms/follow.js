import { button, failure } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { session } from '../../session.js'
import { showSignIn } from '../../sign-in.js'

/** Whether the relay says that somebody else may do that. */
export const isRefusal = ({ status }) => status === 401 || status === 403

/**
 * Follows something as `relay.follow` does, until it is refused: that stays so as long as the token does, and the page is
 * opened anew with another one.
 */
export function follow(path, { signal, ...options }, show, fail) {
  const refused = new AbortController()
  return relay.follow(path, { ...options, signal: AbortSignal.any([signal, refused.signal]) }, show, error => {
    if (isRefusal(error)) refused.abort()
    fail(error)
  })
}

/** What went wrong, with what can be done: sign in, or try again where that may help. */
export function refusalOr(error, retry) {
  const message = failure(error, isRefusal(error) ? undefined : retry)
  if (error.status === 401 && session.token === null) message.lastElementChild.append(button('Sign in', showSignIn))
  return message
}
