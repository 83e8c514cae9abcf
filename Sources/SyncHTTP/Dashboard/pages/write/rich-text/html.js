/**
 * Texts of this editor as HTML, for other programs, and HTML of other programs as texts of this editor. Of what comes, only
 * characters and the formats that there are here are taken; nothing of it becomes a part of the page.
 *
 * @module
 */

import { element } from '../../../parts/dom.js'
import { linkTarget, plain } from './formats.js'

const inlineTags = { bold: 'strong', italic: 'em', underline: 'u', strike: 's', code: 'code' }

/** @param {object[]} delta @returns {string} */
export function toHTML(delta) {
  const root = element('div')
  let runs = []
  const endLine = attributes => {
    root.append(element(blockTag(attributes), {}, ...runs))
    runs = []
  }
  for (const { insert, attributes = plain } of delta) {
    if (typeof insert !== 'string') continue
    const parts = insert.split('\n')
    for (const [place, part] of parts.entries()) {
      if (part !== '') runs.push(inlineElement(part, attributes))
      if (place < parts.length - 1) endLine(attributes)
    }
  }
  if (runs.length > 0) endLine(plain)
  return [...root.children].map(node => node.outerHTML).join('')
}

function blockTag({ header, list, blockquote, 'code-block': code }) {
  if ([1, 2, 3].includes(header)) return `h${header}`
  return list !== undefined ? 'li' : blockquote ? 'blockquote' : code ? 'pre' : 'p'
}

function inlineElement(text, attributes) {
  let node = document.createTextNode(text)
  for (const [name, tag] of Object.entries(inlineTags)) if (attributes[name]) node = element(tag, {}, node)
  const href = linkTarget(attributes.link)
  return href === null ? node : element('a', { href }, node)
}

/**
 * Reads HTML, where the browser lets it be read: by a parser that leaves scripts out, or where none has to be trusted.
 *
 * @param {string} html
 * @returns {object[] | null} Steps of a delta; null when it cannot be read.
 */
export function fromHTML(html) {
  let parsed = null
  if (typeof Document.parseHTML === 'function') parsed = Document.parseHTML(html)
  else if (globalThis.trustedTypes === undefined) parsed = new DOMParser().parseFromString(html, 'text/html')
  return parsed?.body ? new Reader().read(parsed.body) : null
}

const inlineFormats = {
  B: { bold: true }, STRONG: { bold: true }, I: { italic: true }, EM: { italic: true }, U: { underline: true },
  S: { strike: true }, DEL: { strike: true }, STRIKE: { strike: true }, CODE: { code: true },
}
const blockFormats = {
  H1: { header: 1 }, H2: { header: 2 }, H3: { header: 3 }, H4: { header: 3 }, BLOCKQUOTE: { blockquote: true },
  PRE: { 'code-block': true },
}
const blocks = new Set(['P', 'DIV', 'LI', 'UL', 'OL', 'TR', 'TABLE', 'SECTION', 'ARTICLE', ...Object.keys(blockFormats)])
const ignored = new Set(['SCRIPT', 'STYLE', 'TITLE', 'TEMPLATE', 'HEAD'])

class Reader {
  #steps = []
  #hasText = false
  /** What the line that is being read is. */
  #block = plain

  read(root) {
    this.#children(root, plain, plain, 0)
    return this.#steps
  }

  #children(node, inline, block, depth) {
    // Deeper than people write: such markup is no text.
    if (depth > 200) return
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) this.#text(child.data, inline, block)
      else if (child.nodeType === Node.ELEMENT_NODE && !ignored.has(child.tagName)) this.#element(child, inline, block, depth + 1)
    }
  }

  #element(node, inline, block, depth) {
    if (node.tagName === 'BR') return this.#endLine(block)
    const link = node.tagName === 'A' ? linkTarget(node.getAttribute('href')) : null
    const format = { ...inline, ...inlineFormats[node.tagName], ...link !== null && { link } }
    if (!blocks.has(node.tagName)) return this.#children(node, format, block, depth)
    if (this.#hasText) this.#endLine(this.#block)
    const isCode = node.tagName === 'PRE'
    const own = node.tagName === 'LI' ? { list: node.parentElement?.tagName === 'OL' ? 'ordered' : 'bullet' }
      : blockFormats[node.tagName] ?? block
    this.#children(node, isCode ? plain : format, own, depth)
    if (this.#hasText || node.tagName === 'P') this.#endLine(own)
  }

  #text(data, inline, block) {
    if (block['code-block']) {
      const parts = data.split('\n')
      for (const [place, part] of parts.entries()) {
        if (part !== '') this.#add(part, plain, block)
        if (place < parts.length - 1) this.#endLine(block)
      }
      return
    }
    const text = data.replace(/[ \t\r\n]+/g, ' ')
    this.#add(this.#hasText ? text : text.trimStart(), inline, block)
  }

  #add(insert, attributes, block) {
    if (insert === '') return
    this.#steps.push({ insert, attributes })
    this.#hasText = true
    this.#block = block
  }

  #endLine(attributes) {
    this.#steps.push({ insert: '\n', attributes })
    this.#hasText = false
  }
}
