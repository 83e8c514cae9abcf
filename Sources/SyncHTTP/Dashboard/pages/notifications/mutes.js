import { element, showList } from '../../parts/dom.js'
import { badge, button, field } from '../../parts/pieces.js'

const titles = { room: 'Room', sender: 'Sender' }

/** The rooms and senders of which nothing is told. */
export class Mutes {
  #mutes
  #list = element('ul', { class: 'mutes' })
  #empty = element('p', { class: 'quiet' }, 'No room and no sender is muted.')
  #name = element('input', { autocomplete: 'off', spellcheck: false, maxlength: 1024, 'data-aside': true })
  #changed

  /**
   * @param {{ kind: string, name: string }[]} mutes
   * @param {() => void} changed
   */
  constructor(mutes, changed) {
    this.#mutes = mutes.filter(({ kind }) => kind !== 'category')
    this.#changed = changed
    const kind = element('select', { 'data-aside': true },
      ...Object.entries(titles).map(([value, text]) => element('option', { value }, text)))
    const add = () => {
      const name = this.#name.value.trim()
      if (name && !this.#mutes.some(mute => mute.kind === kind.value && mute.name === name)) {
        this.#mutes.push({ kind: kind.value, name })
        this.#render()
        this.#changed()
      }
      this.#name.value = ''
      this.#name.focus()
    }
    this.#name.addEventListener('keydown', event => {
      if (event.key !== 'Enter') return
      event.preventDefault()
      add()
    })
    const kindField = field('Mute a', kind)
    kindField.classList.add('narrow')
    this.node = element('fieldset', {}, element('legend', {}, 'Muted rooms and senders'),
      element('p', { class: 'quiet' }, 'What they tell while they are muted is not kept, and does not come later either.'),
      this.#empty, this.#list,
      element('div', { class: 'inline-form' }, kindField, field('Name', this.#name), button('Mute', add)))
    this.#render()
  }

  /** What is muted, as the API has it. */
  get value() { return this.#mutes }

  #render() {
    this.#empty.hidden = this.#mutes.length > 0
    showList(this.#list, this.#mutes, ({ kind, name }) => `${kind}:${name}`, mute => element('li', {},
      badge(titles[mute.kind] ?? mute.kind), element('span', { class: 'mute-name' }, mute.name),
      button('Remove', () => {
        this.#mutes = this.#mutes.filter(other => other !== mute)
        this.#render()
        this.#changed()
        this.#name.focus()
      }, { 'aria-label': `Remove ${titles[mute.kind] ?? mute.kind} ${mute.name}` })))
  }
}
