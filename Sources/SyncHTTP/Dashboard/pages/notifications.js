import { inbox } from '../notifications.js'
import { address } from '../parts/address.js'
import { element } from '../parts/dom.js'
import { icon } from '../parts/icons.js'
import { failure } from '../failure.js'
import { button, card, field, pageHead } from '../parts/pieces.js'
import { session } from '../session.js'
import { showSignIn } from '../sign-in.js'
import { showCentre } from './notifications/centre.js'
import { showPreferences } from './notifications/preferences.js'

export const title = 'Notifications'

/** `#/notifications` is what the user is told; `#/notifications/preferences` what the user wants to be told. */
export async function show(root, { path: [part], query, signal }) {
  const isPreferences = part === 'preferences'
  const content = element('div', { class: 'stack' })
  const render = () => showContent(root, content, isPreferences, query)
  let current = new AbortController()
  signal.addEventListener('abort', () => current.abort())
  const begin = () => {
    current.abort()
    current = new AbortController()
    render()(current.signal)
  }
  const stop = inbox.on('user', begin)
  signal.addEventListener('abort', stop)
  begin()
}

/** Shows the frame of both parts. @returns {(signal: AbortSignal) => void} Shows the chosen one. */
function showContent(root, content, isPreferences, query) {
  const { user } = inbox
  const change = user !== null && inbox.isChosen
    ? [button('Another user', () => inbox.choose(null))] : []
  root.replaceChildren(pageHead(title, `What ${user ?? 'a user'} is told, on all devices.`, ...change), content)
  if (user === null) {
    content.replaceChildren(userForm())
    return () => {}
  }
  const place = element('div', { class: 'stack inbox' })
  content.replaceChildren(
    element('nav', { class: 'tabs', 'aria-label': title },
      element('a', { href: address('notifications'), 'aria-current': !isPreferences && 'true' }, 'Inbox'),
      element('a', {
        href: address('notifications', ['preferences']), 'aria-current': isPreferences && 'true',
      }, 'Preferences')),
    place)
  return signal => {
    if (inbox.error?.status === 403 || inbox.error?.status === 401) place.append(failure(inbox.error))
    else if (isPreferences) showPreferences(place, user, signal)
    else showCentre(place, user, query, signal)
  }
}

/** Asks whose notifications to show, where no token says it. */
function userForm() {
  const name = element('input', {
    required: true, autocomplete: 'username', spellcheck: false, maxlength: 1000, placeholder: 'ada',
  })
  const form = element('form', { class: 'inbox-user' },
    field('User', name, 'The name that others notify. It is kept in this browser.'),
    element('button', { class: 'primary' }, 'Show'))
  form.addEventListener('submit', event => {
    event.preventDefault()
    if (name.value.trim()) inbox.choose(name.value.trim())
  })
  return card('Whose notifications?', form, ...session.token !== null ? [] : [element('p', { class: 'row quiet' },
    'Where the relay asks who you are, your token says it.',
    element('button', { type: 'button', on: { click: showSignIn } }, icon('key'), 'Sign in'))])
}
