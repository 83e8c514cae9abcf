/**
 * What rows of the tree open to: the children of a shared type or of a value. A branch reads no more than is shown, and
 * knows its rows apart while others change what is before them.
 *
 * @module
 */

import { SharedMap, SharedText, SharedType } from '../../crdt/crdt.js'
import { cut, TextPart, textUnitsMax } from './text-parts.js'
import { FormatMark, GivenUp, UnitsBranch } from './units.js'

/**
 * @typedef {object} Row
 * @property {string} key Tells it from its siblings, for as long as it stands for the same.
 * @property {string | number} label A key, or an index.
 * @property {any} content A shared type, a value or a {@link TextPart}.
 * @property {Record<string, any>} [formats] Of a piece of a text.
 * @property {boolean} [isDeleted]
 * @property {boolean} [isVolatile] Whether the key may stand for something else the next time.
 * @property {boolean} [isChanged] Whether somebody changed it since it was listed last.
 *
 * @typedef {object} Branch
 * @property {number} page How many rows are listed at once.
 * @property {string} noun What rows are called.
 * @property {(limit: number) => { rows: Row[], count: number }} list The first rows, and
 *   how many there are: infinitely many when there are more, and they are not counted.
 * @property {(event: import('../../crdt/shared-type.js').TypeEvent) => void} note Takes into account what happened.
 */

/** Strings that are longer are opened to be read. */
export const stringUnitsMax = 160

const rowsAtOnce = 200
const collator = new Intl.Collator('en', { numeric: true })
/** Comparing as people do takes long: more keys than these are sorted by their code units. */
const collatedMax = 2000
const sorted = keys => keys.length > collatedMax ? keys.sort() : keys.sort(collator.compare)

/** Objects that are shown as a whole. */
const leaves = [TextPart, FormatMark, GivenUp, Uint8Array]

/** Whether a content opens to something. */
export function opens(content) {
  if (typeof content === 'string') return content.length > stringUnitsMax
  if (content === null || typeof content !== 'object' || leaves.some(leaf => content instanceof leaf)) return false
  if (!(content instanceof SharedType)) return Object.keys(content).length > 0
  if (content instanceof SharedMap) return content.size > 0
  return content.length > 0 || (content.attributes?.size ?? 0) > 0
}

/**
 * @param {any} content
 * @param {boolean} showsDeleted Whether types list their units as they are held, deleted ones among them.
 * @returns {Branch}
 */
export function branchOf(content, showsDeleted) {
  if (typeof content === 'string') return new StringBranch(content)
  if (!(content instanceof SharedType)) return new ValueBranch(content)
  if (showsDeleted) return new UnitsBranch(content)
  if (content instanceof SharedMap) return new MapBranch(content)
  const inside = content instanceof SharedText ? new TextBranch(content) : new ListBranch(content)
  return content.attributes ? new JoinedBranch(new MapBranch(content.attributes, '@'), inside) : inside
}

/** All roots, by name. */
export class RootsBranch {
  page = rowsAtOnce
  noun = 'root'
  #document

