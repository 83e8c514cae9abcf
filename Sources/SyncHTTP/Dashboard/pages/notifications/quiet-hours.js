import { element, setText, uniqueID } from '../../parts/dom.js'
import { field } from '../../parts/pieces.js'
import { ownZone, zoneInput } from './times.js'

/** The hours in which nothing makes itself heard. */
export class QuietHours {
  #isOn = element('input', { type: 'checkbox', id: uniqueID('quiet') })
  #from
  #to
  #zone
  #note = element('p', { class: 'quiet small' })

  /** @param {{ from: string, to: string, zone: string } | undefined} hours */
  constructor(hours) {
    this.#isOn.checked = hours !== undefined
    this.#from = element('input', { type: 'time', required: true, value: hours?.from ?? '22:00' })
    this.#to = element('input', { type: 'time', required: true, value: hours?.to ?? '07:00' })
    this.#zone = zoneInput(hours?.zone ?? ownZone)
    const times = element('div', { class: 'times' },
      field('From', this.#from), field('To', this.#to), field('Time zone', this.#zone))
    this.node = element('fieldset', {}, element('legend', {}, 'Quiet hours'),
      element('p', { class: 'quiet' }, 'What is told then is listed and counted as ever, but nothing pops up or makes a sound.'),
      element('div', { class: 'check' }, this.#isOn, element('label', { for: this.#isOn.id }, 'Have quiet hours')),
      times, this.#note)
    const check = () => {
      times.hidden = this.#note.hidden = !this.#isOn.checked
      for (const input of [this.#from, this.#to, this.#zone]) input.disabled = !this.#isOn.checked
      const [from, to] = [this.#from.value, this.#to.value]
      this.#to.setCustomValidity(from !== '' && from === to ? 'Quiet hours begin and end at different times.' : '')
      setText(this.#note, from > to ? 'They end on the next day.' : '')
    }
    for (const event of ['input', 'change']) this.node.addEventListener(event, check)
    check()
  }

  /** What is chosen, as the API has it; undefined for none. */
  get value() {
    return this.#isOn.checked ? { from: this.#from.value, to: this.#to.value, zone: this.#zone.value.trim() } : undefined
  }
}
