/**
 * Names of rooms, as the address of a WebSocket can carry them. The relay takes the path as it is: what a browser escapes on
 * its way there stays escaped, so `Meeting notes` is the room `Meeting%20notes`.
 *
 * @module
 */

/** What relays allow unless they are told otherwise. */
const bytesMax = 1024

/** Paths of the relay that are no rooms. */
const reserved = new Set(['signal', 'healthz', 'readyz', 'statusz', 'metrics'])

/**
 * The room that a name stands for.
 *
 * @param {string} name
 * @returns {{ room: string, problem: null } | { room: null, problem: string }} What is wrong with it otherwise, as a sentence.
 */
export function roomOf(name) {
  const refused = problem => ({ room: null, problem })
  if (name === '') return refused('A room needs a name.')
  if (/[?#]/.test(name)) return refused('A room’s name has neither ? nor #: an address would end there.')
  if (/\p{Cc}/u.test(name)) return refused('A room’s name has no control characters, such as line breaks or NUL.')
  if (!name.isWellFormed()) return refused('A room’s name has no halves of characters.')
  const room = new URL(`ws://relay/${name}`).pathname.slice(1)
  if (readable(room) !== readable(name)) {
    return refused('An address cannot carry this name: it has no backslash, no parts that are . or .., and no space at its ends.')
  }
  if (reserved.has(room)) return refused(`The relay uses ${room} for something else: choose another name.`)
  const { length } = new TextEncoder().encode(room)
  if (length > bytesMax) return refused(`A room’s name has at most ${bytesMax} bytes in an address, and this one has ${length}.`)
  return { room, problem: null }
}

/** A room's name for people. @param {string} room */
export function readable(room) {
  try { return decodeURIComponent(room) } catch { return room }
}
