import {
  SharedArray, SharedMap, SharedText, SharedXMLElement, SharedXMLFragment, SharedXMLHook, SharedXMLText, Subdocument,
} from '../../crdt/crdt.js'
import { bytes, counted } from '../../parts/format.js'
import { stringUnitsMax } from './branches.js'
import { TextPart } from './text-parts.js'
import { FormatMark, GivenUp } from './units.js'

/** Units of a text that its row shows while it is closed. */
const previewUnits = 80
/** Bytes of a value that its row shows. */
const previewBytes = 24

/**
 * What a row says of a content.
 *
 * @typedef {object} Description
 * @property {string} kind What it is, in a word; empty where its value says so.
 * @property {string} [value]
 * @property {'text' | 'string' | 'literal' | 'preview' | 'markup' | 'gone'} [form] How the value is set.
 * @property {string} [facts] How much of it there is.
 */

/** @param {any} content @returns {Description} */
export function describe(content) {
  if (content instanceof TextPart) return { kind: '', value: content.text, form: 'text' }
  if (content instanceof GivenUp) return { kind: '', value: 'content given up', form: 'gone' }
  if (content instanceof FormatMark) {
    const { name, value } = content
    return { kind: 'format', value: value === null ? `end of ${name}` : formatsOf({ [name]: value })[0], form: 'literal' }
  }
  if (content instanceof SharedText) return describeText(content, content instanceof SharedXMLText ? 'XML text' : 'text')
  if (content instanceof SharedArray) return { kind: 'array', facts: counted(content.length, 'element') }
  if (content instanceof SharedXMLHook) {
    return { kind: 'XML hook', value: content.name, form: 'markup', facts: counted(content.size, 'key') }
  }
  if (content instanceof SharedMap) return { kind: 'map', facts: counted(content.size, 'key') }
  if (content instanceof SharedXMLElement) {
    const attributes = content.attributes.size
    return {
      kind: 'XML element', value: `<${content.name}>`, form: 'markup',
      facts: [attributes > 0 && counted(attributes, 'attribute'), counted(content.length, 'node')].filter(Boolean).join(', '),
    }
  }
  if (content instanceof SharedXMLFragment) return { kind: 'XML fragment', facts: counted(content.length, 'node') }
  return describeValue(content)
}

function describeText(text, kind) {
  const { length } = text, attributes = text.attributes.size
  const start = text.slice(0, Math.min(length, previewUnits))
  return {
    kind, value: start + (length > previewUnits ? '…' : ''), form: 'preview',
    facts: [counted(length, 'unit'), attributes > 0 && counted(attributes, 'attribute')].filter(Boolean).join(', '),
  }
}

function describeValue(value) {
  switch (typeof value) {
    case 'string':
      if (value.length <= stringUnitsMax) return { kind: '', value: `“${value}”`, form: 'string' }
      return {
        kind: 'string', value: `${value.slice(0, previewUnits)}…`, form: 'preview', facts: counted(value.length, 'unit'),
      }
    case 'bigint': return { kind: 'big integer', value: String(value), form: 'literal' }
    case 'object': break
    default: return { kind: '', value: String(value), form: 'literal' }
  }
  if (value === null) return { kind: '', value: 'null', form: 'literal' }
  if (value instanceof Uint8Array) {
    const start = Array.from(value.subarray(0, previewBytes), byte => byte.toString(16).padStart(2, '0')).join(' ')
    const more = value.length > previewBytes ? ' …' : ''
    return { kind: 'bytes', value: start + more, form: 'literal', facts: bytes(value.length) }
  }
  if (value instanceof Subdocument) return { kind: 'subdocument', value: value.guid, form: 'string' }
  return Array.isArray(value) ? { kind: 'list as a value', facts: counted(value.length, 'element') }
    : { kind: 'object as a value', facts: counted(Object.keys(value).length, 'member') }
}

const inJSON = value =>
  JSON.stringify(value, (_, part) => typeof part === 'bigint' ? String(part) : part) ?? String(value)

/** Formats of a text, as `bold` and `color: #f00`. @param {Record<string, any>} formats */
export const formatsOf = (formats = {}) => Object.entries(formats).map(([name, value]) => {
  if (value === true) return name
  const text = typeof value === 'string' ? value : inJSON(value)
  return `${name}: ${text.length > previewUnits ? `${text.slice(0, previewUnits)}…` : text}`
})
