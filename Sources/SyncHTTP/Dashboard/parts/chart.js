import { drawing, element, setText } from './dom.js'
import { card } from './pieces.js'
import { duration, moment } from './format.js'
import { makeLine } from './chart-line.js'
import { Scale } from './scale.js'

const drawMilliseconds = 250
const flowMilliseconds = 1000
const summaryMilliseconds = 10_000
const height = 168
const margins = { top: 10, right: 10, bottom: 22, left: 62 }
const ticksMax = 6
const timeTicks = 4
const columnsWidth = 280

const round = number => Math.round(number * 10) / 10

/**
 * Lines over the last minutes, with what they say as text. Pointing at a moment shows its values, and so do the arrow keys
 * while the chart has the focus.
 */
export class Chart {
  /** @type {HTMLElement} A card, to be put into a page. */
  node
  #title
  #series
  #lines
  #format
  #seconds
  #scale
  #width = 0
  #isVisible = false
  /** What is looked at: nothing, a place under the pointer, or a moment that was chosen with a key. */
  #inspected = null
  #timer
  #dueAt = Infinity
  #drawnAt = 0
  #summarisedAt = 0
  #parts

  /**
   * @param {object} options
   * @param {string} options.title
   * @param {string} [options.text] What is measured, in few words.
   * @param {import('./time-series.js').TimeSeries} options.series
   * @param {{ column: string, name: string }[]} options.lines At most four columns of the series, and what they are called.
   * @param {(value: number) => string} options.format A value with its unit.
   * @param {number} options.seconds How far back it reaches.
   * @param {number} options.least How far up it reaches at least.
   * @param {boolean} [options.isWhole] Whether values are whole numbers.
   * @param {AbortSignal} options.signal Ends it.
   */
  constructor({ title, text, series, lines, format, seconds, least, isWhole, signal }) {
    this.#title = title
    this.#series = series
    this.#format = format
    this.#seconds = seconds
    this.#scale = new Scale({ least, isWhole })
    this.#lines = lines.map((line, index) => ({ ...line, ...makeLine(line.name, index) }))
    this.#parts = this.#make(text)

    const resizing = new ResizeObserver(([entry]) => this.#resize(Math.round(entry.contentRect.width)))
    resizing.observe(this.#parts.plot)
    const seeing = new IntersectionObserver(entries => {
      this.#isVisible = entries.at(-1).isIntersecting
      if (this.#isVisible) this.#drawWithin(0)
    })
    seeing.observe(this.node)
    const stop = series.on('change', () => this.#drawWithin(0))
    signal.addEventListener('abort', () => {
      stop()
      resizing.disconnect()
      seeing.disconnect()
      clearTimeout(this.#timer)
      this.#isVisible = false
    })
  }

  // MARK: What it is made of

  #make(text) {
    const when = element('span', { class: 'quiet small chart-when' }, 'Now')
    const said = element('p', { class: 'visually-hidden', 'aria-live': 'polite' })
    const grid = drawing('g', { class: 'chart-grid' })
    const rows = Array.from({ length: ticksMax }, () => {
      const row = { line: drawing('line'), label: drawing('text', { 'text-anchor': 'end', x: margins.left - 8, dy: '0.32em' }) }
      grid.append(row.line, row.label)
      return row
    })
    const columns = Array.from({ length: timeTicks }, (_, index) => {
      const anchor = index === 0 ? 'start' : index === timeTicks - 1 ? 'end' : 'middle'
      const label = drawing('text', { 'text-anchor': anchor, y: height - 5 },
        index === timeTicks - 1 ? 'now' : duration(this.#seconds * (1 - index / (timeTicks - 1))) + (index === 0 ? ' ago' : ''))
      grid.append(label)
      return label
    })
    // An inner drawing cuts off what is beyond its edges.
    const area = drawing('svg', { x: margins.left, y: 0, height: height - margins.bottom + 1 })
    area.append(...this.#lines.map(line => line.fill), ...this.#lines.map(line => line.path))
    const rule = drawing('line', { class: 'chart-rule', y1: margins.top, y2: height - margins.bottom, hidden: true })
    const plot = drawing('svg', { class: 'chart-plot', role: 'img', 'aria-label': this.#title, tabindex: 0, height },
      grid, area, rule, ...this.#lines.map(line => line.mark))
    for (const event of ['pointermove', 'pointerdown']) {
      plot.addEventListener(event, ({ clientX }) => this.#inspect({ x: clientX - plot.getBoundingClientRect().left }))
    }
    for (const event of ['pointerleave', 'pointercancel', 'blur']) plot.addEventListener(event, () => this.#inspect(null))
    plot.addEventListener('keydown', event => this.#pressed(event))
    plot.addEventListener('focus', () => this.#summarise())

    this.node = card(this.#title, text && element('p', { class: 'quiet small' }, text),
      element('ul', { class: 'chart-legend' }, ...this.#lines.map(line => line.legend)),
      plot, said)
    this.node.classList.add('chart')
    this.node.querySelector('header').append(when)
    return { when, said, rows, columns, area, rule, plot }
  }

  #resize(width) {
    const { area, columns } = this.#parts
    this.#width = width
    const inner = this.#innerWidth
    area.setAttribute('width', Math.max(inner + 1, 0))
    columns.forEach((label, index) => {
      label.setAttribute('x', margins.left + inner * index / (timeTicks - 1))
      // Where there is no room for all.
      label.toggleAttribute('hidden', index === 1 && inner < columnsWidth)
    })
    this.#showGrid()
    this.#drawWithin(0)
  }

  get #innerWidth() { return Math.max(this.#width - margins.left - margins.right, 1) }

  #y(value) { return height - margins.bottom - (height - margins.bottom - margins.top) * value / this.#scale.end }

  #showGrid() {
    const { ticks } = this.#scale
    this.#parts.rows.forEach(({ line, label }, index) => {
      const isThere = index < ticks.length
      for (const node of [line, label]) node.toggleAttribute('hidden', !isThere)
      if (!isThere) return
      const y = Math.round(this.#y(ticks[index])) + 0.5
      for (const [name, value] of Object.entries({ x1: margins.left, x2: margins.left + this.#innerWidth, y1: y, y2: y })) {
        line.setAttribute(name, value)
      }
      label.setAttribute('y', y)
      setText(label, index === 0 ? '0' : this.#format(ticks[index]))
    })
  }

  // MARK: Drawing

  /** Draws within a time, but not more often than it should. Nothing is drawn that nobody sees. */
  #drawWithin(milliseconds) {
    if (!this.#isVisible) return
    const due = Math.max(performance.now() + milliseconds, this.#drawnAt + drawMilliseconds)
    if (due >= this.#dueAt) return
    this.#dueAt = due
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => requestAnimationFrame(() => this.#draw()), due - performance.now())
  }

  #draw() {
    this.#dueAt = Infinity
    this.#drawnAt = performance.now()
    if (!this.#isVisible || this.#width === 0) return
    const now = Date.now()
    const series = this.#series
    // One more than is to be seen, so that a line reaches the edge.
    const first = Math.max(series.indexFrom(now - this.#seconds * 1000) - 1, 0)
    let largest = 0
    for (const { column } of this.#lines) {
      for (let index = first; index < series.count; index++) {
        const value = series.value(column, index)
        if (value > largest) largest = value
      }
    }
    if (this.#scale.fit(largest)) this.#showGrid()
    for (const line of this.#lines) this.#drawLine(line, first, now)
    this.#showValues(now)
    if (now - this.#summarisedAt > summaryMilliseconds && document.activeElement !== this.#parts.plot) this.#summarise()
    // Time goes on when nothing comes.
    this.#drawWithin(flowMilliseconds)
  }

  #x(time, now) { return this.#innerWidth * (1 - (now - time) / (this.#seconds * 1000)) }

  #drawLine({ column, path, fill }, first, now) {
    const series = this.#series
    const ground = height - margins.bottom
    let [outline, surface, start, end] = ['', '', null, 0]
    const close = () => {
      if (start === null) return
      // A moment alone is a dot.
      if (end === start) outline += 'h0'
      surface += `L${end} ${ground}L${start} ${ground}Z`
      start = null
    }
    for (let index = first; index < series.count; index++) {
      const value = series.value(column, index)
      if (series.isAfterGap(index) || Number.isNaN(value)) close()
      if (Number.isNaN(value)) continue
      const [x, y] = [round(this.#x(series.time(index), now)), round(this.#y(value))]
      const step = `${start === null ? 'M' : 'L'}${x} ${y}`
      outline += step
      surface += step
      start ??= x
      end = x
    }
    close()
    path.setAttribute('d', outline)
    fill.setAttribute('d', surface)
  }

  // MARK: Values

  /** Which moment's values are shown; -1 for none. */
  #index(now) {
    const series = this.#series
    if (this.#inspected === null) return series.isCurrent(now) ? series.count - 1 : -1
    const time = this.#inspected.time
      ?? now - (1 - (this.#inspected.x - margins.left) / this.#innerWidth) * this.#seconds * 1000
    const index = series.indexNear(time)
    // Where nothing was measured, nothing is said.
    return index >= 0 && Math.abs(series.time(index) - time) < series.gapMilliseconds ? index : -1
  }

  #showValues(now) {
    const { when, rule } = this.#parts
    const index = this.#index(now)
    const isInspected = this.#inspected !== null
    for (const line of this.#lines) {
      const value = index < 0 ? NaN : this.#series.value(line.column, index)
      setText(line.value, Number.isNaN(value) ? '–' : this.#format(value))
      line.mark.toggleAttribute('hidden', Number.isNaN(value))
      if (Number.isNaN(value)) continue
      line.mark.setAttribute('transform',
        `translate(${round(margins.left + this.#x(this.#series.time(index), now))} ${round(this.#y(value))})`)
    }
    rule.toggleAttribute('hidden', !isInspected || index < 0)
    if (isInspected && index >= 0) {
      const x = Math.round(margins.left + this.#x(this.#series.time(index), now)) + 0.5
      rule.setAttribute('x1', x)
      rule.setAttribute('x2', x)
    }
    setText(when, !isInspected ? 'Now' : index < 0 ? 'Nothing measured' : this.#when(index, now))
  }

  #when(index, now) {
    const time = this.#series.time(index)
    return `${moment(time, now)}, ${duration(Math.max(0, now - time) / 1000)} ago`
  }

  #inspect(what) {
    if (what === null && this.#inspected === null) return
    this.#inspected = what
    if (this.#width > 0) this.#showValues(Date.now())
  }

  #pressed(event) {
    const series = this.#series
    if (event.key === 'Escape') return this.#inspect(null)
    const now = Date.now()
    const first = series.indexFrom(now - this.#seconds * 1000)
    const last = series.count - 1
    const index = this.#inspected === null ? last + 1 : this.#index(now)
    const next = {
      ArrowLeft: index - 1, ArrowRight: index + 1, PageUp: index - 10, PageDown: index + 10, Home: first, End: last,
    }[event.key]
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    if (last < first) return
    const chosen = Math.min(Math.max(next, first), last)
    this.#inspect({ time: series.time(chosen) })
    setText(this.#parts.said, `${this.#when(chosen, now)}: ${this.#values(chosen)}`)
  }

  #values(index) {
    return this.#lines.map(({ column, name }) => {
      const value = this.#series.value(column, index)
      return `${name} ${Number.isNaN(value) ? 'not measured' : this.#format(value)}`
    }).join(', ')
  }

  /** Says in its name what is to be seen: seldom, and not while it is read. */
  #summarise() {
    const now = Date.now()
    this.#summarisedAt = now
    const series = this.#series
    const first = series.indexFrom(now - this.#seconds * 1000)
    const ranges = this.#lines.map(({ column, name }) => {
      let [least, most] = [Infinity, -Infinity]
      for (let index = first; index < series.count; index++) {
        const value = series.value(column, index)
        if (value < least) least = value
        if (value > most) most = value
      }
      return most < least ? `${name}: not measured` : `${name}: between ${this.#format(least)} and ${this.#format(most)}`
    })
    this.#parts.plot.setAttribute('aria-label',
      `${this.#title}, the last ${duration(this.#seconds)}. ${ranges.join('; ')}. Arrow keys choose a moment.`)
  }
}
