/**
 * Contents of documents as elements: as text only, whatever somebody wrote.
 *
 * @module
 */

import { element } from '../../../parts/dom.js'
import { markupLines, textOf } from './picture.js'

/** Formats that editors agree upon, and how they look. */
const formatTags = {
  bold: 'strong', strong: 'strong', italic: 'em', em: 'em', underline: 'u', strike: 's', strikethrough: 's', code: 'code',
}

const formatText = (name, value) => value === true ? name : value === null ? `not ${name}` :
  `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`

/** Formats in words. */
export const formatsText = formats => Object.entries(formats).map(([name, value]) => formatText(name, value)).join(', ')

/** A piece of text with its formats. */
export function formattedText(text, formats = {}) {
  let node = document.createTextNode(text)
  const others = {}
  for (const [name, value] of Object.entries(formats ?? {})) {
    if (formatTags[name] && value !== null && value !== false) node = element(formatTags[name], {}, node)
    else others[name] = value
  }
  return Object.keys(others).length === 0 ? node : element('span', { class: 'has-format', title: formatsText(others) }, node)
}

/** Whether a content is a version in the document's list of them. */
const isVersion = ({ kind, value }) => kind === 'value' && value?.snapshot !== undefined && Number.isFinite(value.date)

/** Whether a root is the document's list of versions, which is shown elsewhere. */
export const isVersionList = (name, { kind, items }) => name === 'versions' && kind === 'array' && items.every(isVersion)

/** A content within a line. */
export function inlineContent(content) {
  if (isVersion(content)) return element('span', {}, `Version “${content.value.name ?? 'without a name'}”`)
  if (content.kind === 'xml') return element('code', { class: 'block' }, markupLines(content))
  return element('code', {}, textOf(content, isLarge(content) ? 2 : undefined))
}

const isLarge = content => (content.kind === 'array' || content.kind === 'map' || typeof content.value === 'object') &&
  textOf(content).length > 60

/** What a root is, in a word. */
export const kindText = ({ kind, name }) =>
  ({ text: 'text', array: 'list', map: 'map', xml: name === null ? 'XML' : 'XML element' })[kind] ?? 'value'

/**
 * All of a root's content, up to a number of characters.
 *
 * @returns {{ node: HTMLElement, isCut: boolean }}
 */
export function wholeContent(content, charactersMax) {
  if (content.kind === 'text') return wholeText(content, charactersMax)
  const text = content.kind === 'xml' ? markupLines(content) : textOf(content, 2)
  return { node: element('pre', {}, text.slice(0, charactersMax)), isCut: text.length > charactersMax }
}

function wholeText({ steps, attributes }, charactersMax) {
  const node = element('div', { class: 'prose' })
  let room = charactersMax
  for (const { insert, attributes: formats } of steps) {
    if (room <= 0) break
    if (typeof insert === 'string') {
      node.append(formattedText(insert.slice(0, room), formats))
      room -= insert.length
    } else {
      node.append(inlineContent(insert))
      room -= 1
    }
  }
  if (attributes.length > 0) {
    node.append(element('p', { class: 'quiet small' }, attributes.map(([key, value]) => `${key}: ${textOf(value)}`).join(', ')))
  }
  return { node, isCut: room < 0 }
}
