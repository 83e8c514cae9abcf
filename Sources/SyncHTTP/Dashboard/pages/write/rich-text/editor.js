import { element, setText, uniqueID } from '../../../parts/dom.js'
import { count } from '../../../parts/format.js'
import { actionGroups, control } from './actions.js'
import { Commands } from './commands.js'
import { Content } from './content.js'
import { linkTarget } from './formats.js'
import { Input } from './input.js'
import { shownUnitsMax } from './line-element.js'
import { Lines } from './lines.js'
import { OwnCursor } from './own-cursor.js'
import { lastChange, movedSelection } from './positions.js'
import { RemoteCursors } from './remote-cursors.js'
import { wholeOffset } from './segments.js'
import { Toolbar } from './toolbar.js'
import { Transfer } from './transfer.js'

const help = `In lists Tab indents, and ${control.shown}Enter ticks. ${control.shown}click opens a link. ` +
  'Escape and then Tab leaves the text.'

/**
 * An editor of a shared text with formats, as Quill has them. The text is the truth: what people do changes the text, and
 * what changes in the text, by whomever, is shown line by line.
 *
 *     const editor = new RichTextEditor({ text, awareness, undo })
 *     root.append(editor.element)
 *     …
 *     editor.destroy()
 */
export class RichTextEditor {
  #origin
  #ends = new AbortController()
  #toolbar
  #input
  #ownCursor
  #cursors
  #scroller
  #link
  #news
  #isReadOnly = false
  #isChanging = false
  #frame
  #stopObserving

  /**
   * @param {object} options
   * @param {import('../../../crdt/text.js').SharedText} options.text
   * @param {import('../../../crdt/awareness.js').Awareness} options.awareness
   * @param {import('../../../crdt/undo-manager.js').UndoManager | null} [options.undo] It has to track `origin`.
   * @param {string | object} [options.origin] The origin of what is changed here.
   * @param {string} [options.label] What the text is called.
   */
  constructor({ text, awareness, undo = null, origin = 'editor', label = 'Shared text' }) {
    this.text = text
    this.awareness = awareness
    this.undo = undo
    this.#origin = origin
    this.lines = new Lines(text.toDelta())
    /** @type {{ anchor: number, head: number }} What is selected here, or was when the text had the focus. */
    this.selection = { anchor: 0, head: 0 }
    /** @type {Record<string, any> | null} The formats of what is typed next, when they were chosen without a selection. */
    this.typed = null
    this.commands = new Commands(this)
    this.transfer = new Transfer(this)
    this.actions = actionGroups.flat()
    this.#build(label)
    this.#listen()
    this.#stopObserving = text.observe(event => this.#changed(event))
    this.#schedule()
  }

