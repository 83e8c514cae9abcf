import { categoryIcon, categoryTitle } from '../../notifications.js'
import { element } from '../../parts/dom.js'
import { icon } from '../../parts/icons.js'
import { button, field } from '../../parts/pieces.js'
import { DigestTimes } from './times.js'

const builtIn = ['system', 'user-action', 'performance']
/** Stands for all categories without a digest of their own. */
const every = '*'

/** How each category is told: at once, together with others at some times of day, or not at all. */
export class Categories {
  #rows = new Map()
  #list = element('div', { class: 'category-rows' })
  #changed

  /**
   * @param {{ mutes: object[], digests: object[] }} preferences As the API has them.
   * @param {() => void} changed
   */
  constructor({ mutes, digests }, changed) {
    this.#changed = changed
    const muted = mutes.filter(({ kind }) => kind === 'category').map(({ name }) => name)
    const digest = category => digests.find(other => other.category === category)
    for (const category of new Set([every, ...builtIn, ...digests.map(({ category }) => category), ...muted])) {
      this.#addRow(category, digest(category), muted.includes(category))
    }
    const name = element('input', { autocomplete: 'off', spellcheck: false, maxlength: 1024, 'data-aside': true })
    const add = () => {
      const category = name.value.trim()
      if (!category) return name.focus()
      if (!this.#rows.has(category)) this.#addRow(category, undefined, false)
      name.value = ''
      this.#rows.get(category).delivery.focus()
    }
    // Enter adds the category, rather than save all.
    name.addEventListener('keydown', event => {
      if (event.key !== 'Enter') return
      event.preventDefault()
      add()
    })
    this.node = element('fieldset', {}, element('legend', {}, 'Categories'), this.#list, element('div', { class: 'inline-form' },
      field('Another category', name, 'One of the application’s own.'), button('Add', add)))
  }

  /** What is chosen, as the API has it. */
  get value() {
    const mutes = [], digests = []
    for (const [category, { delivery, times, hasDigest }] of this.#rows) {
      const isMuted = delivery.value === 'muted'
      if (isMuted) mutes.push({ kind: 'category', name: category })
      // A digest of a muted category is kept for when it is muted no more.
      if (delivery.value === 'digest' || (isMuted && hasDigest)) digests.push({ category, ...times.value })
    }
    return { mutes, digests }
  }

  #addRow(category, digest, isMuted) {
    const title = category === every ? 'All categories' : categoryTitle(category)
    const delivery = element('select', { 'aria-label': `How ${title} is told` },
      element('option', { value: '' }, category === every ? 'At once' : 'As all categories'),
      element('option', { value: 'digest' }, category === every ? 'In a digest' : 'In a digest of its own'),
      // Nothing mutes all categories: those to come could not be told.
      (category !== every || isMuted) && element('option', { value: 'muted' }, 'Not at all'))
    delivery.value = isMuted ? 'muted' : digest ? 'digest' : ''
    const times = new DigestTimes(digest)
    const show = () => { times.isShown = delivery.value === 'digest' }
    delivery.addEventListener('change', () => {
      show()
      this.#changed()
    })
    show()
    this.#rows.set(category, { delivery, times, hasDigest: digest !== undefined })
    const image = icon(category === every ? 'notifications' : categoryIcon(category))
    this.#list.append(element('div', { class: 'category-row', 'data-category': category },
      element('span', { class: 'category-name' }, image, title), delivery, times.node))
  }
}
