import { element, setText } from '../../../parts/dom.js'
import { colourOf, textColourOn } from './colours.js'
import { isEqual } from './formats.js'
import { lineElementOf } from './line-element.js'

const nameLength = 24
/** Cursors that are drawn; more could not be told apart. */
const cursorsMax = 50
const flagMilliseconds = 4000

/** Where others write: carets with names that fade, and what they have selected, in a layer over the text. */
export class RemoteCursors {
  #editor
  #scroller
  /** @type {Map<number, object>} What is known of others by client. */
  #others = new Map()
  #isStale = true
  #frame
  #cleanUp

  /** @param {import('./editor.js').RichTextEditor} editor @param {HTMLElement} scroller */
  constructor(editor, scroller, signal) {
    this.#editor = editor
    this.#scroller = scroller
    /** @type {HTMLElement} Who is there, the page says elsewhere; this is for the eye. */
    this.element = element('div', { class: 'rich-cursors', 'aria-hidden': 'true' })
    this.#cleanUp = editor.awareness.on('change', () => this.update())
    scroller.addEventListener('scroll', () => this.#schedule(), { signal, passive: true })
    const observer = new ResizeObserver(() => this.#schedule())
    observer.observe(editor.content.element)
    signal.addEventListener('abort', () => {
      observer.disconnect()
      this.#cleanUp()
      cancelAnimationFrame(this.#frame)
    })
    this.update()
  }

  /** The text or somebody's cursor has changed. */
  update() {
    this.#isStale = true
    this.#schedule()
  }

  #schedule() {
    if (this.#isStale || this.#others.size > 0) this.#frame ??= requestAnimationFrame(() => this.#draw())
  }

  // MARK: Who is where

  #refresh() {
    this.#isStale = false
    const { awareness } = this.#editor
    const present = new Set()
    for (const [client, state] of awareness.isDestroyed ? [] : awareness.states) {
      if (client === awareness.clientID || present.size >= cursorsMax) continue
      const [anchor, head] = [this.#index(state?.cursor?.anchor), this.#index(state?.cursor?.head)]
      if (anchor === null || head === null) continue
      present.add(client)
      this.#know(client, state, { anchor, head })
    }
    for (const [client, { caret, boxes }] of this.#others) {
      if (present.has(client)) continue
      caret.remove()
      for (const box of boxes) box.remove()
      this.#others.delete(client)
    }
  }

  /** What others send may be anything. */
  #index(position) {
    if (typeof position !== 'object' || position === null) return null
    try {
      return this.#editor.text.indexOf(position)
    } catch {
      return null
    }
  }

  #know(client, { user, cursor }, place) {
    let other = this.#others.get(client)
    if (!other) {
      const flag = element('span', { class: 'flag' })
      other = { caret: element('div', { class: 'remote-caret' }, flag), flag, boxes: [], cursor: null }
      this.#others.set(client, other)
      this.element.append(other.caret)
    }
    const name = typeof user?.name === 'string' && user.name.trim() !== '' ? user.name.trim() : 'Somebody'
    const characters = [...name]
    setText(other.flag, characters.length > nameLength ? `${characters.slice(0, nameLength - 1).join('')}…` : name)
    const colour = colourOf(user?.color, client)
    if (other.colour !== colour) {
      other.colour = colour
      other.caret.style.setProperty('--cursor', colour)
      other.caret.style.setProperty('--cursor-text', textColourOn(colour))
    }
    if (!isEqual(other.cursor, cursor)) {
      other.cursor = cursor
      other.fading?.cancel()
      other.fading = other.flag.animate([{ opacity: 1 }, { opacity: 1, offset: 0.8 }, { opacity: 0 }],
        { duration: flagMilliseconds, fill: 'forwards' })
    }
    other.place = place
  }

  // MARK: Drawing

  #draw() {
    this.#frame = undefined
    if (this.#isStale) this.#refresh()
    if (this.#others.size === 0) return
    const visible = this.#editor.content.visibleRange()
    const origin = this.element.getBoundingClientRect()
    // All is measured before anything is drawn, so that the browser lays out once.
    const drawn = [...this.#others.values()].map(other => {
      const { anchor, head } = other.place
      const isVisible = head >= visible.start && head <= visible.end
      const start = Math.max(Math.min(anchor, head), visible.start), end = Math.min(Math.max(anchor, head), visible.end)
      const { offsetWidth: width, offsetHeight: height } = other.flag
      return {
        other, width, height, caret: isVisible ? this.#editor.content.rectAt(head) : null,
        boxes: this.#selectionRects(start, end),
      }
    })
    const flags = []
    for (const { other, caret, width, height, boxes } of drawn) {
      other.caret.hidden = caret === null
      if (caret) this.#drawCaret(other, caret, origin, { width, height }, flags)
      this.#drawBoxes(other, boxes, origin)
    }
  }

  #drawCaret({ caret, flag }, rect, origin, { width, height }, flags) {
    const x = Math.min(Math.max(rect.left - origin.left, 0), origin.width - 2), y = rect.top - origin.top
    caret.style.setProperty('transform', `translate(${x}px, ${y}px)`)
    caret.style.setProperty('height', `${rect.height}px`)
    // A flag stays within the text, and does not cover another one: it goes up, or down where there is no room.
    const left = Math.min(0, origin.width - x - width)
    const isHigh = y - height < 0
    let top = isHigh ? rect.height : -height
    const covers = other => other.x < x + left + width && x + left < other.x + other.width &&
      other.y < y + top + height && y + top < other.y + other.height
    while (flags.length < cursorsMax && flags.some(covers)) top += isHigh || y + top - height < 0 ? height : -height
    flags.push({ x: x + left, y: y + top, width, height })
    flag.style.setProperty('transform', `translate(${left}px, ${top}px)`)
  }

