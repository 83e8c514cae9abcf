/**
 * Lines as elements: a block for each line, and in it a text or an element for each run. What is shown without being text
 * has a count of units, by which places in the page become places in the text.
 *
 * @module
 */

import { element } from '../../../parts/dom.js'
import { count } from '../../../parts/format.js'
import { indentOf, linkTarget } from './formats.js'
import { embedCharacter } from './line.js'
import { showNumber } from './numbers.js'

/** Units of a line that are shown; of what is behind them only the number is, since browsers lay out lines as a whole. */
export const shownUnitsMax = 20_000

/** @type {WeakMap<Element, import('./line.js').Line>} */
const lines = new WeakMap()
/** What stands for units, or for none, without being text: the characters that it stands for. @type {WeakMap<Node, string>} */
const atoms = new WeakMap()
/** What an element shows, run by run. @type {WeakMap<Element, { form: string, node: Node, text: Text | null }[]>} */
const pieces = new WeakMap()

/** The line that an element shows. */
export const lineOf = node => lines.get(node)

/** The element of the line that a node is in. */
export const lineElementOf = node =>
  (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest('.rich-line') ?? null

// MARK: Drawing

/** Makes a line's element show it, and keeps what is as it was. @returns {HTMLElement} */
export function drawLine(line) {
  if (line.element === null) {
    line.element = element('div', { dir: 'auto' })
    lines.set(line.element, line)
  }
  drawBlock(line)
  drawRuns(line)
  showNumber(line)
  return line.element
}

/** Has a line drawn from nothing the next time, since the browser has changed its element. */
export function forgetDrawing({ element: node }) { if (node) pieces.delete(node) }

function drawBlock({ attributes, element: node }) {
  const { header, list, blockquote } = attributes
  const level = [1, 2, 3].includes(header) ? header : Number.isInteger(header) ? 3 : null
  const kinds = ['rich-line', level && `header-${level}`, typeof list === 'string' && `list list-${list.replace(/\W/g, '')}`,
    blockquote && 'quote', attributes['code-block'] && 'code-block'].filter(Boolean).join(' ')
  if (node.className !== kinds) node.className = kinds
  if (level === null) {
    node.removeAttribute('role')
    node.removeAttribute('aria-level')
  } else {
    node.setAttribute('role', 'heading')
    // The page has headings of its own above.
    node.setAttribute('aria-level', level + 2)
  }
  const indent = indentOf(attributes)
  if (indent > 0) node.style.setProperty('--indent', indent)
  else node.style.removeProperty('--indent')
}

function drawRuns(line) {
  const node = line.element
  const wanted = wantedPieces(line)
  const shown = pieces.get(node)
  if (shown?.length === wanted.length && wanted.every(({ form }, place) => form === shown[place].form)) {
    for (const [place, { text }] of wanted.entries()) {
      if (shown[place].text) replaceText(shown[place].text, text)
      else if (text !== undefined) atoms.set(shown[place].node, text)
    }
    return
  }
  const made = wanted.map(piece => ({ form: piece.form, ...piece.make(piece.text) }))
  node.replaceChildren(...made.map(piece => piece.node))
  pieces.set(node, made)
}

/** Changes what is different in the middle, so that a selection around it stays. */
function replaceText(node, text) {
  const before = node.data
  if (before === text) return
  const most = Math.min(before.length, text.length)
  let start = 0, end = 0
  while (start < most && before[start] === text[start]) start += 1
  while (end < most - start && before[before.length - 1 - end] === text[text.length - 1 - end]) end += 1
  node.replaceData(start, before.length - start - end, text.slice(start, text.length - end))
}

function wantedPieces(line) {
  const wanted = []
  if (line.attributes.list === 'checked' || line.attributes.list === 'unchecked') wanted.push(checkbox(line.attributes.list))
  const isCut = line.length > shownUnitsMax
  for (const run of isCut ? line.slice(0, shownUnitsMax) : line.runs) {
    wanted.push(typeof run.insert === 'string' ? textPiece(run) : embedPiece(run.insert))
  }
  if (isCut) wanted.push(restPiece(line.text.slice(shownUnitsMax)))
  // An empty line needs a height, and a place for the caret; so does the end of a line behind what is no text.
  if (typeof line.runs.at(-1)?.insert !== 'string' || isCut) {
    wanted.push({ form: 'end', make: () => ({ node: element('br'), text: null }) })
  }
  return wanted
}

function textPiece({ insert, attributes }) {
  const names = ['bold', 'italic', 'underline', 'strike', 'code'].filter(name => attributes[name])
  const target = attributes.link === undefined ? null : linkTarget(attributes.link)
  const form = `text ${names.join(' ')}${target === null ? '' : ` ${target}`}`
  const make = content => {
    const text = document.createTextNode(content)
    if (names.length === 0 && target === null) return { node: text, text }
    const link = target !== null && { href: target, title: target, rel: 'noopener noreferrer', target: '_blank' }
    const node = element(link ? 'a' : attributes.code ? 'code' : 'span', { class: names.join(' '), ...link }, text)
    return { node, text }
  }
  return { form, text: insert, make }
}

const atom = (node, characters) => {
  node.contentEditable = 'false'
  atoms.set(node, characters)
  return { node, text: null }
}

function embedPiece(value) {
  const label = `Embedded ${embedName(value)}`
  const make = () => atom(element('span', { class: 'embed', role: 'img', 'aria-label': label }, label), embedCharacter)
  return { form: `embed ${label}`, make }
}

/** What an embedded value is, by the name that editors give it. */
function embedName(value) {
  if (value?.isSharedType) return 'shared content'
  const name = typeof value === 'object' && value !== null ? Object.keys(value)[0] : undefined
  return name === undefined ? 'content' : name.slice(0, 40)
}

const restPiece = rest => ({
  form: `rest ${rest.length}`,
  text: rest,
  make: () => atom(element('span', { class: 'embed' }, `… and ${count(rest.length)} more characters`), rest),
})

const checkbox = state => ({
  form: `check ${state}`,
  make: () => atom(element('button', {
    type: 'button', class: 'check', role: 'checkbox', tabindex: -1, 'aria-checked': String(state === 'checked'),
    'aria-label': 'Done',
  }), ''),
})

// MARK: Places

const charactersOf = node => {
  if (node.nodeType === Node.TEXT_NODE) return node.data
  return atoms.get(node) ?? [...node.childNodes].map(charactersOf).join('')
}

/** The characters that an element shows, also when the browser has changed it. */
export const shownText = charactersOf

/** How many units of a line are before a place in its element. */
export function unitsBefore(root, node, offset) {
  let units = 0
  if (node.nodeType === Node.TEXT_NODE) units = offset
  else for (const child of [...node.childNodes].slice(0, offset)) units += charactersOf(child).length
  for (; node !== root; node = node.parentNode) {
    if (atoms.has(node)) units = 0
    for (let other = node.previousSibling; other; other = other.previousSibling) units += charactersOf(other).length
  }
  return units
}

/** The place of an offset in a line that is drawn. @returns {{ node: Node, offset: number }} */
export function placeOf({ element: root }, offset) {
  let rest = offset
  for (const child of root.childNodes) {
    const text = child.nodeType === Node.TEXT_NODE ? child : child.firstChild
    const { length } = charactersOf(child)
    const isText = text?.nodeType === Node.TEXT_NODE && !atoms.has(child)
    if (isText && rest <= length) return { node: text, offset: rest }
    if (!isText && rest < Math.max(length, 1) && child.nodeName !== 'BUTTON') {
      return { node: root, offset: [...root.childNodes].indexOf(child) }
    }
    rest -= length
  }
  return { node: root, offset: root.childNodes.length }
}
