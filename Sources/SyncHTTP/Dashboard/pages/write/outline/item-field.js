import { element } from '../../../parts/dom.js'
import { inkOn } from '../people.js'
import { difference, moved } from '../text-difference.js'
import { charactersOf, textFor, textIn } from './model.js'

/**
 * Where an item's text is written: a field of one paragraph. Behind it lies the same text again, which makes the field as
 * high as it has to be, and has the carets of others where they are.
 *
 * What is being composed, as with an input method, stays in the field until it is settled: neither is it sent letter by
 * letter, nor do others' changes interrupt it. They are put in afterwards.
 */
export class ItemField {
  #item
  #context
  #mirror = element('div', { class: 'outline-mirror', 'aria-hidden': 'true' })
  /** What the document has, as the field shows it. */
  #characters = ''
  /** The text when something began to be composed, and what others have changed since; null while nothing is. */
  #heldBack = null
  #cursors = []

  /**
   * @param {import('./model.js').Item} item
   * @param {object} context
   * @param {(body: () => void) => void} context.change Makes changes of one's own.
   */
  constructor(item, context) {
    this.#item = item
    this.#context = context
    /** @type {HTMLTextAreaElement} */
    this.input = element('textarea', { class: 'outline-input', rows: 1, autocomplete: 'off', enterkeyhint: 'enter' })
    /** @type {HTMLElement} */
    this.element = element('div', { class: 'outline-text' }, this.input, this.#mirror)
    this.input.addEventListener('input', event => { if (!event.isComposing && this.#heldBack === null) this.#write() })
    this.input.addEventListener('compositionstart', () => { this.#heldBack = { before: this.#characters, deltas: [] } })
    this.input.addEventListener('compositionend', () => this.#settle())
    this.show()
  }

  /** @type {import('../../../crdt/crdt.js').SharedXMLText | null} */
  get text() { return textIn(this.#item) }

  /** @type {string} */
  get characters() { return this.#characters }

  /** @type {boolean} Whether something is being composed. */
  get isComposing() { return this.#heldBack !== null }

  /** Shows the text as it is. @param {object[]} [delta] What has changed, when it is known. @param {boolean} [isUndo] */
  show(delta, isUndo = false) {
    const characters = charactersOf(this.text)
    if (this.#heldBack !== null) {
      // Without a delta there is nothing to go by but the ends.
      this.#heldBack.deltas.push(delta ?? deltaOf(difference(this.#characters, characters)))
      this.#characters = characters
      return
    }
    this.#characters = characters
    if (this.input.value !== characters) {
      const { selectionStart, selectionEnd, selectionDirection, value } = this.input
      const changes = delta ?? deltaOf(difference(value, characters))
      this.input.value = characters
      if (document.activeElement === this.input) {
        const place = index => moved(changes, index, isUndo)
        this.input.setSelectionRange(place(selectionStart), place(selectionEnd), selectionDirection)
      }
    }
    this.#showMirror()
  }

  /** Puts what was typed into the document. */
  #write() {
    const { input } = this
    if (/[\r\n]/.test(input.value)) {
      const { selectionEnd } = input
      input.value = input.value.replace(/\r?\n|\r/g, ' ')
      input.setSelectionRange(selectionEnd, selectionEnd)
    }
    const changed = difference(this.#characters, input.value, input.selectionEnd)
    if (changed) this.#apply(changed)
  }

  /** Puts what was composed into the document, which may have become another one meanwhile. */
  #settle() {
    const { before, deltas } = this.#heldBack ?? { before: '', deltas: [] }
    this.#heldBack = null
    if (deltas.length === 0) return this.#write()
    const changed = difference(before, this.input.value, this.input.selectionEnd)
    if (!changed) return this.show()
    const place = (index, staysBehind) => deltas.reduce((place, delta) => moved(delta, place, staysBehind), index)
    const index = place(changed.index, true)
    const end = Math.max(index, place(changed.index + changed.deleted, false))
    this.#apply({ index, deleted: end - index, inserted: changed.inserted })
    const caret = index + changed.inserted.length
    this.show()
    if (document.activeElement === this.input) this.input.setSelectionRange(caret, caret)
  }

  #apply({ index, deleted, inserted }) {
    if (this.#item.isDeleted) return
    this.#context.change(() => {
      const text = textFor(this.#item)
      if (deleted > 0) text.delete(index, deleted)
      if (inserted !== '') text.insert(index, inserted)
    })
  }

  /**
   * Shows where others are in the text.
   *
   * @param {{ client: number, name: string, color: string, anchor: number, head: number }[]} cursors
   */
  showCursors(cursors) {
    if (cursors.length === 0 && this.#cursors.length === 0) return
    this.#cursors = cursors
    if (this.#heldBack === null) this.#showMirror()
  }

  #showMirror() {
    const characters = this.#characters
    const end = characters.length
    const inText = index => Math.min(Math.max(index, 0), end)
    const cuts = new Set([0, end])
    for (const { anchor, head } of this.#cursors) cuts.add(inText(anchor)).add(inText(head))
    const places = [...cuts].sort((one, other) => one - other)
    const nodes = []
    places.forEach((place, number) => {
      for (const cursor of this.#cursors) if (inText(cursor.head) === place) nodes.push(caretOf(cursor))
      const next = places[number + 1]
      if (next === undefined) return
      const piece = characters.slice(place, next)
      const marked = this.#cursors.find(({ anchor, head }) =>
        inText(Math.min(anchor, head)) <= place && inText(Math.max(anchor, head)) >= next)
      nodes.push(marked ? selectionOf(piece, marked) : piece)
    })
    // An empty line is as high as others.
    this.#mirror.replaceChildren(...nodes, '\u200B')
  }
}

const deltaOf = changed => changed === null ? []
  : [{ retain: changed.index }, { delete: changed.deleted }, { insert: changed.inserted }]

function caretOf({ client, name, color }) {
  const label = element('span', { class: 'outline-caret-name' }, name)
  const caret = element('span', { class: 'outline-caret', 'data-client': client }, label)
  caret.style.backgroundColor = color
  label.style.backgroundColor = color
  label.style.color = inkOn(color)
  return caret
}

function selectionOf(piece, { color }) {
  const node = element('span', { class: 'outline-selection' }, piece)
  node.style.backgroundColor = `color-mix(in srgb, ${color} 30%, transparent)`
  return node
}
