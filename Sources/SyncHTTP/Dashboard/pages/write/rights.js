import { session } from '../../session.js'

/** The levels of a token, by what they allow. */
const levels = ['read', 'comment', 'write', 'admin']

/** Rooms that relays write, and clients read: nobody but administrators changes them. */
const feed = /^(?:activity|notifications|analytics):.|^system$/s

/** @param {string} room @returns {boolean} Whether relays write it by themselves. */
export const isFeed = room => feed.test(room)

/**
 * What the token allows in a room, as far as it can be told here. The relay decides.
 *
 * @param {string} room
 * @returns {'read' | 'comment' | 'write' | 'admin' | null} Null when nobody is signed in, or when no rule names the room.
 */
export function levelIn(room) {
  const { rooms } = session.claims
  if (typeof rooms !== 'object' || rooms === null) return null
  const allowed = Object.entries(rooms).filter(([pattern]) => matches(pattern, room)).map(([, level]) => levels.indexOf(level))
  return levels[Math.max(...allowed, -1)] ?? null
}

/** @param {string} room @returns {boolean} Whether the token lets read only. */
export function isReadOnly(room) {
  const level = levelIn(room)
  return level !== null && (isFeed(room) ? level !== 'admin' : levels.indexOf(level) < levels.indexOf('write'))
}

/** Whether a name matches a pattern in which `*` stands for any characters. */
function matches(pattern, name) {
  const [first, ...rest] = pattern.split('*')
  if (rest.length === 0) return name === first
  if (!name.startsWith(first)) return false
  const last = rest.pop()
  let place = first.length
  for (const part of rest) {
    const found = name.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return name.length - last.length >= place && name.endsWith(last)
}
