import { Emitter } from './crdt/emitter.js'
import { followFeed } from './feed.js'
import { session } from './session.js'
import { dismissToasts, toast } from './toasts.js'

/** How many notifications are unread. Event: `change`. */
class Unread extends Emitter {
  count = 0

  set(count) {
    if (count === this.count) return
    this.count = count
    this.emit('change', this)
  }
}

export const unread = new Unread()

/** Where the API has them. */
export const notificationsPath = '/api/notifications'

/** When a notification is shown first. */
export const shownAt = ({ milliseconds, dueMilliseconds }) => dueMilliseconds ?? milliseconds

/** A category's icon. */
export const categoryIcon = category =>
  ({ system: 'information', 'user-action': 'person', performance: 'activity' })[category] ?? 'notifications'

/** A category's name for people. */
export const categoryTitle = category =>
  ({ system: 'System', 'user-action': 'People', performance: 'Performance' })[category] ?? category

/**
 * What a user is told: that of the token or, where nobody is asked for one, that whose name was chosen in this browser.
 *
 * Events: `user` when it is another's; `change` with every answer of the relay.
 */
class Inbox extends Emitter {
  static storageKey = 'syncctl.notifications.user'

  /** @type {any} Why the relay does not say what the user is told; null while it does. */
  error = null
  #ending = new AbortController()
  #known = null
  #ask = () => {}

  /** @type {string | null} Whose it is; null while that is not known. */
  get user() { return session.user ?? localStorage.getItem(Inbox.storageKey) }

  /** @type {boolean} Whether the user is a name that was chosen here. */
  get isChosen() { return session.user === null }

  /** Chooses a user, where no token says who it is. @param {string | null} name */
  choose(name) {
    if (name) localStorage.setItem(Inbox.storageKey, name)
    else localStorage.removeItem(Inbox.storageKey)
    this.restart()
  }

  /** Asks the relay now. */
  refresh() { this.#ask() }

  /** Begins anew: for another user or with other rights. */
  restart() {
    this.#ending.abort()
    this.#ending = new AbortController()
    this.#known = null
    this.error = null
    this.#ask = () => {}
    unread.set(0)
    // They are nobody else's.
    dismissToasts(group)
    const { user } = this
    if (user !== null && isExpected(`user:${user}`)) {
      this.#ask = followFeed(notificationsPath, {
        rooms: [`notifications:${user}`, `user:${user}`], signal: this.#ending.signal, query: () => ({ user }), moments,
      }, page => this.#show(page), error => {
        this.error = error
        this.emit('change', this)
      })
    } else if (user !== null) {
      this.error = Object.assign(new Error(`what was read is kept in the room user:${user}, to which the token has no right`), {
        status: 403, title: 'This token has no notifications', hint: `it needs a rule such as user:${user}=write`,
      })
    }
    this.emit('user', this)
  }

  #show(page) {
    this.error = null
    unread.set(page.unreadCount)
    for (const news of this.#arrivals(page).reverse()) tell(news)
    this.emit('change', this)
  }

  /** What came since the last answer: what is new, and not only moved up because others went. */
  #arrivals({ notifications, next }) {
    const known = this.#known
    this.#known = {
      ids: new Set(notifications.map(({ id }) => id)), oldest: next ? shownAt(notifications.at(-1)) : 0,
    }
    if (known === null) return []
    return notifications.filter(news => !known.ids.has(news.id) && shownAt(news) >= known.oldest
      && news.readMilliseconds === undefined && news.archivedMilliseconds === undefined)
  }
}

export const inbox = new Inbox()

/** When digests are due, and when something expires. */
const moments = document => document.array('notifications').toJSON()
  .flatMap(entry => [entry?.value?.due, entry?.value?.expiry]).filter(Number.isFinite)

/**
 * Whether a token seems to let in to a room. Only the relay knows; but who has no rights is not to see it asked in vain on
 * every page.
 */
function isExpected(room) {
  const { rooms } = session.claims
  if (session.token === null || typeof rooms !== 'object' || rooms === null) return true
  return Object.keys(rooms).some(pattern => {
    const parts = pattern.split('*').map(part => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 'su').test(room)
  })
}

/** How much of a notification's text stands in a corner, in UTF-16 units. */
const textMax = 160
const group = { title: count => `${count} more ${count === 1 ? 'notification' : 'notifications'}`, href: '#/notifications' }

/** What is quiet is counted and listed, and nothing more. */
function tell({ title, body, category, sender, isQuiet }) {
  if (isQuiet) return
  const text = body || (sender ? `From ${sender}` : '')
  const shortText = text.length > textMax ? `${text.slice(0, textMax)}…` : text
  toast({ title, text: shortText, icon: categoryIcon(category), href: group.href, group })
}

/** Follows what the user is told, for as long as the dashboard is open. */
export function startNotifications() {
  inbox.restart()
  session.on('change', () => inbox.restart())
  // Another tab has chosen a user.
  addEventListener('storage', ({ key }) => { if (key === Inbox.storageKey && inbox.isChosen) inbox.restart() })
}
