// What all shared types have: handles to places in a document. The document has the content; a handle has a number.

import { encodeAny } from './codec.js'
import { readContent, readPath, readUnitRuns } from './contents.js'

/**
 * A place in a type that stays where it is meant to be while others edit around it, in the form that Yjs puts into
 * JSON.
 *
 * @typedef {object} RelativePosition
 * @property {{ client: number, clock: number }} [type] The nested type that it was made in.
 * @property {string} [tname] The root that it was made in.
 * @property {{ client: number, clock: number }} [item] The unit that it holds on to; none at the end of a type.
 * @property {number} assoc 0 when it stays with the unit behind it, −1 with the one before it.
 */

/**
 * What a transaction did to a type.
 *
 * @typedef {object} TypeEvent
 * @property {SharedType} target What changed.
 * @property {object[]} delta From the units before to the units after, in steps `{ retain }`, `{ insert }` and `{
 *   delete }`; those of a text have `attributes`, and what an array or XML inserts is an array. Empty for maps.
 * @property {Map<string, { action: 'add' | 'update' | 'delete', oldValue: any }>} keys What happened to keys of a map,
 *   or to attributes.
 * @property {(string | number)[]} path The way from the observed type to the changed one, in deep events.
 * @property {string | object | null} origin What the transaction was given as its origin.
 * @property {boolean} isLocal False when the changes came with an update from elsewhere.
 */

/**
 * Consecutive units of one client that stand side by side in a type, and are all there or all deleted.
 *
 * What `content` is depends on `kind`:
 *
 * - `'text'`: the text, a string of `length` UTF-16 units.
 * - `'values'`: an array of `length` values, shared types and {@link Subdocument}s. In a text they are what is embedded.
 * - `'format'`: `{ name, value }`, a mark behind which text has that format; `null` ends it. It is no part of the
 *   text's length.
 * - `'collected'`: absent, since the content was given up when it was deleted, here or by who sent the units.
 *
 * @typedef {object} UnitRun
 * @property {number} client Who wrote the units.
 * @property {number} clock The first unit's; each unit behind it has the next one.
 * @property {number} length How many units there are, at least 1.
 * @property {boolean} isDeleted Whether they are tombstones. A value of a key that was overwritten is one, too.
 * @property {'text' | 'values' | 'format' | 'collected'} kind
 * @property {string} [key] The key or the attribute whose values these are; absent for units of a list.
 * @property {string | any[] | { name: string, value: any }} [content]
 */

/** @internal The kinds of types, as the core and Yjs number them. */
export const kinds = Object.freeze({
  array: 0, map: 1, text: 2, xmlElement: 3, xmlFragment: 4, xmlHook: 5, xmlText: 6
})

/** @internal What stands for a kind of type: each module of types adds its own. */
export const classes = []

/** @internal */
export const makeType = (document, kind, number) => new classes[kind](document, kind, number)

/** @internal */
export const outside = () => new RangeError('an index or a length is outside of its type')

/** @internal Throws unless a number can be an index: others would become one on their way into the core. */
export function checkIndex(number) { if ((number | 0) !== number || number < 0) throw outside() }

/** @internal */
export function checkKey(key) { if (typeof key !== 'string') throw new TypeError('a key is a string') }

/** @internal */
export const nothing = new Uint8Array(0)

/** @internal */
export const encodeAttributes = attributes => {
  if (attributes === undefined || attributes === null) return nothing
  if (typeof attributes !== 'object') throw new TypeError('attributes are an object')
  return encodeAny(attributes)
}

/** @internal A value, or a type as JSON. */
export const toJSON = content => content?.isSharedType ? content.toJSON() : content

/**
 * What all shared types have in common. A type whose place was deleted is empty, and changes to it do nothing.
 *
 * A type is always represented by the same object as long as its document lives, so types can be compared by `===`.
 */
export class SharedType {
  /** @internal */
  constructor(document, kind, number) {
    /** @type {import('./document.js').Document} The document that the type is in. */
    this.document = document
    /** @internal */
    this.kind = kind
    /** @internal */
    this.number = number
  }

  /** @internal */
  get isSharedType() { return true }

  /** @internal How events of the type are written. */
  get eventForm() { return 'nodes' }

  /** @internal Calls the core with the type. */
  call(name, ...values) { return this.document.call(name, this.number, ...values) }

