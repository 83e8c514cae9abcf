// Shared types of XML.

import { setMember } from './codec.js'
import { readContent, readContents } from './contents.js'
import { SharedMap } from './map.js'
import { checkIndex, classes, kinds, makeType, SharedType, toJSON, withPositions } from './shared-type.js'
import { SharedText } from './text.js'

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = text => text.replace(/[&<>"]/g, character => entities[character])

const byCodePoints = ([left], [right]) => left < right ? -1 : left > right ? 1 : 0

/** What stands inside of markup: a node, a string as it is, all else as JSON. */
const markup = content => content?.isSharedType && content.isXML ? content.toString() : escaped(plainText(content))

const plainText = content => {
  if (typeof content === 'string') return content
  if (content instanceof SharedText) return content.toString()
  return JSON.stringify(toJSON(content), (_, value) => typeof value === 'bigint' ? String(value) : value) ?? 'null'
}

const attributesMarkup = entries =>
  entries.sort(byCodePoints).map(([name, value]) => ` ${name}="${escaped(plainText(value))}"`).join('')

/** A list of XML nodes that several replicas change at once: a document's body, or a part of one without a name. */
export class SharedXMLFragment extends withPositions(SharedType) {
  /** @internal */
  get isXML() { return true }

  /**
   * A node; undefined where there is none.
   *
   * @param {number} index
   * @returns {SharedXMLElement | SharedXMLText | SharedXMLHook | undefined}
   */
  get(index) {
    const reader = (index | 0) === index ? this.read('list_get', index) : null
    return reader === null ? undefined : readContent(reader, this.document)
  }

  /**
   * Inserts an empty element.
   *
   * @param {number} index
   * @param {string} name
   * @returns {SharedXMLElement}
   */
  insertElement(index, name) { return this.#insertType(kinds.xmlElement, index, name) }

  /**
   * Inserts an empty text.
   *
   * @param {number} index
   * @returns {SharedXMLText}
   */
  insertText(index) { return this.#insertType(kinds.xmlText, index, '') }

  /**
   * Inserts an empty hook: a node whose meaning is the application's.
   *
   * @param {number} index
   * @param {string} name
   * @returns {SharedXMLHook}
   */
  insertHook(index, name) { return this.#insertType(kinds.xmlHook, index, name) }

  /**
   * Adds an empty element behind the last node.
   *
   * @param {string} name
   * @returns {SharedXMLElement}
   */
  appendElement(name) { return this.insertElement(this.length, name) }

  /**
   * Adds an empty text behind the last node.
   *
   * @returns {SharedXMLText}
   */
  appendText() { return this.insertText(this.length) }

  #insertType(kind, index, name) {
    checkIndex(index)
    if (typeof name !== 'string') throw new TypeError('a node is named by a string')
    return this.nest(kind, 'list_insert_type', index, kind, name)
  }

  /**
   * Deletes nodes with all inside them.
   *
   * @param {number} index
   * @param {number} [length]
   */
  delete(index, length = 1) {
    checkIndex(index)
    checkIndex(length)
    this.change('list_delete', index, length)
  }

  /** @returns {(SharedXMLElement | SharedXMLText | SharedXMLHook)[]} The nodes inside. */
  toArray() { return readContents(this.read('list_contents'), this.document) }

  /** The nodes inside. */
  [Symbol.iterator]() { return this.toArray()[Symbol.iterator]() }

  /** @returns {string} All nodes as markup. Characters that would be taken for markup are escaped. */
  toString() { return this.toArray().map(markup).join('') }

  /** @returns {string} */
  toJSON() { return this.toString() }
}

/** A named XML node with attributes and nodes inside. */
export class SharedXMLElement extends SharedXMLFragment {
  #attributes

  /** @type {string} The element's name, as it was made with. */
  get name() { return this.document.instance.text(this.call('type_name')) }

  /** @type {SharedMap} The attributes by name. Most are strings; Yjs allows any value. */
  get attributes() { return this.#attributes ??= makeType(this.document, kinds.map, this.number) }

  /**
   * An attribute's value; undefined when there is none.
   *
   * @param {string} name
   * @returns {any}
   */
  getAttribute(name) { return this.attributes.get(name) }

  /**
   * Gives an attribute a value.
   *
   * @param {string} name
   * @param {any} value
   */
  setAttribute(name, value) { this.attributes.set(name, value) }

  /**
   * Takes an attribute away.
   *
   * @param {string} name
   */
  removeAttribute(name) { this.attributes.delete(name) }

  /** @returns {object} All attributes by name. */
  getAttributes() {
    const object = {}
    for (const [name, value] of this.attributes.entries()) setMember(object, name, value)
    return object
  }

  /** @returns {string} The element and all inside as markup, attributes in the order of their names. */
  toString() {
    const { name } = this
    return `<${name}${attributesMarkup(this.attributes.entries())}>${super.toString()}</${name}>`
  }
}

/** Text among XML nodes. */
export class SharedXMLText extends SharedText {
  /** @internal */
  get isXML() { return true }

  /** @returns {string} The text as markup: each format is an element around it, whose attributes are its members. */
  toString() {
    return this.toDelta().map(({ insert, attributes = {} }) => {
      const formats = Object.entries(attributes).sort(byCodePoints)
      const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)
      const members = value => isObject(value) ? attributesMarkup(Object.entries(value)) : ''
      const open = formats.map(([name, value]) => `<${name}${members(value)}>`)
      const close = formats.reverse().map(([name]) => `</${name}>`)
      return open.join('') + markup(insert) + close.join('')
    }).join('')
  }
}

/** A named XML node whose meaning is the application's: values by key. */
export class SharedXMLHook extends SharedMap {
  /** @internal */
  get isXML() { return true }

  /** @type {string} The hook's name, as it was made with. */
  get name() { return this.document.instance.text(this.call('type_name')) }

  /** @returns {string} The hook as an empty element with its values as attributes. */
  toString() {
    const { name } = this
    return `<${name}${attributesMarkup(this.entries())}></${name}>`
  }

  /** @returns {string} */
  toJSON() { return this.toString() }
}

classes[kinds.xmlElement] = SharedXMLElement
classes[kinds.xmlFragment] = SharedXMLFragment
classes[kinds.xmlHook] = SharedXMLHook
classes[kinds.xmlText] = SharedXMLText
