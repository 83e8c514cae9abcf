import { element, uniqueID } from '../../../parts/dom.js'
import { icon } from '../../../parts/icons.js'
import { ItemField } from './item-field.js'
import { isChecked, toggle } from './model.js'

/** An item as it is shown: a line, and a list of the items under it. */
export class ItemView {
  #context

  /**
   * @param {import('./model.js').Item} item
   * @param {number} level From 1.
   * @param {object} context
   * @param {(body: () => void) => void} context.change Makes changes of one's own.
   * @param {(view: ItemView) => void} context.fold Hides what is under an item, or shows it again.
   */
  constructor(item, level, context) {
    this.#context = context
    /** @type {import('./model.js').Item} */
    this.item = item
    /** @type {number} */
    this.level = level
    /** @type {ItemField} */
    this.field = new ItemField(item, context)
    this.field.input.setAttribute('aria-label', `Item, level ${level}`)
    /** @type {HTMLUListElement} */
    this.list = element('ul', { class: 'outline-items', id: uniqueID('items') })
    this.fold = element('button', {
      type: 'button', class: 'outline-fold plain', 'aria-controls': this.list.id, 'aria-label': 'Items under this one',
      on: { click: () => context.fold(this) },
    }, icon('next'))
    this.check = element('input', { type: 'checkbox', 'aria-label': 'Done', on: { change: () => this.#check() } })
    /** @type {HTMLLIElement} */
    this.element = element('li', { class: 'outline-item', 'data-level': level },
      element('div', { class: 'outline-row' },
        this.fold, element('label', { class: 'outline-check' }, this.check), this.field.element),
      this.list)
    this.showCheck()
  }

  #check() {
    // The document says whether it is, also when it may not be changed.
    this.#context.change(() => { if (this.check.checked !== isChecked(this.item)) toggle(this.item) })
    this.showCheck()
  }

  showCheck() {
    this.check.checked = isChecked(this.item)
    this.element.classList.toggle('is-checked', this.check.checked)
  }

  /** @param {{ isFolded: boolean, count: number }} state How many items are under this one, and whether they are hidden. */
  showFold({ isFolded, count }) {
    this.fold.classList.toggle('is-idle', count === 0)
    this.fold.disabled = count === 0
    this.fold.setAttribute('aria-expanded', count > 0 && !isFolded)
    this.list.hidden = isFolded || count === 0
    this.element.classList.toggle('is-folded', isFolded && count > 0)
  }

  /** @param {boolean} isReadOnly */
  set isReadOnly(isReadOnly) {
    this.field.input.readOnly = isReadOnly
    this.check.disabled = isReadOnly
  }
}
