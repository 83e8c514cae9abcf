import { SharedMap, SharedType } from '../../crdt/crdt.js'
import { element, setText, showList, uniqueID } from '../../parts/dom.js'
import { count, counted } from '../../parts/format.js'
import { branchOf, opens } from './branches.js'
import { describe, formatsOf } from './describe.js'
import { TextPart } from './text-parts.js'
import { deletedUnits } from './units.js'

/** Rows further in are not moved further to the side: there is no room for it, and the level is told otherwise. */
const indentationMax = 12

/** A row of the tree, and those that it opens to. */
export class TreeItem {
  #content
  #isShown = false
  #branch = null
  #limit = 0
  #formats = ''
  #label = element('bdi', { class: 'tree-label' })
  #kind = element('span', { class: 'tree-kind' })
  #value = element('bdi', { class: 'tree-value' })
  #facts = element('span', { class: 'tree-facts quiet small' })
  #deletion = element('span', { class: 'tree-facts small', hidden: true }, 'deleted')
  #chips = element('span', { class: 'tree-formats' })
  #group = element('div', { role: 'group' })

  /**
   * @param {import('./tree.js').Tree} tree
   * @param {TreeItem | null} parent
   */
  constructor(tree, parent) {
    this.tree = tree
    this.parent = parent
    this.level = parent === null ? 1 : parent.level + 1
    /** @type {HTMLElement} What is marked when something changes. */
    this.row = element('div', { class: 'tree-row', id: uniqueID('row') },
      element('span', { class: 'tree-twisty', 'aria-hidden': 'true' }),
      this.#label, this.#kind, this.#value, this.#chips, this.#facts, this.#deletion)
    /** @type {HTMLElement} */
    this.element = element('div', {
      role: 'treeitem', 'aria-level': this.level, 'aria-labelledby': this.row.id, tabindex: -1,
    }, this.row)
    this.element.item = this
    this.row.style.setProperty('--indentation', Math.min(this.level - 1, indentationMax))
  }

  /** @type {boolean} */
  get isOpen() { return this.#branch !== null }

  /** @type {boolean} Whether there is something to open. */
  get opens() { return this.element.hasAttribute('aria-expanded') }

  /** @type {any} What the row stands for. */
  get content() { return this.#content }

  /** @type {number} How long a shared type is. */
  get size() { return this.#content instanceof SharedMap ? this.#content.size : this.#content.length }

  /** @type {string} What it is found by when somebody types. */
  get label() { return this.#label.textContent }

  /** Shows a row of a branch. @param {import('./branches.js').Row} row */
  show({ label, content, formats, isDeleted, isVolatile = false, isChanged = false }, position, size) {
    setText(this.#label, String(label))
    this.#label.classList.toggle('is-index', typeof label === 'number' || isDeleted !== undefined)
    if (this.element.ariaPosInSet !== String(position)) this.element.ariaPosInSet = String(position)
    const setSize = size === Infinity ? '-1' : String(size)
    if (this.element.ariaSetSize !== setSize) this.element.ariaSetSize = setSize
    const isValue = typeof content === 'object' && content !== null && !(content instanceof SharedType)
    // Values are read anew each time, and are the same unless somebody says otherwise.
    const isSame = this.#isShown && (content === this.#content ||
      isValue && typeof this.#content === 'object' && !isChanged && !isVolatile && !(content instanceof TextPart))
    this.row.classList.toggle('is-deleted', isDeleted === true)
    this.#deletion.hidden = !isDeleted
    if (!isSame) this.#replace(content)
    this.#isShown = true
    this.#showFormats(formatsOf(formats))
    if (isChanged) this.tree.mark(this)
  }

  #replace(content) {
    if (this.#content instanceof SharedType) this.tree.forget(this.#content, this)
    this.#content = content
    if (content instanceof SharedType) this.tree.remember(content, this)
    if (this.isOpen && opens(content)) {
      this.#branch = branchOf(content, this.tree.showsDeleted)
      this.list()
    }
    this.describe()
  }

  /** Says anew what the content is. */
  describe() {
    const content = this.#content
    const { kind, value = '', form = 'none', facts = '' } = describe(content)
    const deleted = this.tree.showsDeleted && content instanceof SharedType ? deletedUnits(content) : { count: 0 }
    setText(this.#kind, kind)
    setText(this.#value, value)
    setText(this.#facts, deleted.count === 0 ? facts
      : `${facts}, ${deleted.isAll ? '' : 'at least '}${counted(deleted.count, 'deleted unit')}`)
    this.row.dataset.form = form
    for (const part of [this.#kind, this.#value, this.#facts]) part.hidden = part.textContent === ''
    if (opens(content) || deleted.count > 0) {
      if (!this.opens) this.element.setAttribute('aria-expanded', this.isOpen)
    } else {
      this.close()
      this.element.removeAttribute('aria-expanded')
    }
  }

  #showFormats(formats) {
    if (this.#formats === formats.join()) return
    this.#formats = formats.join()
    this.#chips.replaceChildren(...formats.map(text => element('bdi', { class: 'tree-format' }, text)))
  }

  /** Takes into account what happened to the content, and has it drawn with what else happens. */
  note(event) {
    this.#branch?.note(event)
    this.tree.redraw(this)
  }

  // MARK: Opening

  open() {
    if (!this.opens || this.isOpen) return
    this.#branch = branchOf(this.#content, this.tree.showsDeleted)
    this.#limit = this.#branch.page
    this.list()
    this.element.append(this.#group)
    this.element.setAttribute('aria-expanded', 'true')
  }

  close() {
    if (!this.isOpen) return
    const hadFocus = this.#group.contains(document.activeElement)
    this.#branch = null
    for (const child of this.#group.children) child.item?.leave()
    this.#group.replaceChildren()
    this.#group.remove()
    this.element.setAttribute('aria-expanded', 'false')
    if (hadFocus) this.tree.focus(this)
  }

  /** Lists anew as what was chosen, what is deleted or what is there. */
  reopen() {
    this.describe()
    if (!this.isOpen) return
    this.#branch = branchOf(this.#content, this.tree.showsDeleted)
    this.#limit = this.#branch.page
    this.list()
    for (const child of this.#group.children) child.item?.reopen()
  }

  /** Lists what it has opened to. */
  list() { if (this.isOpen) listRows(this.tree, this.#group, this.#branch, this.#limit, this) }

  /** Lists more of what it has opened to. */
  showMore() {
    this.#limit += this.#branch.page
    this.list()
  }

  /** Is called when the row is there no longer. */
  leave() {
    if (this.#content instanceof SharedType) this.tree.forget(this.#content, this)
    for (const child of this.#group.children) child.item?.leave()
  }
}

const moreKey = 'more'

/**
 * Lists the rows of a branch, and behind them a row that shows more of them.
 *
 * @param {import('./tree.js').Tree} tree
 * @param {HTMLElement} group
 * @param {import('./branches.js').Branch} branch
 * @param {number} limit
 * @param {TreeItem | null} parent Null for roots.
 */
export function listRows(tree, group, branch, limit, parent) {
  const { rows, count: size } = branch.list(limit)
  const hidden = size - rows.length
  const entries = [...rows.entries()]
  if (hidden > 0) entries.push([size, { key: moreKey, more: hidden }])
  const focused = group.contains(document.activeElement) ? document.activeElement : null
  const before = new Set([...group.children].map(node => node.item))
  showList(group, entries, ([, row]) => row.more ? moreKey : `- ${row.key}`,
    ([, row]) => row.more ? makeMore(tree, parent) : new TreeItem(tree, parent).element,
    (node, [index, row]) => {
      before.delete(node.item)
      if (!row.more) return node.item.show(row, index + 1, size)
      setText(node.firstElementChild.lastElementChild, row.more === Infinity ? `Show ${branch.page} more ${branch.noun}s`
        : `Show ${count(Math.min(branch.page, row.more))} of ${counted(row.more, `more ${branch.noun}`)}`)
    })
  for (const item of before) item?.leave()
  if (focused && !focused.isConnected) tree.focus(parent)
}

function makeMore(tree, parent) {
  const row = element('div', { class: 'tree-row tree-more', id: uniqueID('row') },
    element('span', { class: 'tree-twisty', 'aria-hidden': 'true' }), element('span'))
  const level = parent === null ? 1 : parent.level + 1
  row.style.setProperty('--indentation', Math.min(level - 1, indentationMax))
  const node = element('div', {
    role: 'treeitem', 'aria-level': level, 'aria-labelledby': row.id, tabindex: -1, 'data-more': true,
  }, row)
  node.showMore = () => parent === null ? tree.showMore() : parent.showMore()
  return node
}
