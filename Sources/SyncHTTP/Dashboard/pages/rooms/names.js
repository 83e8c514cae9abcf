/**
 * What the names of rooms say.
 *
 * @module
 */

import { badge } from '../../parts/pieces.js'

/** Kinds of rooms, by what their names begin with. Feeds are written by relays, and read by people. */
export const kinds = [
  { name: 'project', text: 'Project', many: 'Projects', badge: 'accent' },
  { name: 'user', text: 'User', many: 'Users', badge: '' },
  { name: 'activity', text: 'Activity', many: 'Feeds of activity', badge: '', isFeed: true },
  { name: 'notifications', text: 'Notifications', many: 'Feeds of notifications', badge: '', isFeed: true },
  { name: 'analytics', text: 'Analytics', many: 'Feeds of analytics', badge: '', isFeed: true },
  { name: 'system', text: 'System', many: 'The feed of the system', badge: '', isFeed: true },
]

/** @param {string} room @returns {typeof kinds[number] | null} Null for a room that is nothing but a document. */
export const kindOf = room => room === 'system' ? kinds.at(-1)
  : kinds.find(({ name }) => name !== 'system' && room.startsWith(`${name}:`) && room.length > name.length + 1) ?? null

/** @param {string} room @returns {HTMLElement | null} */
export function kindBadge(room) {
  const kind = kindOf(room)
  return kind && badge(kind.isFeed ? `${kind.text} feed` : kind.text, kind.badge)
}

/**
 * What a name reads as: browsers ask for `café` as `caf%C3%A9`, and that is the room's name then.
 *
 * @param {string} room
 * @returns {string | null} Null when it reads as it is.
 */
export function readable(room) {
  if (!room.includes('%')) return null
  try {
    const text = decodeURIComponent(room)
    return text === room ? null : text
  } catch {
    return null
  }
}

/**
 * Whether a browser can ask for a room by its name: an address changes some letters on the way, and would lead to
 * another room then.
 *
 * @param {string} room
 */
export function isReachable(room) {
  try {
    const { pathname, search, hash } = new URL(`ws://relay.invalid/${room}`)
    return room !== 'signal' && pathname === `/${room}` && search === '' && hash === ''
  } catch {
    return false
  }
}
