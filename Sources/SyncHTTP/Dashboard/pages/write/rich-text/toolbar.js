import { drawing, element } from '../../../parts/dom.js'
import { actionGroups, control } from './actions.js'

/** Drawn with a pen on a square of 24, as the icons of the dashboard. */
const paths = {
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  bullet: 'M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01',
  ordered: 'M10 6h10M10 12h10M10 18h10M4 4.5l1.5-.5v5M4 15.5c.5-1.5 2.5-1.2 2.3.2-.1 1-1.3 1.6-2.3 2.8h2.5',
  check: 'M11 7h9M11 17h9M3 7l2 2 3.5-4M3 17l2 2 3.5-4',
  quote: 'M10 8c-3 0-5 2-5 5v3h4v-4H5M19 8c-3 0-5 2-5 5v3h4v-4h-4',
  'code-block': 'M4 5h16v14H4zM9 10l-2 2 2 2M15 10l2 2-2 2',
  clear: 'M6 5h12M12 5l-2.5 9M4 20l16-4M9 19l-.5 1',
}
const letters = { bold: 'B', italic: 'I', underline: 'U', strike: 'S', 'heading-1': 'H1', 'heading-2': 'H2', 'heading-3': 'H3' }

const face = name => paths[name]
  ? drawing('svg', { class: 'icon-image', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, drawing('path', { d: paths[name] }))
  : element('span', { class: `letter ${name}`, 'aria-hidden': 'true' }, letters[name])

/** Buttons for formats: one stop for Tab, and arrow keys between them. They show what the selection has. */
export class Toolbar {
  #buttons = []
  #isOff = false

  /** @param {(name: string) => void} perform @param {string} controls The identifier of what it is for. */
  constructor(perform, controls) {
    const groups = actionGroups.map(actions => element('div', { class: 'group' }, ...actions.map(action => {
      const { name, label, said, isOn } = action
      const button = element('button', {
        type: 'button', class: 'icon plain', 'data-action': name, 'aria-label': label, tabindex: -1,
        'aria-pressed': isOn && 'false', title: said ? `${label} (${control.shown}${said})` : label,
        'aria-keyshortcuts': said && `${control.name}+${said}`,
        // A press takes neither focus nor selection from the text.
        on: { mousedown: event => event.preventDefault(), click: () => { if (!this.#isOff) perform(name) } },
      }, face(name))
      this.#buttons.push({ button, isOn })
      return button
    })))
    /** @type {HTMLElement} */
    this.element = element('div', {
      class: 'rich-toolbar', role: 'toolbar', 'aria-label': 'Formats', 'aria-controls': controls,
      on: { keydown: event => this.#keyDown(event) },
    }, ...groups)
    this.#buttons[0].button.tabIndex = 0
    this.element.addEventListener('focusin', event => this.#stopAt(event.target))
  }

  /** Whether nothing can be done. The buttons stay, and can be found. */
  set isOff(isOff) {
    this.#isOff = isOff
    for (const { button } of this.#buttons) button.setAttribute('aria-disabled', isOff)
  }

  /** Shows what is selected. @param {object} formats */
  show(formats) {
    for (const { button, isOn } of this.#buttons) {
      if (!isOn) continue
      const pressed = String(isOn(formats))
      if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed)
    }
  }

  #stopAt(target) {
    for (const { button } of this.#buttons) button.tabIndex = button === target ? 0 : -1
  }

  #keyDown(event) {
    const buttons = this.#buttons.map(({ button }) => button), index = buttons.indexOf(document.activeElement)
    const isRightToLeft = getComputedStyle(this.element).direction === 'rtl'
    const next = {
      [isRightToLeft ? 'ArrowLeft' : 'ArrowRight']: index + 1, [isRightToLeft ? 'ArrowRight' : 'ArrowLeft']: index - 1,
      Home: 0, End: buttons.length - 1,
    }[event.key]
    if (next === undefined || index < 0) return
    event.preventDefault()
    buttons[(next + buttons.length) % buttons.length].focus()
  }
}
