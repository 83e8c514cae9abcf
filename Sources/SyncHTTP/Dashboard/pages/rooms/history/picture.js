/**
 * Documents as plain data: what is in them at a moment, to be shown or compared later when the document has gone on.
 *
 * A content is one of
 *
 *     { kind: 'text', steps: [{ insert: string | Content, attributes?: object }], attributes: [string, Content][] }
 *     { kind: 'array', items: Content[] }
 *     { kind: 'map', entries: [string, Content][] }
 *     { kind: 'xml', name: string | null, attributes: [string, Content][], items: Content[] }
 *     { kind: 'value', value: any }
 *     { kind: 'document', name: string }
 *
 * @module
 */

import {
  SharedArray, SharedMap, SharedText, SharedXMLElement, SharedXMLFragment, SharedXMLHook, Subdocument,
} from '../../../crdt/crdt.js'

/** Types that are nested deeper are not looked into: a stack has an end. */
const depthMax = 100

/**
 * @typedef {object} Picture
 * @property {[string, any][]} roots Contents by name.
 * @property {Map<import('../../../crdt/shared-type.js').SharedType, any>} types The content of each type of the document.
 */

/** @param {import('../../../crdt/document.js').Document} document @returns {Picture} */
export function pictureOf(document) {
  const types = new Map()
  return { roots: [...document.roots].map(([name, type]) => [name, contentOf(type, types)]), types }
}

/** A picture of what the relay tells of a document as JSON. */
export const pictureOfJSON = json => ({
  roots: Object.entries(json).map(([name, value]) => [name, contentOfJSON(value)]), types: new Map(),
})

function contentOfJSON(value) {
  const inside = value => ({ kind: 'value', value })
  if (typeof value === 'string') return { kind: 'text', steps: [{ insert: value }], attributes: [] }
  if (Array.isArray(value)) return { kind: 'array', items: value.map(inside) }
  if (typeof value !== 'object' || value === null) return inside(value)
  return { kind: 'map', entries: Object.entries(value).map(([key, member]) => [key, inside(member)]) }
}

/** The content of a shared type; a value is its own. */
export function contentOf(thing, types = new Map(), depth = 0) {
  if (thing instanceof Subdocument) return { kind: 'document', name: thing.guid }
  if (!thing?.isSharedType) return { kind: 'value', value: thing }
  if (depth > depthMax) return { kind: 'value', value: '…' }
  const inside = item => contentOf(item, types, depth + 1)
  const entries = map => map.entries().map(([key, item]) => [key, inside(item)])
  const content = readType(thing, inside, entries)
  types.set(thing, content)
  return content
}

function readType(type, inside, entries) {
  if (type instanceof SharedText) {
    const steps = type.toDelta().map(step => typeof step.insert === 'string' ? step : { ...step, insert: inside(step.insert) })
    return { kind: 'text', steps, attributes: entries(type.attributes) }
  }
  if (type instanceof SharedXMLHook) return { kind: 'xml', name: type.name, attributes: entries(type), items: [] }
  if (type instanceof SharedMap) return { kind: 'map', entries: entries(type) }
  if (type instanceof SharedArray) return { kind: 'array', items: type.toArray().map(inside) }
  if (type instanceof SharedXMLElement) {
    return { kind: 'xml', name: type.name, attributes: entries(type.attributes), items: type.toArray().map(inside) }
  }
  if (type instanceof SharedXMLFragment) return { kind: 'xml', name: null, attributes: [], items: type.toArray().map(inside) }
  return { kind: 'value', value: '…' }
}

/** How many units a content has: those of its text, and each value. */
export function unitsOf(content) {
  switch (content.kind) {
    case 'text': return content.attributes.length +
      content.steps.reduce((sum, { insert }) => sum + (typeof insert === 'string' ? insert.length : unitsOf(insert)), 0)
    case 'array': return content.items.reduce((sum, item) => sum + unitsOf(item), 0)
    case 'map': return content.entries.reduce((sum, [, item]) => sum + unitsOf(item), 0)
    case 'xml': return (content.name === null ? 0 : 1) + content.attributes.length +
      content.items.reduce((sum, item) => sum + unitsOf(item), 0)
    default: return 1
  }
}

/** Whether nothing is in a content. */
export const isEmpty = content => content.kind !== 'value' && content.kind !== 'document' && unitsOf(content) === 0

/** A content as it goes into JSON: text and XML as strings. */
export function plain(content) {
  switch (content.kind) {
    case 'text': return content.steps.map(({ insert }) => typeof insert === 'string' ? insert : textOf(insert)).join('')
    case 'array': return content.items.map(plain)
    case 'map': return Object.fromEntries(content.entries.map(([key, item]) => [key, plain(item)]))
    case 'xml': return markupOf(content)
    case 'document': return `document ${content.name}`
    default: return content.value
  }
}

/** A content as text: JSON, or markup. */
export function textOf(content, indentation) {
  const value = plain(content)
  if (content.kind === 'xml') return value
  return JSON.stringify(value, (_, member) => {
    if (typeof member === 'bigint') return String(member)
    return member instanceof Uint8Array ? `${member.length} bytes` : member
  }, indentation) ?? 'undefined'
}

const attribute = content => content.kind === 'value' && typeof content.value === 'string' ? content.value : textOf(content)

/** The first tag of an element. */
const openTag = ({ name, attributes }) =>
  `<${name}${attributes.map(([key, content]) => ` ${key}=${JSON.stringify(attribute(content))}`).join('')}>`

/** What somebody wrote is not to look like markup. */
const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A text with each of its formats as an element around it. */
const formatted = ({ steps }) => steps.map(({ insert, attributes = {} }) => {
  const names = Object.keys(attributes)
  const text = typeof insert === 'string' ? escaped(insert) : textOf(insert)
  return names.map(name => `<${name}>`).join('') + text + names.reverse().map(name => `</${name}>`).join('')
}).join('')

function markupOf(content) {
  const inside = content.items.map(item => item.kind === 'text' ? formatted(item) : textOf(item)).join('')
  return content.name === null ? inside : `${openTag(content)}${inside}</${content.name}>`
}

/**
 * XML in lines, each level of it further in. Elements that have nothing but text are one line.
 *
 * @returns {string}
 */
export function markupLines(content, depth = 0) {
  const space = '  '.repeat(depth)
  if (content.kind === 'text') return space + formatted(content)
  if (content.kind !== 'xml') return space + textOf(content)
  if (content.name === null) return content.items.map(item => markupLines(item, depth)).join('\n')
  if (content.items.every(({ kind }) => kind === 'text')) return space + markupOf(content)
  const inside = content.items.map(item => markupLines(item, depth + 1))
  return [space + openTag(content), ...inside, `${space}</${content.name}>`].join('\n')
}
