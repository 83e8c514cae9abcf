import { forgetDrawing, lineElementOf, lineOf, shownText, unitsBefore } from './line-element.js'
import { movedIndex, splice } from './positions.js'

/** The text of a line's element, and of what the browser has divided off it. */
function writtenText(element) {
  const isForeign = node => node !== null && lineOf(node) === undefined
  let first = element
  while (isForeign(first.previousSibling)) first = first.previousSibling
  const parts = [shownText(first)]
  for (let node = first.nextSibling; node && (isForeign(node) || node === element); node = node.nextSibling) {
    parts.push(shownText(node))
  }
  return parts.join('\n')
}

/**
 * What cannot be prevented: input methods, and keyboards of phones, write into the page themselves. They are left alone in
 * the line that they write into, and when they are done, what is different there is changed in the text. What others write
 * in that line meanwhile is shown afterwards; their changes of other lines go on.
 */
export class Composition {
  #editor
  /** The line as it was shown, and where it was: what was typed is told from it. */
  #start = null
  #deltas = []

  /** @param {import('./editor.js').RichTextEditor} editor */
  constructor(editor) { this.#editor = editor }

  /** @type {boolean} Whether the browser is writing. */
  get isActive() { return this.#start !== null }

  /** Before the browser writes. */
  begin() {
    if (this.#start !== null) return
    const { lines, content, commands } = this.#editor
    if (!commands.range.isCollapsed) commands.deleteRange()
    const { head } = this.#editor.selection
    const { line, offset } = lines.locate(head)
    content.hold(line)
    this.#start = { element: line.element, text: line.text, index: head - offset, attributes: commands.typingAttributes(head) }
    this.#deltas = []
  }

  /** Somebody has changed the text meanwhile. */
  follow(delta) { if (this.#start !== null) this.#deltas.push(delta) }

  /** After the browser has written. */
  end() {
    if (this.#start === null) return
    const { element, text: before, index, attributes } = this.#start
    const { content } = this.#editor
    this.#start = null
    const after = element.isConnected ? writtenText(element) : before
    const { focusNode, focusOffset } = getSelection()
    const caret = focusNode && lineElementOf(focusNode) === element ? unitsBefore(element, focusNode, focusOffset) : after.length
    const change = splice(before, after, caret)
    forgetDrawing({ element })
    content.release()
    if (change === null) return this.#editor.select(this.#moved(index + Math.min(caret, before.length)))
    const start = this.#moved(index + change.start), end = Math.max(start, this.#moved(index + change.end))
    this.#editor.typed = attributes
    this.#editor.commands.insertText(change.insert, { start, end })
    this.#editor.select(start + Math.max(0, caret - change.start))
  }

  #moved(index) { return this.#deltas.reduce((moved, delta) => movedIndex(moved, delta), index) }
}
