// Lists of values and nested types.

import { encodeAny } from './codec.js'
import { readContent, readContents } from './contents.js'
import { checkIndex, classes, kinds, nothing, SharedType, toJSON, withPositions } from './shared-type.js'

/** A list that several replicas change at once: values and nested types. */
export class SharedArray extends withPositions(SharedType) {
  /** @internal */
  get eventForm() { return 'list' }

  /**
   * An element: a value or a shared type; undefined where there is none.
   *
   * @param {number} index
   * @returns {any}
   */
  get(index) {
    const reader = (index | 0) === index ? this.read('list_get', index) : null
    return reader === null ? undefined : readContent(reader, this.document)
  }

  /**
   * Inserts values.
   *
   * @param {number} index
   * @param {any[]} values What JSON can say, `undefined`, bigints of 64 bits and `Uint8Array`.
   */
  insert(index, values) {
    checkIndex(index)
    if (!Array.isArray(values)) throw new TypeError('what is inserted into an array is an array of values')
    this.change('list_insert', index, encodeAny(values))
  }

  /**
   * Inserts values at the end, so that concurrent calls keep their order.
   *
   * @param {any[]} values
   */
  push(values) {
    if (!Array.isArray(values)) throw new TypeError('what is inserted into an array is an array of values')
    this.change('list_insert', -1, encodeAny(values))
  }

  /**
   * Inserts an empty text.
   *
   * @param {number} [index] The end unless it is given.
   * @returns {SharedText}
   */
  insertText(index) { return this.#insertType(kinds.text, index) }

  /**
   * Inserts an empty array.
   *
   * @param {number} [index] The end unless it is given.
   * @returns {SharedArray}
   */
  insertArray(index) { return this.#insertType(kinds.array, index) }

  /**
   * Inserts an empty map.
   *
   * @param {number} [index] The end unless it is given.
   * @returns {SharedMap}
   */
  insertMap(index) { return this.#insertType(kinds.map, index) }

  #insertType(kind, index) {
    if (index !== undefined) checkIndex(index)
    return this.nest(kind, 'list_insert_type', index ?? -1, kind, nothing)
  }

  /**
   * Deletes elements.
   *
   * @param {number} index
   * @param {number} [length]
   */
  delete(index, length = 1) {
    checkIndex(index)
    checkIndex(length)
    this.change('list_delete', index, length)
  }

  /** @returns {any[]} All elements. */
  toArray() { return readContents(this.read('list_contents'), this.document) }

  /** All elements. */
  [Symbol.iterator]() { return this.toArray()[Symbol.iterator]() }

  /** @returns {any[]} All elements, those that are shared types as JSON. */
  toJSON() { return this.toArray().map(toJSON) }
}

classes[kinds.array] = SharedArray