  constructor(document) { this.#document = document }

  list(limit) {
    const roots = [...this.#document.roots].sort(([left], [right]) => collator.compare(left, right))
    return { rows: roots.slice(0, limit).map(([name, type]) => ({ key: name, label: name, content: type })), count: roots.length }
  }

  note() {}
}

/** Elements of an array, nodes of XML. */
class ListBranch {
  page = rowsAtOnce
  noun = 'element'
  #type
  /** What tells the elements that are listed apart, in their order. */
  #ids = []
  #lastID = 0
  #changed = new Set()
  #limit = 0

  constructor(type) { this.#type = type }

  list(limit) {
    this.#limit = limit
    const count = this.#type.length, shown = Math.min(limit, count)
    this.#ids.length = Math.min(this.#ids.length, shown)
    while (this.#ids.length < shown) this.#ids.push(++this.#lastID)
    const rows = this.#ids.map((id, index) =>
      ({ key: `item ${id}`, label: index, content: this.#type.get(index), isChanged: this.#changed.has(id) }))
    this.#changed.clear()
    return { rows, count }
  }

  note({ delta }) {
    const before = this.#ids, after = []
    let place = 0
    for (const { retain = 0, insert = [], delete: deleted = 0 } of delta) {
      after.push(...before.slice(place, place + retain))
      place += retain + deleted
      // What is behind all that is listed has no row.
      if (place > before.length || after.length >= this.#limit) break
      for (let index = 0; index < insert.length && after.length < this.#limit; index++) {
        this.#changed.add(++this.#lastID)
        after.push(this.#lastID)
      }
    }
    this.#ids = [...after, ...before.slice(place)].slice(0, this.#limit)
  }
}

/** Values by key, or the attributes of a type. */
class MapBranch {
  page = rowsAtOnce
  noun = 'key'
  #map
  #prefix
  #keys = null
  #changed = new Set()

  constructor(map, prefix = '') {
    this.#map = map
    this.#prefix = prefix
  }

  list(limit) {
    this.#keys ??= sorted(this.#map.keys())
    const rows = this.#keys.slice(0, limit).map(key => ({
      key: `key ${key}`, label: this.#prefix + key, content: this.#map.get(key), isChanged: this.#changed.has(key),
    }))
    this.#changed.clear()
    return { rows, count: this.#keys.length }
  }

  note({ keys }) {
    if (this.#keys === null || keys.size === 0) return
    const known = new Set(this.#keys)
    for (const key of keys.keys()) {
      // Between an event and now more may have happened, so what there is says whether the key is there.
      if (this.#map.has(key)) known.add(key)
      else known.delete(key)
      this.#changed.add(key)
    }
    if (known.size !== this.#keys.length || this.#keys.some(key => !known.has(key))) this.#keys = sorted([...known])
  }
}

/** Runs of a text that have the same formats, cut into parts, and what is embedded. */
class TextBranch {
  page = 20
  noun = 'part'
  #text
  /** Ranges of units that changed since they were listed. */
  #changed = []

  constructor(text) { this.#text = text }

  list(limit) {
    const rows = [], changed = this.#changed
    let start = 0, count = 0
    for (const { insert, attributes = {} } of this.#text.toDelta()) {
      const add = (key, content, length) => {
        const isChanged = changed.some(([from, to]) => from < start + length && to >= start)
        if (rows.length < limit) rows.push({ key, label: start, content, formats: attributes, isChanged, isVolatile: true })
        start += length
        count += 1
      }
      if (typeof insert !== 'string') add(insert instanceof SharedType ? `type ${insert.number}` : `part ${count}`, insert, 1)
      else for (const text of cut(insert)) add(`part ${count}`, new TextPart(text), text.length)
    }
    this.#changed = []
    return { rows, count }
  }

  note({ delta }) {
    let index = 0
    for (const { retain = 0, insert, attributes, delete: deleted = 0 } of delta) {
      const length = insert === undefined ? retain : typeof insert === 'string' ? insert.length : 1
      if (insert !== undefined || deleted > 0 || attributes !== undefined) this.#changed.push([index, index + length])
      index += length
    }
  }
}

/** A long string. */
class StringBranch {
  page = 20
  noun = 'part'
  #text

  constructor(text) { this.#text = text }

  list(limit) {
    const rows = []
    let start = 0
    for (const text of cut(this.#text)) {
      if (rows.length === limit) break
      rows.push({ key: String(start), label: start, content: new TextPart(text) })
      start += text.length
    }
    return { rows, count: Math.ceil(this.#text.length / textUnitsMax) }
  }

  note() {}
}

/** Members of a value that is an object or an array. */
class ValueBranch {
  page = rowsAtOnce
  noun = 'member'
  #value

  constructor(value) { this.#value = value }

  list(limit) {
    const keys = Object.keys(this.#value), isArray = Array.isArray(this.#value)
    const rows = keys.slice(0, limit).map(key => ({ key, label: isArray ? Number(key) : key, content: this.#value[key] }))
    return { rows, count: keys.length }
  }

  note() {}
}

/** Attributes, and what is inside behind them. */
class JoinedBranch {
  #first
  #second

  constructor(first, second) {
    this.#first = first
    this.#second = second
  }

  get page() { return this.#second.page }

  get noun() { return 'row' }

  list(limit) {
    const first = this.#first.list(limit)
    const second = first.count < limit ? this.#second.list(limit - first.count) : { rows: [], count: this.#second.list(1).count }
    return { rows: [...first.rows, ...second.rows], count: first.count + second.count }
  }

  note(event) {
    this.#first.note(event)
    this.#second.note(event)
  }
}
