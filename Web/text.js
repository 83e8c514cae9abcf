// Text.

import { encodeAny } from './codec.js'
import { encodeDelta, readTextDelta } from './contents.js'
import {
  checkIndex, classes, encodeAttributes, kinds, makeType, outside, SharedType, withPositions
} from './shared-type.js'

/**
 * Text that several replicas edit at once, with formats and embedded content. Indices and lengths are UTF-16 units, as
 * of JavaScript's strings; what is embedded counts one.
 */
export class SharedText extends withPositions(SharedType) {
  #attributes

  /** @internal */
  get eventForm() { return 'text' }

  /** @type {SharedMap} Values that belong to the text as a whole, as a block's kind; Yjs calls them its attributes. */
  get attributes() { return this.#attributes ??= makeType(this.document, kinds.map, this.number) }

  /**
   * Inserts text.
   *
   * @param {number} index
   * @param {string} text Half a surrogate pair becomes U+FFFD.
   * @param {object} [attributes] Its formats, exactly; without them it takes those of the text that it is typed behind.
   */
  insert(index, text, attributes) {
    if (typeof text !== 'string') throw new TypeError('what is inserted into a text is a string')
    if ((index | 0) !== index) throw outside()
    if (attributes !== undefined && attributes !== null) {
      this.change('text_insert_formatted', index, text, encodeAttributes(attributes))
      return
    }
    const { document, number } = this
    const { handle, instance } = document
    if (handle === 0) document.checkAlive()
    const count = instance.writeText(text)
    if (count < 0) {
      this.change('text_insert', index, text)
      return
    }
    let status
    // Typing comes here: the text is where the core reads it, and all else are numbers.
    try {
      status = instance.insertText(handle, number, index, instance.scratch, count)
    } catch (error) {
      throw instance.fail(error)
    }
    if (status < 0) instance.raise(status)
    document.settle()
  }

  /**
   * Inserts text at the end.
   *
   * @param {string} text
   * @param {object} [attributes] Its formats, exactly.
   */
  append(text, attributes) { this.insert(this.length, text, attributes) }

  /**
   * Deletes units.
   *
   * @param {number} index
   * @param {number} length
   */
  delete(index, length) {
    if ((index | 0) !== index || (length | 0) !== length) throw outside()
    const { document, number } = this
    const { handle, instance } = document
    if (handle === 0) document.checkAlive()
    let status
    try {
      status = instance.deleteText(handle, number, index, length)
    } catch (error) {
      throw instance.fail(error)
    }
    if (status < 0) instance.raise(status)
    document.settle()
  }

  /**
   * Gives units formats.
   *
   * @param {number} index
   * @param {number} length
   * @param {object} attributes Null for a name takes that format away; others stay.
   */
  format(index, length, attributes) {
    checkIndex(index)
    checkIndex(length)
    this.change('text_format', index, length, encodeAttributes(attributes))
  }

  /**
   * Inserts a value that counts one unit, such as `{ image: 'https://…' }`.
   *
   * @param {number} index
   * @param {any} value
   * @param {object} [attributes] Its formats, exactly.
   */
  insertEmbed(index, value, attributes) {
    checkIndex(index)
    this.change('text_embed', index, encodeAny(value), encodeAttributes(attributes))
  }

  /**
   * Inserts an empty map that counts one unit.
   *
   * @param {number} index
   * @param {object} [attributes]
   * @returns {SharedMap}
   */
  insertMap(index, attributes) { return this.#insertType(kinds.map, index, attributes) }

  /**
   * Inserts an empty array that counts one unit.
   *
   * @param {number} index
   * @param {object} [attributes]
   * @returns {SharedArray}
   */
  insertArray(index, attributes) { return this.#insertType(kinds.array, index, attributes) }

  /**
   * Inserts an empty text that counts one unit.
   *
   * @param {number} index
   * @param {object} [attributes]
   * @returns {SharedText}
   */
  insertText(index, attributes) { return this.#insertType(kinds.text, index, attributes) }

  #insertType(kind, index, attributes) {
    checkIndex(index)
    return this.nest(kind, 'text_insert_type', index, kind, encodeAttributes(attributes))
  }

  /**
   * Changes the text step by step, in one transaction.
   *
   * @param {object[]} delta Steps of Quill's form: `{ insert, attributes }` of a string or a value, `{ retain,
   *   attributes }`, `{ delete }`. What is beyond the end is filled with line feeds when it is retained, as in Yjs.
   */
  applyDelta(delta) { this.change('text_apply', encodeDelta(delta)) }

  /** @returns {object[]} The text with its formats and what is embedded, in steps `{ insert, attributes }`. */
  toDelta() { return readTextDelta(this.read('text_delta'), this.document) }

  /**
   * The text between two indices, without what is embedded.
   *
   * @param {number} [start]
   * @param {number} [end]
   * @returns {string}
   */
  slice(start = 0, end = this.length) {
    checkIndex(start)
    checkIndex(end)
    return this.document.instance.text(this.call('text_string', start, end))
  }

  /** @returns {string} The text without what is embedded. */
  toString() { return this.slice() }

  /** @returns {string} */
  toJSON() { return this.toString() }
}

classes[kinds.text] = SharedText
