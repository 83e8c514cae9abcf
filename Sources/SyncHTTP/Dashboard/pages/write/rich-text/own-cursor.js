import { isEqual } from './formats.js'

/** Between two messages about where the cursor is. */
const milliseconds = 100

/** Tells others where the cursor is, as y-quill does: `cursor` of the own state, with relative positions. */
export class OwnCursor {
  #text
  #awareness
  #selection = null
  #timer
  #toldAt = -Infinity

  /**
   * @param {import('../../../crdt/text.js').SharedText} text
   * @param {import('../../../crdt/awareness.js').Awareness} awareness
   */
  constructor(text, awareness) {
    this.#text = text
    this.#awareness = awareness
  }

  /** @param {{ anchor: number, head: number } | null} selection Null while the text has no focus. */
  show(selection) {
    this.#selection = selection
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + milliseconds - performance.now()))
  }

  #tell() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#awareness.isDestroyed || this.#text.document.isDestroyed) return
    const cursor = this.#selection && {
      anchor: this.#text.positionAt(this.#selection.anchor), head: this.#text.positionAt(this.#selection.head),
    }
    const state = this.#awareness.localState
    // Who is not there has no cursor either.
    if (isEqual(state?.cursor ?? null, cursor) || (state === null && cursor === null)) return
    this.#toldAt = performance.now()
    this.#awareness.setLocalStateField('cursor', cursor)
  }

  destroy() {
    this.#selection = null
    this.#tell()
  }
}