  #build(label) {
    const { signal } = this.#ends
    const [id, helpID] = [uniqueID('rich-text'), uniqueID('rich-text-help')]
    this.#scroller = element('div', { class: 'rich-scroller' })
    this.content = new Content(this.lines, this.#scroller)
    const { element: content } = this.content
    for (const [name, value] of Object.entries({
      id, role: 'textbox', 'aria-multiline': 'true', 'aria-label': label, 'aria-describedby': helpID, tabindex: 0,
      spellcheck: 'true',
    })) content.setAttribute(name, value)
    content.contentEditable = 'true'
    this.#cursors = new RemoteCursors(this, this.#scroller, signal)
    this.#ownCursor = new OwnCursor(this.text, this.awareness)
    this.#toolbar = new Toolbar(name => this.perform(name), id)
    this.#scroller.append(element('div', { class: 'rich-surface' }, content, this.#cursors.element))
    this.#link = element('a', { target: '_blank', rel: 'noopener noreferrer', hidden: true })
    this.#news = element('span', { role: 'status' })
    /** @type {HTMLElement} The toolbar and the text. */
    this.element = element('div', { class: 'rich-text' }, this.#toolbar.element, this.#scroller,
      element('div', { class: 'rich-foot small quiet' }, element('span', { id: helpID }, help), this.#news, this.#link))
    this.#input = new Input(this, signal)
    this.transfer.listen(content, signal)
    this.content.onDraw = () => this.#schedule()
  }

  #listen() {
    const { signal } = this.#ends
    const { element: content } = this.content
    document.addEventListener('selectionchange', () => this.readSelection(), { signal })
    content.addEventListener('focus', () => {
      this.#showSelection()
      this.#schedule()
    }, { signal })
    this.element.addEventListener('focusin', () => this.#ownCursor.show(this.selection), { signal })
    this.element.addEventListener('focusout', event => {
      if (!this.element.contains(event.relatedTarget)) this.#ownCursor.show(null)
    }, { signal })
  }

  /** @type {boolean} Whether the text can only be read. */
  get isReadOnly() { return this.#isReadOnly }

  set isReadOnly(isReadOnly) {
    this.#isReadOnly = isReadOnly
    this.content.element.contentEditable = isReadOnly ? 'false' : 'true'
    this.content.element.setAttribute('aria-readonly', isReadOnly)
    this.#toolbar.isOff = isReadOnly
  }

  /** @type {AbortSignal} Aborted when the editor ends. */
  get signal() { return this.#ends.signal }

  /** @type {boolean} */
  get isDestroyed() { return this.#ends.signal.aborted }

  /** @type {boolean} Whether what is typed comes here. */
  get hasFocus() { return document.activeElement === this.content.element }

  /** Puts the focus where it was in the text. */
  focus() { this.content.element.focus({ preventScroll: true }) }

  // MARK: Changing

  /**
   * Changes the text, and selects something in it afterwards.
   *
   * @param {(text: import('../../../crdt/text.js').SharedText) => void} body
   * @param {number} anchor
   * @param {number} [head]
   */
  change(body, anchor, head = anchor) {
    if (this.#isReadOnly) return
    this.#isChanging = true
    try {
      this.text.document.transact(() => body(this.text), this.#origin)
    } finally {
      this.#isChanging = false
    }
    this.typed = null
    this.select(anchor, head)
  }

  /** Does what a button of the toolbar is for. @param {string} name */
  perform(name) {
    if (this.#isReadOnly) return
    this.readSelection()
    this.undo?.stopCapturing()
    this.actions.find(action => action.name === name).run(this)
    this.undo?.stopCapturing()
    this.#schedule()
  }

  #changed({ delta, origin }) {
    if (delta.length === 0) return
    const changes = this.lines.apply(delta)
    this.selection = movedSelection(this.selection, delta)
    this.#input.follow(delta)
    this.content.update(changes)
    this.#cursors.update()
    const isUndoing = this.undo !== null && origin === this.undo
    if (isUndoing) {
      const index = lastChange(delta)
      if (index !== null) this.selection = { anchor: index, head: index }
      this.typed = null
    }
    if (!this.#isChanging) {
      this.#showSelection()
      if (isUndoing) this.#reveal()
      if (this.element.contains(document.activeElement)) this.#ownCursor.show(this.selection)
    }
    this.#schedule()
  }

  // MARK: Selection

  /** Selects a range, and brings its end into view. @param {number} anchor @param {number} [head] */
  select(anchor, head = anchor) {
    const bounded = index => {
      const { line, offset } = this.lines.locate(index)
      return Math.min(Math.max(index, 0), this.lines.length) + wholeOffset(line.text, offset, -1) - offset
    }
    this.selection = { anchor: bounded(anchor), head: bounded(head) }
    this.#showSelection()
    if (this.hasFocus) this.#reveal()
    this.#selectionChanged()
  }

  /** Takes over what is selected in the page. */
  readSelection() {
    if (!this.hasFocus || this.#input.isComposing) return
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection()
    if (anchorNode === null || focusNode === null) return
    const anchor = this.content.indexAt(anchorNode, anchorOffset)
    const head = anchorNode === focusNode && anchorOffset === focusOffset ? anchor : this.content.indexAt(focusNode, focusOffset)
    if (anchor === null || head === null) return
    // In front of a button that ticks is no place to write, though browsers stop there.
    const isBeforeCheck = anchor === head && focusNode.childNodes[focusOffset]?.nodeName === 'BUTTON'
    if (anchor === this.selection.anchor && head === this.selection.head) return isBeforeCheck && this.#showSelection()
    this.selection = { anchor, head }
    this.typed = null
    this.undo?.stopCapturing()
    if (isBeforeCheck) this.#showSelection()
    this.#selectionChanged()
  }

  #selectionChanged() {
    if (this.element.contains(document.activeElement)) this.#ownCursor.show(this.selection)
    this.#schedule()
  }

  /** Selects in the page what is selected here; nothing, as long as the focus is elsewhere or an input method writes. */
  #showSelection() {
    if (!this.hasFocus || this.#input.isComposing) return
    const { anchor, head } = this.selection
    const selection = getSelection()
    const start = this.content.placeAt(anchor), end = anchor === head ? start : this.content.placeAt(head)
    if (selection.anchorNode === start.node && selection.anchorOffset === start.offset &&
      selection.focusNode === end.node && selection.focusOffset === end.offset) return
    selection.setBaseAndExtent(start.node, start.offset, end.node, end.offset)
  }

  /** Scrolls as far as is needed to see the caret. */
  #reveal() {
    const margin = 12
    const rect = this.content.rectAt(this.selection.head), view = this.#scroller.getBoundingClientRect()
    const bottom = view.top + this.#scroller.clientHeight
    if (rect.top - margin < view.top) this.#scroller.scrollTop += rect.top - margin - view.top
    else if (rect.bottom + margin > bottom) this.#scroller.scrollTop += rect.bottom + margin - bottom
    const there = this.content.rectAt(this.selection.head)
    const { height } = visualViewport
    if (there.top < 0 || there.bottom > height) scrollBy(0, there.top < 0 ? there.top - margin : there.bottom + margin - height)
  }

  // MARK: What is around the text

  #schedule() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      this.#show()
    })
  }

  #show() {
    const { element: content } = this.content
    content.classList.toggle('is-empty', this.lines.length === 0)
    this.#toolbar.show(this.commands.formats())
    const { range } = this.commands
    const target = range.isCollapsed ? linkTarget(this.commands.linkAt(range.start)?.link) : null
    this.#link.hidden = target === null
    if (target !== null && this.#link.href !== target) {
      this.#link.href = target
      setText(this.#link, `Open ${target.length > 80 ? `${target.slice(0, 79)}…` : target}`)
    }
    setText(this.#news, this.#limits())
  }

  /** What is not shown, since it would make the browser stand still. */
  #limits() {
    const { line } = this.lines.locate(this.selection.head)
    if (line.length > shownUnitsMax) {
      return `Of this line, which has ${count(line.length)} characters, the first ${count(shownUnitsMax)} are shown.`
    }
    return this.content.isDrawn ? '' : 'The text is long; what is out of sight is still being drawn.'
  }

  /** Ends the editor, and takes the cursor away from others. The text stays. */
  destroy() {
    if (this.isDestroyed) return
    this.#ends.abort()
    this.#stopObserving()
    cancelAnimationFrame(this.#frame)
    this.content.destroy()
    this.#ownCursor.destroy()
    this.element.remove()
  }
}