  #drawBoxes(other, rects, origin) {
    while (other.boxes.length > rects.length) other.boxes.pop().remove()
    while (other.boxes.length < rects.length) {
      const box = element('div', { class: 'remote-selection' })
      other.boxes.push(box)
      this.element.prepend(box)
    }
    for (const [place, { left, top, width, height }] of rects.entries()) {
      const { style } = other.boxes[place]
      style.setProperty('transform', `translate(${left - origin.left}px, ${top - origin.top}px)`)
      style.setProperty('width', `${width}px`)
      style.setProperty('height', `${height}px`)
      style.setProperty('--cursor', other.colour)
    }
  }

  /** Where a range is on the screen: one rectangle for each row. */
  #selectionRects(start, end) {
    if (end <= start) return []
    const view = this.#scroller.getBoundingClientRect()
    const rects = []
    for (const { line, index, start: from, end: to } of this.#editor.lines.between(start, end)) {
      const { top, bottom } = line.element?.getBoundingClientRect() ?? { top: 0, bottom: -1 }
      if (bottom < view.top || top > view.bottom || index === end) continue
      const rows = rowsOf(this.#editor.content, index + from, index + to)
      // A line whose end is selected shows so, also when it is empty.
      if (index + line.length < end) {
        const last = rows.at(-1) ?? this.#editor.content.rectAt(index + to)
        const left = getComputedStyle(line.element).direction === 'rtl' ? last.left - 6 : last.left + last.width
        rows.push({ left, top: last.top, width: 6, height: last.height })
      }
      rects.push(...rows)
    }
    return rects
  }
}

function rowsOf(content, start, end) {
  if (start === end) return []
  const range = document.createRange()
  const [from, to] = [content.placeAt(start), content.placeAt(end)]
  // The end of a line before may be the same index as the start of this one; both places are in this line.
  if (lineElementOf(from.node) !== lineElementOf(to.node)) return []
  range.setStart(from.node, from.offset)
  range.setEnd(to.node, to.offset)
  const rows = []
  for (const { left, top, right, bottom } of range.getClientRects()) {
    if (right <= left) continue
    const row = rows.find(row => top < row.top + row.height / 2 + 1 && bottom > row.top + row.height / 2 - 1)
    if (!row) rows.push({ left, top, width: right - left, height: bottom - top })
    else {
      const [newLeft, newTop] = [Math.min(row.left, left), Math.min(row.top, top)]
      Object.assign(row, {
        left: newLeft, width: Math.max(row.left + row.width, right) - newLeft,
        top: newTop, height: Math.max(row.top + row.height, bottom) - newTop,
      })
    }
  }
  return rows
}
