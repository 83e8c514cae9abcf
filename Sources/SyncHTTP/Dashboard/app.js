/**
 * The frame around the pages: navigation, the relay's state, who is signed in, and which page is shown. A page is a module
 * of `pages` with
 *
 *     export const title = 'Rooms'
 *     export async function show(root, { path, query, signal }) { … }
 *
 * It fills `root`, and goes on until `signal` is aborted. The address behind `#` says which page it is, and what of it:
 * `#/rooms/NAME?tab=log` is the page `rooms` with the path `['NAME']`. It stays in the browser.
 *
 * @module
 */

import { element, setText } from './parts/dom.js'
import { icon } from './parts/icons.js'
import { failure } from './failure.js'
import { iconButton, notice, pageHead } from './parts/pieces.js'
import { duration } from './parts/format.js'
import { parseAddress } from './parts/address.js'
import { startNotifications, unread } from './notifications.js'
import { relay } from './relay.js'
import { session } from './session.js'
import { showSignIn } from './sign-in.js'
import { addThemeButton } from './theme.js'

const pages = [
  { name: 'overview', text: 'Overview', load: () => import('./pages/overview.js') },
  { name: 'rooms', text: 'Rooms', load: () => import('./pages/rooms.js') },
  { name: 'write', text: 'Write together', shortText: 'Write', load: () => import('./pages/write.js') },
  { name: 'activity', text: 'Activity', load: () => import('./pages/activity.js') },
  { name: 'notifications', text: 'Notifications', shortText: 'News', load: () => import('./pages/notifications.js') },
  { name: 'connection', text: 'Connection', shortText: 'Link', load: () => import('./pages/connection.js') },
]
const [main, navigation, banner, status, tools] =
  ['main', 'navigation', 'banner', 'status', 'tools'].map(id => document.getElementById(id))

// MARK: Navigation

const links = new Map(pages.map(({ name, text, shortText }) => [name, element('a', { href: name === 'overview' ? '#/' : `#/${name}` },
  icon(name), element('span', { class: 'wide-only' }, text),
  element('span', { class: 'narrow-only', 'aria-hidden': 'true' }, shortText ?? text))]))
navigation.append(element('ul', {}, ...[...links.values()].map(link => element('li', {}, link))))

const unreadNumber = element('span')
const unreadBadge = element('span', { class: 'count', hidden: true }, unreadNumber,
  element('span', { class: 'visually-hidden' }, ' unread'))
links.get('notifications').append(unreadBadge)
unread.on('change', () => {
  unreadBadge.hidden = unread.count === 0
  setText(unreadNumber, unread.count > 99 ? '99+' : String(unread.count))
})

// MARK: Pages

let leave = new AbortController()
let shown = null

/** Shows the page that the address names. */
async function open() {
  const address = parseAddress(location.hash)
  const page = pages.find(({ name }) => name === address.page)
  leave.abort()
  leave = new AbortController()
  const { signal } = leave
  for (const [name, link] of links) {
    if (name === page?.name) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  const root = element('div', { class: 'page' })
  try {
    if (!page) throw Object.assign(new Error('the address names no page of the dashboard'), { title: 'There is no such page' })
    const module = await page.load()
    if (signal.aborted) return
    document.title = `${module.title} · syncctl`
    main.replaceChildren(root)
    shown = module
    await module.show(root, { path: address.path, query: address.query, signal })
  } catch (error) {
    if (signal.aborted) return
    if (!root.isConnected) main.replaceChildren(root)
    if (!root.querySelector('h1')) {
      const heading = page?.text ?? 'No such page'
      document.title = `${heading} · syncctl`
      root.prepend(pageHead(heading))
    }
    root.append(failure(error, open))
    if (!error.title) console.error(error)
  }
  if (!signal.aborted) (root.querySelector('h1') ?? main).focus({ preventScroll: true })
}

addEventListener('hashchange', open)
// The address names pages, so the link does itself what its target would.
document.querySelector('.skip-link').addEventListener('click', event => {
  event.preventDefault()
  main.focus()
})
session.on('change', () => {
  showWho()
  banner.replaceChildren()
  if (!shown?.handlesSession) open()
})
session.on('expiry', () => {
  banner.replaceChildren(notice('warning', 'Your token has expired',
    'What you write stays here, and goes over once you have signed in again.', signInButton()))
})

// MARK: The relay's state

const stateLink = element('a', { class: 'state', href: '#/connection' }, 'Connecting')
status.append(stateLink)
const outage = element('div', { hidden: true })
banner.before(outage)
outage.id = 'outage'
outage.setAttribute('role', 'status')
const outageNotice = notice('warning', 'The relay does not answer', ' ')
const outageText = outageNotice.querySelectorAll('p')[1]
outage.append(outageNotice)

function showState() {
  const [kind, text] = {
    unknown: ['', 'Connecting'], down: ['bad', 'No answer'],
    up: relay.obstacle ? ['warning', relay.obstacle] : ['good', 'Connected'],
  }[relay.state]
  stateLink.className = `state ${kind}`
  setText(stateLink, text)
  outage.hidden = relay.state !== 'down'
  if (relay.state === 'down') {
    const seconds = Math.max(0, Math.ceil((relay.retryAt - Date.now()) / 1000))
    const since = duration((Date.now() - relay.since) / 1000)
    setText(outageText, seconds > 0 ? `Not for ${since}. It is asked again in ${seconds} s; what you write is kept.`
      : 'It is being asked again; what you write is kept.')
  }
}
relay.on('change', showState)
setInterval(() => { if (relay.state === 'down') showState() }, 1000)

// MARK: Who is there

const who = element('span', { class: 'row' })
tools.append(who)
addThemeButton(tools)

const signInButton = () => element('button', { type: 'button', on: { click: showSignIn } }, icon('key'), 'Sign in')

function showWho() {
  if (session.token === null) {
    who.replaceChildren(iconButton('key', 'Sign in with a token', showSignIn))
  } else {
    const name = session.user ?? 'Signed in'
    who.replaceChildren(element('button', {
      type: 'button', class: 'plain who', title: 'Sign out', 'aria-label': `Sign out ${name}`, on: { click: () => session.signOut() },
    }, icon('person'), element('span', { class: 'who-name' }, name)))
  }
}

showWho()
relay.start()
startNotifications()
open()
