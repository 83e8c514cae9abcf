import { changed, isEqual, plain } from './formats.js'

/**
 * Characters of equal attributes, or one embedded thing.
 *
 * @typedef {{ insert: string | object, attributes: Record<string, any>, length: number }} Run
 */

/** @returns {Run} */
export const makeRun = (insert, attributes = plain) =>
  ({ insert, attributes, length: typeof insert === 'string' ? insert.length : 1 })

const isText = run => typeof run?.insert === 'string'

/** Stands for what is embedded, where a text of one character for each unit is needed. */
export const embedCharacter = '\uFFFC'

/** A line of the text without the `\n` that ends it. Its runs are as few as possible. */
export class Line {
  /** @type {Run[]} */
  runs = []
  /** Units, without the `\n`. */
  length = 0
  /** @type {Record<string, any>} Attributes of the `\n` that ends it. */
  attributes = plain
  /** @type {import('./lines.js').Chunk | null} */
  chunk = null
  /** @type {HTMLElement | null} What shows it. */
  element = null
  /** @type {number[] | null} How many items of ordered lists there were up to here, by indent; null outside of lists. */
  counts = null

  /** @param {Run[]} [runs] @param {Record<string, any>} [attributes] */
  constructor(runs = [], attributes = plain) {
    this.attributes = attributes
    this.append(runs)
  }

  /** @type {string} One character for each unit. */
  get text() { return this.runs.map(run => isText(run) ? run.insert : embedCharacter).join('') }

  /** @type {number | null} The number of an ordered item. */
  get number() { return this.attributes.list === 'ordered' ? this.counts?.at(-1) ?? 1 : null }

  /** The run that has the unit at an offset. */
  runAt(offset) {
    if (offset < 0) return undefined
    for (const run of this.runs) {
      if (offset < run.length) return run
      offset -= run.length
    }
  }

  /** Adds runs at the end. */
  append(runs) {
    for (const run of runs) {
      this.length += run.length
      this.runs.push(run)
      this.#join(this.runs.length - 1)
    }
  }

  /** @param {number} offset @param {Run} run */
  insert(offset, run) {
    if (run.length === 0) return
    const place = this.#split(offset)
    this.runs.splice(place, 0, run)
    this.length += run.length
    this.#join(place + 1)
    this.#join(place)
  }

  remove(offset, length) {
    const place = this.#split(offset)
    this.runs.splice(place, this.#split(offset + length) - place)
    this.length -= length
    this.#join(place)
  }

  /** Takes away what is behind an offset. @returns {Run[]} */
  cut(offset) {
    const removed = this.runs.splice(this.#split(offset))
    this.length = offset
    return removed
  }

  format(start, end, change) {
    if (start >= end) return
    const first = this.#split(start), last = this.#split(end)
    for (let place = first; place < last; place++) {
      const run = this.runs[place]
      this.runs[place] = { ...run, attributes: changed(run.attributes, change) }
    }
    for (let place = last; place >= first; place--) this.#join(place)
  }

  /** The runs between two offsets. @returns {Run[]} */
  slice(start, end) {
    const runs = []
    for (const run of this.runs) {
      if (start < run.length && end > 0) {
        const insert = isText(run) ? run.insert.slice(Math.max(start, 0), end) : run.insert
        runs.push(makeRun(insert, run.attributes))
      }
      start -= run.length
      end -= run.length
      if (end <= 0) break
    }
    return runs
  }

  /** Makes a run begin at an offset, and says which. */
  #split(offset) {
    let place = 0
    for (; place < this.runs.length && offset > 0; place++) {
      const { insert, attributes, length } = this.runs[place]
      if (offset < length) {
        // Who divides a surrogate pair makes two replacement characters of it, in Yjs and here.
        const parts = [insert.slice(0, offset), insert.slice(offset)].map(part => makeRun(part.toWellFormed(), attributes))
        this.runs.splice(place, 1, ...parts)
        return place + 1
      }
      offset -= length
    }
    return place
  }

  /** Joins a run to the one before it, if they are alike. */
  #join(place) {
    const [before, run] = [this.runs[place - 1], this.runs[place]]
    if (!isText(before) || !isText(run) || !isEqual(before.attributes, run.attributes)) return
    this.runs.splice(place - 1, 2, makeRun(before.insert + run.insert, run.attributes))
  }
}
