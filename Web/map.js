// Values and nested types by key.

import { encodeAny, setMember } from './codec.js'
import { readContent, readEntries } from './contents.js'
import { checkKey, classes, kinds, nothing, SharedType, toJSON } from './shared-type.js'

/** Values and nested types by key. Of concurrent values of one key the same one wins everywhere. */
export class SharedMap extends SharedType {
  /** @internal */
  get eventForm() { return 'map' }

  /** @type {number} How many keys have values. */
  get size() { return this.call('map_count') }

  /**
   * The value of a key; undefined when it has none.
   *
   * @param {string} key
   * @returns {any}
   */
  get(key) {
    checkKey(key)
    const reader = this.read('map_get', key)
    return reader === null ? undefined : readContent(reader, this.document)
  }

  /**
   * Whether a key has a value, be it undefined.
   *
   * @param {string} key
   * @returns {boolean}
   */
  has(key) {
    checkKey(key)
    return this.call('map_get', key) !== 0
  }

  /**
   * Gives a key a value.
   *
   * @param {string} key
   * @param {any} value What JSON can say, `undefined`, a bigint of 64 bits or a `Uint8Array`.
   */
  set(key, value) {
    checkKey(key)
    this.change('map_set', key, encodeAny(value))
  }

  /**
   * Gives a key an empty text.
   *
   * @param {string} key
   * @returns {SharedText}
   */
  setText(key) { return this.setType(kinds.text, key) }

  /**
   * Gives a key an empty array.
   *
   * @param {string} key
   * @returns {SharedArray}
   */
  setArray(key) { return this.setType(kinds.array, key) }

  /**
   * Gives a key an empty map.
   *
   * @param {string} key
   * @returns {SharedMap}
   */
  setMap(key) { return this.setType(kinds.map, key) }

  /** @internal */
  setType(kind, key) {
    checkKey(key)
    return this.nest(kind, 'map_set_type', key, kind, nothing)
  }

  /**
   * Takes a key's value away. Does nothing when it has none.
   *
   * @param {string} key
   */
  delete(key) {
    checkKey(key)
    this.call('map_delete', key)
    this.document.settle()
  }

  /** @returns {[string, any][]} All keys with their values. */
  entries() { return readEntries(this.read('map_entries'), this.document) }

  /** @returns {string[]} All keys that have values. */
  keys() { return this.entries().map(([key]) => key) }

  /** @returns {any[]} All values. */
  values() { return this.entries().map(([, value]) => value) }

  /** All keys with their values. */
  [Symbol.iterator]() { return this.entries()[Symbol.iterator]() }

  /** @returns {object} All values by key, those that are shared types as JSON. */
  toJSON() {
    const object = {}
    for (const [key, value] of this.entries()) setMember(object, key, toJSON(value))
    return object
  }
}

classes[kinds.map] = SharedMap
