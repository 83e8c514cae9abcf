import { element } from '../../../parts/dom.js'
import { chunkLines } from './lines.js'
import { drawLine, forgetDrawing, lineElementOf, lineOf, placeOf, unitsBefore } from './line-element.js'

const lineHeight = 28
/** Lines that are drawn ahead of being scrolled to, so that the browser's own search finds what they say. */
const aheadLinesMax = 100_000
const sliceMilliseconds = 8
/** Lines of one change that are drawn at once, even if they are out of sight. */
const atOnceLinesMax = 1000

/**
 * The lines of a text as elements, and the way between places there and in the text.
 *
 * What is drawn at once is what can be seen; the rest follows while nothing else is to be done, and beyond
 * {@link aheadLinesMax} lines when it is scrolled to. Browsers do not lay out what is out of sight, which style sheets say.
 */
export class Content {
  #lines
  #scroller
  #chunks = new WeakMap()
  #observer
  #timer
  /** The element that an input method writes into: it stays as it is until that is over. */
  #held = null
  /** Called when lines were drawn that were not before. */
  onDraw = () => {}

  /** @param {import('./lines.js').Lines} lines @param {HTMLElement} scroller What scrolls them. */
  constructor(lines, scroller) {
    this.#lines = lines
    this.#scroller = scroller
    /** @type {HTMLElement} */
    this.element = element('div', { class: 'rich-content' })
    this.#observer = new IntersectionObserver(entries => {
      const chunks = entries.filter(entry => entry.isIntersecting).map(entry => this.#chunks.get(entry.target))
      for (const chunk of chunks) this.#drawChunk(chunk)
      if (chunks.length > 0) this.onDraw()
    }, { root: scroller, rootMargin: '1200px' })
    this.#placeChunks()
    for (const chunk of lines.chunks.slice(0, 2)) this.#drawChunk(chunk)
    this.#drawAhead()
  }

  /** @type {boolean} Whether all that the browser's search should find is there. */
  get isDrawn() { return this.#timer === undefined }

  /** Shows what has changed. @param {import('./lines.js').Changes} changes */
  update({ lines, chunks }) {
    if (chunks.size > 0) this.#placeChunks(chunks)
    if (lines.size > atOnceLinesMax) this.#forgetFarChunks(lines)
    for (const line of lines) if (line.chunk.isDrawn && line.element !== this.#held) drawLine(line)
    for (const chunk of chunks) if (chunk.isDrawn) this.#placeLines(chunk)
    if (chunks.size > 0 || lines.size > atOnceLinesMax) this.#drawAhead()
  }

  /** Leaves a line's element alone until {@link release}. */
  hold(line) { this.#held = line.element }

  /** Shows the line that was left alone as it is now. */
  release() {
    const node = this.#held
    if (node === null) return
    this.#held = null
    const line = lineOf(node)
    if (line.chunk === null) {
      const holder = node.parentElement
      node.remove()
      if (holder?.childElementCount === 0) holder.remove()
    } else {
      drawLine(line)
      this.#placeLines(line.chunk)
      // Where the browser joined or divided lines, those beside this one are not as they were drawn either.
      for (const other of [this.#lines.previous(line), this.#lines.next(line)]) {
        if (!other?.chunk.isDrawn) continue
        forgetDrawing(other)
        drawLine(other)
      }
    }
  }

  // MARK: Chunks

  #placeChunks(touched) {
    const { chunks } = this.#lines
    for (const chunk of touched ?? []) {
      if (chunk.lines.length > 0) continue
      this.#observer.unobserve(chunk.element ?? this.element)
      if (!chunk.element?.contains(this.#held)) chunk.element?.remove()
    }
    let place = this.element.firstElementChild
    for (const chunk of chunks) {
      if (chunk.element === null) {
        chunk.element = element('div', { class: 'rich-chunk' })
        this.#chunks.set(chunk.element, chunk)
        this.#measure(chunk)
        this.element.insertBefore(chunk.element, place)
        // Lines that were drawn in another chunk take their elements along.
        if (chunk.lines.some(line => line.element)) this.#drawChunk(chunk)
        else this.#observer.observe(chunk.element)
      } else {
        while (place !== chunk.element) place = place.nextElementSibling
        place = place.nextElementSibling
      }
    }
    this.element.classList.toggle('is-long', chunks.length > 3)
  }

  /** Says how high a chunk is going to be, about. */
  #measure({ element: node, lines }) {
    node.style.setProperty('contain-intrinsic-block-size', `auto ${lines.length * lineHeight}px`)
    node.style.setProperty('min-block-size', `${lines.length * lineHeight}px`)
  }

  #drawChunk(chunk) {
    if (chunk.isDrawn || !chunk.element) return
    chunk.isDrawn = true
    this.#observer.unobserve(chunk.element)
    chunk.element.style.removeProperty('min-block-size')
    for (const line of chunk.lines) if (line.element === null || line.element !== this.#held) drawLine(line)
    chunk.element.replaceChildren(...chunk.lines.map(line => line.element))
  }

  /** Has chunks with some lines drawn later, unless they can be seen. */
  #forgetFarChunks(lines) {
    const near = new Set(this.#visibleChunks())
    const far = [...new Set([...lines].map(line => line.chunk))]
      .filter(chunk => chunk.isDrawn && !near.has(chunk) && !chunk.element.contains(this.#held))
    const heights = far.map(({ element: node }) => node.offsetHeight)
    for (const [place, chunk] of far.entries()) {
      chunk.isDrawn = false
      chunk.element.replaceChildren()
      chunk.element.style.setProperty('min-block-size', `${heights[place]}px`)
      for (const line of chunk.lines) line.element = null
      this.#observer.observe(chunk.element)
    }
  }

  #placeLines(chunk) {
    let place = chunk.element.firstElementChild
    for (const line of chunk.lines) {
      const node = line.element ?? drawLine(line)
      if (node === place) place = place.nextElementSibling
      else chunk.element.insertBefore(node, place)
    }
    while (place) {
      const next = place.nextElementSibling
      if (place !== this.#held) place.remove()
      place = next
    }
  }

  #drawAhead() {
    if (this.#timer !== undefined) return
    let place = 0
    const slice = () => {
      this.#timer = undefined
      const { chunks } = this.#lines
      const end = performance.now() + sliceMilliseconds
      while (place < chunks.length && place * chunkLines < aheadLinesMax) {
        if (performance.now() > end) {
          this.#timer = setTimeout(slice, 16)
          return
        }
        this.#drawChunk(chunks[place])
        place += 1
      }
      this.onDraw()
    }
    if (this.#lines.chunks.some(chunk => !chunk.isDrawn)) this.#timer = setTimeout(slice, 16)
  }

  // MARK: Places

  /** The place of an index. @returns {{ node: Node, offset: number }} */
  placeAt(index) {
    const { line, offset } = this.#lines.locate(index)
    this.#drawChunk(line.chunk)
    return placeOf(line, offset)
  }

  /** The chunks that can be seen, in order. */
  * #visibleChunks() {
    const { chunks } = this.#lines
    const view = this.#scroller.getBoundingClientRect()
    const rect = place => chunks[place].element.getBoundingClientRect()
    let [first, behind] = [0, chunks.length - 1]
    while (first < behind) {
      const middle = (first + behind) >> 1
      if (rect(middle).bottom < view.top) first = middle + 1
      else behind = middle
    }
    for (let place = first; place < chunks.length && rect(place).top <= view.bottom; place++) yield chunks[place]
  }

  /** The indices between which lines can be seen, or nearly. @returns {{ start: number, end: number }} */
  visibleRange() {
    let start = null, end = 0
    for (const chunk of this.#visibleChunks()) {
      if (!chunk.isDrawn) break
      start ??= end = this.#lines.startOfChunk(chunk)
      end += chunk.length
    }
    return { start: start ?? 0, end: Math.min(end - 1, this.#lines.length) }
  }

  /** The index of a place; null when it is outside. @param {Node} node @param {number} offset */
  indexAt(node, offset) {
    if (!this.element.contains(node)) return null
    const root = lineElementOf(node)
    if (root) {
      const line = lineOf(root)
      return line?.chunk ? this.#lines.startOf(line) + Math.min(unitsBefore(root, node, offset), line.length) : null
    }
    if (node === this.element) {
      const chunk = this.#chunks.get(node.children[offset])
      return chunk ? this.#lines.startOfChunk(chunk) : this.#lines.length
    }
    const chunk = this.#chunks.get(node)
    if (!chunk) return null
    const line = lineOf(node.children[offset])
    if (line?.chunk) return this.#lines.startOf(line)
    const start = this.#lines.startOfChunk(chunk)
    return offset === 0 ? start : Math.min(start + chunk.length, this.#lines.length)
  }

  /** Where an index is on the screen, as a rectangle without width, or nearly. @returns {DOMRect} */
  rectAt(index) {
    const { node, offset } = this.placeAt(index)
    const range = document.createRange()
    range.setStart(node, offset)
    const rects = range.getClientRects()
    if (rects.length > 0) return rects[rects.length - 1]
    const child = node.childNodes[offset]
    if (child instanceof Element) {
      const rect = child.getBoundingClientRect()
      if (rect.height > 0) return new DOMRect(rect.left, rect.top, 0, rect.height)
    }
    const root = lineElementOf(node), style = getComputedStyle(root), rect = root.getBoundingClientRect()
    const left = style.direction === 'rtl' ? rect.right - parseFloat(style.paddingRight)
      : rect.left + parseFloat(style.paddingLeft)
    return new DOMRect(left, rect.top, 0, rect.height)
  }

  destroy() {
    clearTimeout(this.#timer)
    this.#observer.disconnect()
  }
}
