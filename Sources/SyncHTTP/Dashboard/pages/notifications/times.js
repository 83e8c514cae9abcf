import { element, uniqueID } from '../../parts/dom.js'
import { field } from '../../parts/pieces.js'

/** The time zone of this device. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** The names of time zones, to choose from. Others may be known to the relay. */
export const zoneList = element('datalist', { id: uniqueID('zones') },
  ...['UTC', ...Intl.supportedValuesOf('timeZone')].map(zone => element('option', { value: zone })))

/** Whether it is the name of a time zone, as far as this browser knows. */
function isZone(name) {
  try {
    return Boolean(Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** A control for a time zone, which says what is wrong with it. */
export function zoneInput(zone) {
  const input = element('input', {
    list: zoneList.id, autocomplete: 'off', spellcheck: false, required: true, maxlength: 64, value: zone,
  })
  const problem = 'This is no time zone: choose one such as Europe/Berlin.'
  const check = () => input.setCustomValidity(isZone(input.value.trim()) ? '' : problem)
  input.addEventListener('input', check)
  check()
  return input
}

const timesMax = 24

/** Times of day out of a text such as `9:00, 17:30`; null when it is none. @returns {string[] | null} */
export function timesOf(text) {
  const times = text.split(/[\s,;]+/).filter(Boolean).map(time => time.padStart(5, '0'))
  const areTimes = times.every(time => /^([01]\d|2[0-3]):[0-5]\d$/.test(time))
  return areTimes && times.length > 0 && times.length <= timesMax ? [...new Set(times)].sort() : null
}

/** Controls for a digest: its times of day and their zone. */
export class DigestTimes {
  /** @param {{ times: string[], zone: string } | undefined} digest */
  constructor(digest) {
    this.times = element('input', { required: true, autocomplete: 'off', value: digest?.times.join(', ') ?? '09:00' })
    this.zone = zoneInput(digest?.zone ?? ownZone)
    this.node = element('div', { class: 'times' },
      field('Shown at', this.times, 'Times of day, as in 09:00, 17:00.'), field('Time zone', this.zone))
    const problem = `Say 1 to ${timesMax} times of day, as in 09:00, 17:00.`
    const check = () => this.times.setCustomValidity(timesOf(this.times.value) ? '' : problem)
    this.times.addEventListener('input', check)
    check()
  }

  /** Those that are hidden hold nothing up. */
  set isShown(isShown) {
    this.node.hidden = !isShown
    for (const input of [this.times, this.zone]) input.disabled = !isShown
  }

  get value() { return { times: timesOf(this.times.value) ?? [], zone: this.zone.value.trim() } }
}
