import { element } from '../../parts/dom.js'
import { listRows } from './tree-item.js'

/** How long letters that are typed belong together. */
const typingMilliseconds = 700
/** How long a change is marked. */
const markMilliseconds = 1600

/**
 * A tree that is opened step by step.
 *
 * It is one stop of the Tab key, in which arrow keys move: a document has thousands of rows, and as many buttons would have
 * to be passed to leave it. Rows hold nothing else to be operated, so that a screen reader can read each as a whole; what
 * shows more of them is a row as well. All but the current row has a tabindex of −1.
 */
export class Tree {
  /** @type {boolean} Whether sequences list what was deleted, too. */
  showsDeleted = false
  /** @type {HTMLElement} */
  element
  #branch
  #limit
  #items = new Map()
  #dirty = new Set()
  #marked = new Set()
  #request
  #current = null
  #typed = ''
  #typedAt = 0

  /**
   * @param {string} label
   * @param {import('./branches.js').Branch} branch Roots.
   * @param {() => void} request Called when there is something to be drawn, by {@link draw}.
   */
  constructor(label, branch, request) {
    this.#branch = branch
    this.#limit = branch.page
    this.#request = request
    this.element = element('div', {
      role: 'tree', 'aria-label': label, class: 'tree',
      on: {
        keydown: event => this.#hearKey(event), click: event => this.#hearClick(event),
        focusin: event => this.#setCurrent(event.target.closest('[role=treeitem]')),
      },
    })
  }

  // MARK: Drawing

  /** Lists the roots. */
  list() {
    listRows(this, this.element, this.#branch, this.#limit, null)
    if (!this.#current?.isConnected) this.#setCurrent(this.element.firstElementChild)
  }

  /** Lists more roots. */
  showMore() {
    this.#limit += this.#branch.page
    this.list()
  }

  /** @type {import('./tree-item.js').TreeItem[]} The rows of roots. */
  get roots() { return [...this.element.children].map(node => node.item).filter(Boolean) }

  /** Opens and closes nothing, and lists anew what is open. */
  relist() { for (const item of this.roots) item.reopen() }

  /** @param {import('./tree-item.js').TreeItem} item Shows a type from now on. */
  remember(type, item) { this.#items.set(type, item) }

  forget(type, item) { if (this.#items.get(type) === item) this.#items.delete(type) }

  /** Takes into account what happened to a type. @param {import('../../crdt/shared-type.js').TypeEvent} event */
  note(event) {
    const item = this.#items.get(event.target)
    if (item) item.note(event)
    if (item?.isOpen) return
    // Of what is not to be seen, the row that it is in is marked.
    let type = event.target
    while (type !== null && !this.#items.has(type)) type = type.parent
    if (type === null) return
    this.#marked.add(this.#items.get(type))
    this.#request()
  }

  /** Has a row drawn anew with all else that happens. */
  redraw(item) {
    this.#dirty.add(item)
    this.#request()
  }

  /** Has a row marked as changed. */
  mark(item) { this.#marked.add(item) }

  /** Draws what happened since it was drawn last. */
  draw() {
    this.list()
    for (const item of this.#dirty) {
      if (!item.element.isConnected) continue
      item.describe()
      item.list()
    }
    this.#dirty.clear()
    this.#showMarks()
  }

  #showMarks() {
    for (const { row } of this.#marked) {
      clearTimeout(row.markTimer)
      // A mark that is there already begins anew: it is another animation that looks the same.
      row.dataset.changed = row.dataset.changed === 'once' ? 'again' : 'once'
      row.markTimer = setTimeout(() => { delete row.dataset.changed }, markMilliseconds)
    }
    this.#marked.clear()
  }

  // MARK: Moving

  #setCurrent(node) {
    if (!node || node === this.#current) return
    if (this.#current) this.#current.tabIndex = -1
    this.#current = node
    node.tabIndex = 0
  }

  /** @param {import('./tree-item.js').TreeItem | null} item Gets the focus; the first one does when it is null. */
  focus(item) { this.#focusNode(item?.element ?? this.element.firstElementChild) }

  #focusNode(node) {
    if (!node) return
    this.#setCurrent(node)
    node.focus()
  }

  #hearClick(event) {
    const node = event.target.closest('[role=treeitem]')
    // Who selects text to copy it does not mean to open anything.
    if (!node || !getSelection().isCollapsed) return
    this.#focusNode(node)
    this.#activate(node)
  }

  #activate(node) {
    if (node.showMore) {
      const place = node.previousElementSibling
      node.showMore()
      this.#focusNode(place?.nextElementSibling ?? node)
    } else if (node.item.isOpen) node.item.close()
    else node.item.open()
  }

  #hearKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const node = event.target.closest('[role=treeitem]')
    if (!node) return
    if (this.#move(node, event) || this.#findTyped(node, event.key)) event.preventDefault()
  }

  #move(node, { key }) {
    const { item } = node
    const all = [...this.element.querySelectorAll('[role=treeitem]')], place = all.indexOf(node)
    switch (key) {
      case 'ArrowDown': this.#focusNode(all[place + 1]); return true
      case 'ArrowUp': this.#focusNode(all[place - 1]); return true
      case 'Home': this.#focusNode(all[0]); return true
      case 'End': this.#focusNode(all.at(-1)); return true
      case 'Enter': this.#activate(node); return true
      case ' ':
        if (this.#isTyping) return false
        this.#activate(node)
        return true
      case 'ArrowRight':
        if (item?.isOpen) this.#focusNode(all[place + 1])
        else item?.open()
        return true
      case 'ArrowLeft':
        if (item?.isOpen) item.close()
        else this.#focusNode(node.parentElement.closest('[role=treeitem]'))
        return true
      case '*':
        for (const sibling of [...node.parentElement.children].slice(0, this.#branch.page)) sibling.item?.open()
        return true
      default: return false
    }
  }

  get #isTyping() { return this.#typed !== '' && performance.now() - this.#typedAt < typingMilliseconds }

  /** Goes to the next row whose label begins with what is typed. */
  #findTyped(node, key) {
    if ([...key].length !== 1) return false
    const letter = key.toLowerCase()
    // The same letter again goes to the next that begins with it.
    const isRepeated = this.#isTyping && this.#typed === letter
    this.#typed = this.#isTyping && !isRepeated ? this.#typed + letter : letter
    this.#typedAt = performance.now()
    const all = [...this.element.querySelectorAll('[role=treeitem]')]
    const start = all.indexOf(node) + (this.#typed.length === 1 ? 1 : 0)
    const found = [...all.slice(start), ...all.slice(0, start)]
      .find(({ item }) => item?.label.toLowerCase().startsWith(this.#typed))
    this.#focusNode(found)
    return true
  }
}