  /** @internal Makes a change, and tells observers. */
  change(name, ...values) {
    const status = this.call(name, ...values)
    if (status < 0) this.document.instance.raise(status)
    this.document.settle()
    return status
  }

  /** @internal Makes a nested type. */
  nest(kind, name, ...values) { return this.document.type(kind, this.change(name, ...values)) }

  /** @internal */
  read(name, ...values) { return this.document.instance.reader(this.call(name, ...values)) }

  /** @type {boolean} Whether the type was deleted, by itself or with one that it is in. */
  get isDeleted() { return this.call('type_is_deleted') === 1 }

  /** @type {SharedType | null} The type that this one is in; null for a root and for a deleted type. */
  get parent() {
    const reader = this.read('type_parent')
    return reader && readContent(reader, this.document)
  }

  /** @type {(string | number)[] | null} Keys and indices from the root to this type; null for a deleted type. */
  get path() {
    const reader = this.read('type_path')
    return reader && readPath(reader)
  }

  /**
   * The units that the type is made of, in document order, with those that were deleted: a list's (characters, elements,
   * nodes), then those of each key or attribute, from its first value to the last one.
   *
   * Neighbours are one run as far as they go together. How they are divided may change while they do not. A list of all
   * is read page by page, and goes on behind the last run of a page also when others have edited meanwhile:
   *
   *     let page = text.units()
   *     while (page.length > 0) {
   *       show(page)
   *       page = text.units({ after: page.at(-1) })
   *     }
   *
   * @param {object} [options]
   * @param {UnitRun | { client: number, clock: number, length?: number }} [options.after] Begin behind this run, or behind
   *   this unit. What is not, or no longer, in the type has nothing behind it.
   * @param {number} [options.limit] The most runs to return, where each value counts as one: a page is never larger, but
   *   for the length of its texts.
   * @returns {UnitRun[]} Empty when there are no more.
   */
  units({ after, limit = 1000 } = {}) {
    if (!Number.isInteger(limit) || limit < 1 || limit > 0x7FFFFFFF) throw new RangeError('a limit is at least 1')
    if (after === undefined || after === null) {
      return readUnitRuns(this.read('type_units', -1, 0, limit), this.document)
    }
    const { client, clock, length = 1 } = after
    const last = clock + length - 1
    if (!Number.isSafeInteger(client) || client < 0 || !Number.isInteger(last) || last < 0 || last > 0xFFFFFFFF) {
      throw new TypeError('a unit has a client and a clock')
    }
    return readUnitRuns(this.read('type_units', client, last, limit), this.document)
  }

  /**
   * Calls `handler` after each transaction that changed the type.
   *
   * @param {(event: TypeEvent) => void} handler
   * @returns {() => void} Ends it.
   */
  observe(handler) { return this.document.observe(this, false, handler) }

  /**
   * Calls `handler` after each transaction that changed the type or one inside it, with all that happened: what is near
   * comes first.
   *
   * @param {(events: TypeEvent[]) => void} handler
   * @returns {() => void} Ends it.
   */
  observeDeep(handler) { return this.document.observe(this, true, handler) }

  /** @internal */
  get count() { return this.call('list_count') }

  /** @internal */
  createPosition(index, assoc) {
    checkIndex(index)
    const reader = this.read('position_create', index, assoc < 0 ? -1 : 0)
    if (reader === null) throw new TypeError('a type that was made in a deleted one has no positions')
    return reader.readAny()
  }

  /** @internal */
  indexOfPosition(position) {
    const place = this.document.resolve(position)
    return place?.type === this ? place.index : null
  }
}

/** @internal Positions, for types that have an order. */
export const withPositions = Base => class extends Base {
  /** @type {number} How many units there are: UTF-16 units of a text, elements of an array, nodes of XML. */
  get length() { return this.count }

  /**
   * The position at an index, which moves along when others edit.
   *
   * @param {number} index
   * @param {number} [assoc] Negative for a position that stays with the unit before it, instead of the one behind it.
   * @returns {RelativePosition}
   */
  positionAt(index, assoc = 0) { return this.createPosition(index, assoc) }

  /**
   * The index of a position now.
   *
   * @param {RelativePosition} position
   * @returns {number | null} Null when it is not, or not yet, in this type.
   */
  indexOf(position) { return this.indexOfPosition(position) }
}
