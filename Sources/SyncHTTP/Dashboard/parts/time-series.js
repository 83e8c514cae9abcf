import { Emitter } from '../crdt/emitter.js'

/**
 * What was measured over time: the newest values of several columns, in a ring.
 *
 * Events: `change` when something is added, or all of it is gone.
 */
export class TimeSeries extends Emitter {
  #times
  #columns
  #next = 0
  #count = 0

  /**
   * @param {string[]} columns What is measured at each moment.
   * @param {object} options
   * @param {number} options.capacity Of how many moments it is kept; those before are forgotten.
   * @param {number} options.gapMilliseconds From how far on two moments that follow each other have a gap between them.
   */
  constructor(columns, { capacity, gapMilliseconds }) {
    super()
    this.#times = new Float64Array(capacity)
    this.#columns = new Map(columns.map(name => [name, new Float64Array(capacity).fill(NaN)]))
    /** @type {number} */
    this.gapMilliseconds = gapMilliseconds
  }

  /** @type {number} How many moments there are. */
  get count() { return this.#count }

  /**
   * @param {number} time In milliseconds since 1970, not before the one before.
   * @param {Record<string, number | null | undefined>} values By column; there is none where it is missing.
   */
  add(time, values) {
    const place = this.#next
    this.#times[place] = Math.max(time, this.#count > 0 ? this.time(this.#count - 1) : time)
    for (const [name, column] of this.#columns) column[place] = values[name] ?? NaN
    this.#next = (place + 1) % this.#times.length
    this.#count = Math.min(this.#count + 1, this.#times.length)
    this.emit('change', this)
  }

  /** Forgets all. */
  clear() {
    this.#next = this.#count = 0
    this.emit('change', this)
  }

  #place(index) { return (this.#next - this.#count + index + this.#times.length) % this.#times.length }

  /** @param {number} index 0 is the oldest moment. @returns {number} In milliseconds since 1970. */
  time(index) { return this.#times[this.#place(index)] }

  /** @param {string} column @param {number} index @returns {number} NaN for none. */
  value(column, index) { return this.#columns.get(column)[this.#place(index)] }

  /** @param {number} index @returns {boolean} Whether nothing was measured for a while before a moment. */
  isAfterGap(index) { return index === 0 || this.time(index) - this.time(index - 1) > this.gapMilliseconds }

  /** @param {number} now @returns {boolean} Whether the newest moment is still how things are. */
  isCurrent(now) { return this.#count > 0 && now - this.time(this.#count - 1) <= this.gapMilliseconds }

  /** @param {number} time @returns {number} The first moment that is not before `time`; `count` when all are. */
  indexFrom(time) {
    let [low, high] = [0, this.#count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.time(middle) < time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** @param {number} time @returns {number} The moment that is nearest to `time`; -1 when there is none. */
  indexNear(time) {
    const index = this.indexFrom(time)
    if (index === 0) return this.#count > 0 ? 0 : -1
    return index === this.#count || time - this.time(index - 1) < this.time(index) - time ? index - 1 : index
  }
}
