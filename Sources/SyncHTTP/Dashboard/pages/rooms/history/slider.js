import { element, setText, uniqueID } from '../../../parts/dom.js'
import { icon } from '../../../parts/icons.js'
import { button, iconButton } from '../../../parts/pieces.js'

/** Milliseconds for which a moment is shown while it plays; longer for those who want things to move less. */
const pace = { usual: 1000, reduced: 3000 }
const prefersReducedMotion = matchMedia('(prefers-reduced-motion: reduce)')

/**
 * Chooses a position of a history: with a slider, step by step, or by playing on until the end.
 */
export class TimeSlider {
  /** @type {HTMLElement} */
  element
  /** @type {boolean} Whether it goes on by itself. */
  isPlaying = false
  #range = element('input', { type: 'range', min: 0, max: 0, step: 1, id: uniqueID('time'), disabled: true })
  #marks = element('div', { class: 'slider-marks', 'aria-hidden': 'true' })
  #title = element('p', { class: 'slider-title' })
  #text = element('p', { class: 'quiet small' })
  #previous = iconButton('previous', 'Previous moment', () => this.#step(-1))
  #next = iconButton('next', 'Next moment', () => this.#step(1))
  #play = iconButton('play', 'Play', () => this.isPlaying ? this.stop() : this.#start())
  #newest = button('Newest', () => this.#move(this.#max))
  #choose
  #timer

  /**
   * @param {(position: number) => void} choose Called with the position that was chosen.
   * @param {HTMLElement[]} actions What can be done with the moment.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(choose, actions, signal) {
    this.#choose = choose
    this.#range.addEventListener('input', () => {
      this.stop()
      choose(this.#range.valueAsNumber)
    })
    signal.addEventListener('abort', () => this.stop())
    this.element = element('div', { class: 'time-slider' },
      element('div', { class: 'slider-head' }, element('div', { class: 'slider-what' }, this.#title, this.#text),
        element('div', { class: 'row' }, ...actions)),
      element('div', { class: 'slider-controls' }, this.#previous, this.#play, this.#next,
        element('div', { class: 'slider-track' }, element('label', { class: 'visually-hidden', for: this.#range.id }, 'Moment'),
          this.#range, this.#marks),
        this.#newest))
  }

  get #min() { return Number(this.#range.min) }

  get #max() { return Number(this.#range.max) }

  get #position() { return this.#range.valueAsNumber }

  /**
   * @param {object} state
   * @param {number} state.min
   * @param {number} state.max
   * @param {number} state.position
   * @param {string} state.title What is shown, in few words.
   * @param {string} state.text More of it.
   * @param {{ position: number, name: string }[]} state.marks
   */
  update({ min, max, position, title, text, marks }) {
    // A value is clamped to what holds, so the limits come first.
    if (this.#min !== min) this.#range.min = min
    if (this.#max !== max) this.#range.max = max
    if (this.#position !== position) this.#range.value = position
    this.#range.disabled = max <= min
    this.#range.setAttribute('aria-valuetext', [title, text].filter(Boolean).join(', '))
    setText(this.#title, title)
    setText(this.#text, text)
    this.#previous.disabled = position <= min
    this.#next.disabled = this.#newest.disabled = position >= max
    this.#play.disabled = max <= min
    this.#marks.replaceChildren(...marks.map(mark => {
      const node = element('span', { title: mark.name })
      node.style.insetInlineStart = `${max > min ? (mark.position - min) / (max - min) * 100 : 100}%`
      return node
    }))
  }

  #move(position) {
    this.stop()
    this.#choose(position)
  }

  #step(count) { this.#move(Math.min(Math.max(this.#position + count, this.#min), this.#max)) }

  // MARK: Playing

  #start() {
    this.#setPlaying(true)
    if (this.#position >= this.#max) this.#choose(this.#min)
    this.shown()
  }

  /** Ends playing. */
  stop() {
    clearTimeout(this.#timer)
    if (this.isPlaying) this.#setPlaying(false)
  }

  #setPlaying(isPlaying) {
    this.isPlaying = isPlaying
    const name = isPlaying ? 'Pause' : 'Play'
    this.#play.replaceChildren(icon(isPlaying ? 'pause' : 'play'))
    this.#play.setAttribute('aria-label', name)
    this.#play.title = name
  }

  /** The position is shown: what plays goes on from there, after a while. */
  shown() {
    clearTimeout(this.#timer)
    if (!this.isPlaying) return
    if (this.#position >= this.#max) return this.stop()
    this.#timer = setTimeout(() => this.#choose(this.#position + 1), prefersReducedMotion.matches ? pace.reduced : pace.usual)
  }
}
