import { element, showList } from '../../../parts/dom.js'
import { emptyState, button } from '../../../parts/pieces.js'
import { OutlineCursors } from './cursors.js'
import { ItemView } from './item-view.js'
import { OutlineKeys } from './keys.js'
import { outlineTools } from './tools.js'
import * as model from './model.js'

/** Deeper items are kept, and not shown: nobody can read so narrow a column, and pages have an end. */
const levelMax = 24

/**
 * Edits an outline that others edit at the same time.
 *
 *     const editor = new OutlineEditor({ fragment: document.xmlFragment('outline'), awareness, undo, origin: 'editor', label })
 *     parent.append(editor.element)
 */
export class OutlineEditor {
  #fragment
  #undo
  #origin
  #views = new Map()
  #folded = new Set()
  #isReadOnly = false
  #list
  #empty
  #tools
  #cursors
  #end = []
  /** The view that had the focus last. */
  #current = null

  /**
   * @param {object} options
   * @param {import('../../../crdt/crdt.js').SharedXMLFragment} options.fragment
   * @param {import('../../../crdt/crdt.js').Awareness} options.awareness Others' cursors are shown, and one's own is told.
   * @param {import('../../../crdt/crdt.js').UndoManager} options.undo Tracks `origin`.
   * @param {string | object} options.origin Of what is changed here.
   * @param {string} options.label What the outline is, for those who do not see it.
   */
  constructor({ fragment, awareness, undo, origin, label }) {
    this.#fragment = fragment
    this.#undo = undo
    this.#origin = origin
    this.#list = element('ul', { class: 'outline-items', 'aria-label': label })
    this.#empty = element('div', { class: 'outline-empty' },
      emptyState('overview', 'Nothing is here yet', 'An outline has items, and items under them.'),
      button('Add the first item', () => this.add(), { class: 'primary' }))
    this.#tools = outlineTools(this)
    /** @type {HTMLElement} */
    this.element = element('div', { class: 'outline' }, this.#list, this.#empty, this.#tools.element)
    this.#cursors = new OutlineCursors(awareness, this)
    const keys = new OutlineKeys(this)
    for (const event of ['keydown', 'beforeinput', 'paste']) {
      this.#list.addEventListener(event, happened => keys.handle(happened))
    }
    this.#list.addEventListener('focusin', event => {
      const view = this.viewOf(event.target)
      if (!view) return
      this.#current = view
      this.#tools.update()
    })
    this.#end = [fragment.observeDeep(events => this.#update(events))]
    this.#showItems(fragment, this.#list, 1)
    this.#settle()
    this.#cursors.update()
  }

  /** @type {boolean} */
  get isReadOnly() { return this.#isReadOnly }

  set isReadOnly(isReadOnly) {
    this.#isReadOnly = isReadOnly
    for (const view of this.#views.values()) view.isReadOnly = isReadOnly
    this.#settle()
  }

  /** @type {ItemView | null} The item that buttons are about: that which has the focus, or had it last. */
  get current() { return this.#current?.element.isConnected ? this.#current : null }

  /** Which item an element of the page belongs to. @param {Node} node @returns {ItemView | null} */
  viewOf(node) {
    const line = node.closest?.('.outline-item')
    return line ? this.#views.get(Number(line.dataset.item)) ?? null : null
  }

  /** @param {import('./model.js').Item} item @returns {ItemView | null} */
  viewFor(item) { return this.#views.get(item.number) ?? null }

  /** @type {ItemView[]} Those that are to be seen, from the top. */
  get visibleViews() {
    return [...this.#list.querySelectorAll('.outline-item')].filter(node => !node.closest('[hidden]'))
      .map(node => this.viewOf(node))
  }

  // MARK: Changes

  /**
   * Changes the outline, as a step of its own when it is undone.
   *
   * @param {() => import('./model.js').Item | null | void} body Returns the item to go on in.
   * @param {{ start?: number, end?: number }} [selection] There; the end unless it is given.
   */
  restructure(body, selection) {
    if (this.#isReadOnly) return
    this.#undo.stopCapturing()
    const item = this.#fragment.document.transact(body, this.#origin)
    this.#undo.stopCapturing()
    if (!item) return
    // Who presses the buttons with keys goes on there.
    if (this.#tools.element.contains(document.activeElement)) {
      this.#current = this.viewFor(item) ?? this.#current
      this.#tools.update()
    } else {
      this.focus(item, selection)
    }
  }

  /** Changes what an item says. @param {() => void} body */
  change(body) {
    if (!this.#isReadOnly) this.#fragment.document.transact(body, this.#origin)
  }

  /** Undoes what was done last, or does it again. */
  stepHistory(isRedo) { return isRedo ? this.#undo.redo() : this.#undo.undo() }

  /** Adds an item behind the current one, or as the last. */
  add() {
    const { current } = this
    let added = null
    this.restructure(() => {
      added = current ? model.insertBehind(current.item) : model.insertItem(this.#fragment, this.#fragment.length)
    })
    if (added) this.focus(added)
  }

  /** Does one of the moves of the model with an item, and keeps the caret where it is. */
  move(view, kind) {
    const { selectionStart: start, selectionEnd: end } = view.field.input
    this.restructure(() => {
      const moved = model[kind](view.item, this.noteCopy)
      // What it went under is opened, or it would be out of sight.
      if (moved && kind === 'indent') this.#folded.delete(moved.parent.number)
      return moved
    }, { start, end })
  }

  /** Deletes an item with all under it. */
  remove(view) {
    const { item } = view
    const next = model.nextOf(item) ?? model.previousOf(item) ?? (model.isItem(item.parent) ? item.parent : null)
    this.restructure(() => {
      model.remove(item)
      return next
    })
  }

  /** @type {(from: import('./model.js').Item, to: import('./model.js').Item) => void} A copy is folded as its original was. */
  noteCopy = (from, to) => { if (this.#folded.delete(from.number)) this.#folded.add(to.number) }

  /** Hides what is under an item, or shows it again. That is not shared. */
  fold(view, isFolded = !this.#folded.has(view.item.number)) {
    if (isFolded) this.#folded.add(view.item.number)
    else this.#folded.delete(view.item.number)
    // Focus does not stay in what is hidden.
    if (isFolded && view.list.contains(document.activeElement)) view.field.input.focus()
    this.#showFold(view)
    this.#tools.update()
  }

  /** Whether what is under an item is hidden. */
  isFolded(view) { return this.#folded.has(view.item.number) }

  /** Puts the caret into an item. @param {{ start?: number, end?: number }} [selection] */
  focus(item, { start, end = start } = {}) {
    const input = this.viewFor(item)?.field.input
    if (!input) return
    input.focus()
    const place = start ?? input.value.length
    input.setSelectionRange(place, end ?? place)
  }

  // MARK: Showing

  #update(events) {
    const place = this.#focusPlace()
    let isRestructured = false, undone = null
    for (const { target, delta, keys, origin } of events) {
      if (target.isDeleted) continue
      if (origin === this.#undo) undone ??= visibleChange(target, delta, keys)
      if (target === this.#fragment) {
        this.#showItems(this.#fragment, this.#list, 1)
        isRestructured = true
      } else if (model.isItem(target)) {
        const view = this.viewFor(target)
        if (!view) continue
        if (keys.size > 0) view.showCheck()
        if (delta.length > 0) {
          view.field.show()
          this.#showUnder(view)
        }
        isRestructured = true
      } else if (target.parent && model.isItem(target.parent)) {
        const view = this.viewFor(target.parent)
        if (view?.field.text === target) view.field.show(delta, origin === this.#undo)
      }
    }
    if (isRestructured) this.#settle()
    this.#cursors.update()
    if (place && undone) this.#followUndo(undone)
    this.#restoreFocus(place)
  }

  /** Who undoes something goes where it was done. */
  #followUndo(node) {
    const view = this.viewFor(node) ?? (node.parent && this.viewFor(node.parent))
    if (view && view.field.input !== document.activeElement && !view.element.closest('[hidden]')) view.field.input.focus()
  }

  #showItems(parent, list, level) {
    const items = model.itemsIn(parent)
    showList(list, items, item => String(item.number), item => this.#makeView(item, level).element)
    return items.length
  }

  #makeView(item, level) {
    const view = new ItemView(item, level, this)
    view.element.dataset.item = item.number
    view.isReadOnly = this.#isReadOnly
    this.#views.set(item.number, view)
    this.#showUnder(view)
    return view
  }

  #showUnder(view) {
    if (view.level < levelMax) this.#showItems(view.item, view.list, view.level + 1)
    else if (model.itemsIn(view.item).length > 0) {
      view.list.replaceChildren(element('li', { class: 'quiet small' }, 'Items deeper than this are kept, and not shown.'))
    }
    this.#showFold(view)
  }

  #showFold(view) { view.showFold({ isFolded: this.isFolded(view), count: view.list.children.length }) }

  /** After changes: forgets items that are gone, and shows what depends on all of them. */
  #settle() {
    for (const [number, view] of this.#views) if (!this.#list.contains(view.element)) this.#views.delete(number)
    const isEmpty = this.#list.children.length === 0
    this.#list.hidden = isEmpty
    this.#empty.hidden = !isEmpty
    this.#empty.querySelector('button').hidden = this.#isReadOnly
    this.#tools.update()
  }

  /** Where the focus is, as lists from the inmost with indices, so that somebody whose item goes away is near it afterwards. */
  #focusPlace() {
    const input = document.activeElement
    const view = this.#list.contains(input) ? this.viewOf(input) : null
    if (!view) return null
    const way = []
    for (let line = view.element; line; line = line.parentElement.closest('.outline-item')) {
      way.push([line.parentElement, [...line.parentElement.children].indexOf(line)])
    }
    return { view, way }
  }

  #restoreFocus(place) {
    if (!place || place.view.element.isConnected || this.#list.contains(document.activeElement)) return
    const [list, index] = place.way.find(([list]) => list.isConnected && list.children.length > 0) ?? []
    if (list) this.viewOf(list.children[Math.min(index, list.children.length - 1)])?.field.input.focus()
  }

  /** Ends it: nothing is shown or told any more. */
  destroy() {
    for (const end of this.#end) end()
    this.#cursors.destroy()
    this.element.remove()
  }
}

/** What somebody would look at after a change; null where something went away. */
function visibleChange(target, delta, keys) {
  const inserted = delta.findLast(({ insert }) => Array.isArray(insert))?.insert.findLast(model.isItem)
  return inserted ?? (keys.size > 0 || target.parent && model.isItem(target.parent) && !model.isItem(target) ? target : null)
}
