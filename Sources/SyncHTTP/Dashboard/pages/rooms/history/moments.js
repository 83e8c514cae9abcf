import { Emitter } from '../../../crdt/emitter.js'

const decode = base64 => Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), unit => unit.charCodeAt(0))

/**
 * What one author wrote in a moment.
 *
 * @typedef {object} Part
 * @property {string | null} subject Whose token it was.
 * @property {string} source Where it came from.
 * @property {number} start In milliseconds since 1970.
 * @property {number} end
 * @property {Uint8Array | null} update Null once it is given up.
 * @property {number} inserted Units, as far as they are counted.
 * @property {number} deleted
 * @property {number} formatted
 * @property {boolean} joinsNext Whether it makes sense together with the next part only.
 */

/**
 * A moment of a room's history: at most a minute without a pause, in which one or more authors wrote.
 *
 * @typedef {object} Moment
 * @property {number} first Its first update, counted from the room's first.
 * @property {number} last Its last update.
 * @property {number} start In milliseconds since 1970.
 * @property {number} end
 * @property {Part[]} parts
 */

/**
 * A room's history, as far as it was read: moments, the oldest first. The newest one grows while it is written.
 *
 * Event: `change`, with the index of the first moment that is another one.
 */
export class Moments extends Emitter {
  /** @type {(Moment | null)[]} Those before {@link start} are null. */
  list = []
  /** @type {number} The first that is known. */
  start = 0
  /** @type {boolean} Whether all was read that there is. */
  isComplete = false
  /** @type {number} The page behind this update is to be read next. */
  after = 0

  /** @type {number} One more than the index of the newest. */
  get end() { return this.list.length }

  /** @type {Moment | null} */
  get newest() { return this.list.at(-1) ?? null }

  /** @type {boolean} Whether what came first is known as a whole only: its history was not kept. */
  get isCut() {
    const [first] = this.list
    return this.start > 0 || (first !== undefined && first !== null && (first.first > 1 || isBeginning(first)))
  }

  /** @type {Moment | null} The oldest that is known. */
  get oldest() { return this.list[this.start] ?? null }

  /** The index of the moment with an update; −1 when none is that early. */
  indexOf(update) {
    let low = this.start, high = this.end
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.list[middle].first <= update) low = middle + 1
      else high = middle
    }
    return low > this.start ? low - 1 : -1
  }

  /** The index of the last moment that began at a time or before; −1 when there is none. */
  indexAt(milliseconds) {
    // A clock may have been set back, so times are in no order that could be relied upon.
    return this.list.findLastIndex(moment => moment !== null && moment.start <= milliseconds)
  }

  /**
   * Adds a page, as `/api/history` gives it.
   *
   * @returns {number} The index of the first moment that is another one.
   */
  add({ entries, isLast }) {
    let changed = this.end
    this.#grown = null
    const [first] = entries
    if (first) {
      // What grew takes the place of what it was.
      while (this.end > this.start && this.newest.last >= first.first) {
        const dropped = this.list.pop()
        changed = this.end
        if (dropped.first < first.first) {
          // The moments were divided anew: the rest of the dropped one is to be read again.
          this.after = dropped.first - 1
          this.isComplete = false
          this.emit('change', changed)
          return changed
        }
        this.#grown = dropped.first === first.first ? dropped : null
      }
    }
    for (const entry of entries) this.#append(entry)
    this.after = this.newest?.last ?? 0
    this.isComplete = isLast
    if (entries.length > 0 || isLast) this.emit('change', changed)
    return changed
  }

  /** Forgets the moments before an index. */
  forget(index) {
    while (this.start < index) this.list[this.start++] = null
  }

  /** What the newest moment was before it grew: its counts go on. */
  #grown = null

  #append(entry) {
    const part = {
      subject: entry.subject ?? null, source: entry.source, start: entry.startMilliseconds, end: entry.endMilliseconds,
      update: decode(entry.update), inserted: 0, deleted: 0, formatted: 0, joinsNext: false,
    }
    let moment = this.newest
    if (moment === null || moment.last !== entry.last) {
      moment = { first: entry.first, last: entry.last, start: part.start, end: part.end, parts: [] }
      this.list.push(moment)
      if (this.#grown && this.#grown.first !== moment.first) this.#grown = null
    }
    const was = this.#grown?.parts.find(({ subject, source }) => subject === part.subject && source === part.source)
    if (was) Object.assign(part, {
      inserted: was.inserted, deleted: was.deleted, formatted: was.formatted, joinsNext: was.joinsNext,
    })
    moment.parts.push(part)
    moment.start = Math.min(moment.start, part.start)
    moment.end = Math.max(moment.end, part.end)
  }
}

/** Whether a moment is what was there before a history was kept. */
export const isBeginning = ({ parts: [{ subject, source }] }) => subject === null && source === 'unknown'

/** Who wrote a part, in words. */
export function authorOf({ subject, source }) {
  if (subject !== null) return subject
  return { unknown: 'Before the history', local: 'The relay itself', 'command line': 'The command line' }[source] ?? source
}
