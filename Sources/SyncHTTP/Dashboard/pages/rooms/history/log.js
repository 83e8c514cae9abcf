import { element, setText, showList } from '../../../parts/dom.js'
import { button } from '../../../parts/pieces.js'
import { authorsText, countsNodes } from './changes-view.js'
import { isBeginning } from './moments.js'

/** Moments that are listed at once, and that more are asked for by. */
const step = 100
const listedMax = 4 * step

const dayFormat = new Intl.DateTimeFormat('en', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

function dayText(date) {
  const today = new Date()
  if (date.toDateString() === today.toDateString()) return 'Today'
  today.setDate(today.getDate() - 1)
  return date.toDateString() === today.toDateString() ? 'Yesterday' : dayFormat.format(date)
}

/** Who wrote when: the moments of a history by day, the newest on top. Of a long history, those around what is chosen. */
export class Log {
  element = element('div', { class: 'history-log' })
  #days = element('div')
  #newer = button('Show newer', () => this.#extend(step, 0), { hidden: true })
  #older = button('Show older', () => this.#extend(0, step), { hidden: true })
  #moments
  #choose
  #position = 0
  /** Those that are listed: indices from `#from` to before `#to`. */
  #from = 0
  #to = 0
  /** Where the history ended when it was listed last. */
  #listedEnd = 0

  /**
   * @param {import('./moments.js').Moments} moments
   * @param {(position: number) => void} choose Called with the position of a moment that was chosen.
   */
  constructor(moments, choose) {
    this.#moments = moments
    this.#choose = choose
    this.element.append(this.#newer, this.#days, this.#older)
  }

  /** Shows what is known now. @param {number} position Of what is chosen. */
  update(position) {
    const { start, end } = this.#moments
    const isChosen = position !== this.#position
    const followed = this.#to >= this.#listedEnd
    this.#position = position
    this.#listedEnd = end
    if (followed) {
      this.#to = end
      this.#from = Math.max(this.#from, end - listedMax)
    }
    const index = position - 1
    if (isChosen && index >= start && (index < this.#from || index >= this.#to)) {
      this.#to = Math.min(end, index + step / 2)
      this.#from = this.#to - step
    }
    if (this.#to > end || this.#to <= this.#from) this.#to = end
    if (this.#to - this.#from < step) this.#from = this.#to - step
    this.#from = Math.max(start, Math.min(this.#from, this.#to))
    this.#show(isChosen)
  }

  #extend(newer, older) {
    const { start, end } = this.#moments
    this.#to = Math.min(end, this.#to + newer)
    this.#from = Math.max(start, this.#from - older)
    // The list stays short enough to be quick: its other end goes.
    if (this.#to - this.#from > listedMax) {
      if (newer > 0) this.#from = this.#to - listedMax
      else this.#to = this.#from + listedMax
    }
    this.#show(false)
  }

  #show(scrolls) {
    const { list, start, end } = this.#moments
    const days = []
    for (let index = this.#to - 1; index >= this.#from; index--) {
      const date = new Date(list[index].end), name = date.toDateString()
      // A clock that was set back brings the same day again.
      if (days.at(-1)?.name !== name) {
        days.push({ name, key: `${name} ${days.filter(day => day.name === name).length}`, date, moments: [] })
      }
      days.at(-1).moments.push({ moment: list[index], position: index + 1 })
    }
    showList(this.#days, days, ({ key }) => key, () => this.#makeDay(), (node, day) => this.#updateDay(node, day))
    this.#newer.hidden = this.#to >= end
    this.#older.hidden = this.#from <= start
    const chosen = this.element.querySelector('[aria-current]')
    if (scrolls && chosen) this.#reveal(chosen)
  }

  /** Scrolls the list, and nothing but the list. */
  #reveal(node) {
    const [inner, outer] = [node.getBoundingClientRect(), this.element.getBoundingClientRect()]
    // The day's name stays at the top.
    const top = outer.top + 40
    if (inner.top < top) this.element.scrollTop -= top - inner.top
    else if (inner.bottom > outer.bottom) this.element.scrollTop += inner.bottom - outer.bottom + 8
  }

  #makeDay() { return element('section', {}, element('h3'), element('ol')) }

  #updateDay(node, { date, moments }) {
    const [head, list] = node.children
    setText(head, dayText(date))
    showList(list, moments, ({ moment }) => String(moment.first), () => this.#makeMoment(),
      (node, item) => this.#updateMoment(node, item))
  }

  #makeMoment() {
    const node = element('li', {}, element('button', { type: 'button', class: 'plain moment' }))
    node.firstChild.addEventListener('click', () => this.#choose(node.position))
    return node
  }

  #updateMoment(node, { moment, position }) {
    node.position = position
    const choice = node.firstChild
    if (position === this.#position) choice.setAttribute('aria-current', 'true')
    else choice.removeAttribute('aria-current')
    const counts = moment.parts.flatMap(({ inserted, deleted, formatted }) => [inserted, deleted, formatted])
    const signature = [moment.last, moment.end, ...counts].join()
    if (node.signature === signature) return
    node.signature = signature
    choice.dataset.update = moment.last
    choice.replaceChildren(
      element('time', { datetime: new Date(moment.end).toISOString() }, clock.format(moment.end)), ' ',
      element('span', { class: 'authors' }, ...authorNodes(moment)))
  }
}

/** Authors with what each of them did; of many, the sum. */
function authorNodes({ parts }) {
  const line = parts => element('span', { title: [...new Set(parts.map(({ source }) => source))].join(', ') },
    authorsText(parts), ...countsNodes(parts))
  if (isBeginning({ parts })) return [element('span', {}, 'What was there before the history')]
  return parts.length > 4 ? [line(parts)] : parts.map(part => line([part]))
}
