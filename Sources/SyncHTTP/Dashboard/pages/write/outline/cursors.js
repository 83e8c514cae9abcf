import { personOf } from '../people.js'

/** More carets than these would hide what they are in. */
const cursorsMax = 50
/** How often one's own is told at most. */
const interval = 60

/**
 * Carets in an outline, others' and one's own, as editors that are made with Yjs tell of them: the awareness' member `cursor`
 * has the relative positions `anchor` and `head`.
 */
export class OutlineCursors {
  #awareness
  #editor
  #end
  #timer = null
  #told = ''
  #shown = new Set()

  /**
   * @param {import('../../../crdt/crdt.js').Awareness} awareness
   * @param {import('./editor.js').OutlineEditor} editor
   */
  constructor(awareness, editor) {
    this.#awareness = awareness
    this.#editor = editor
    const ending = new AbortController()
    const { signal } = ending
    const changed = () => { this.#timer ??= setTimeout(() => this.#tell(), interval) }
    document.addEventListener('selectionchange', changed, { signal })
    editor.element.addEventListener('focusout', changed, { signal })
    editor.element.addEventListener('focusin', changed, { signal })
    const stop = awareness.on('change', ({ added, updated, removed }) => {
      if ([...added, ...updated, ...removed].some(client => client !== awareness.clientID)) this.update()
    })
    this.#end = () => {
      ending.abort()
      stop()
      clearTimeout(this.#timer)
    }
  }

  /** Says where the own caret is; nothing when it is elsewhere, unless it was here before. */
  #tell() {
    this.#timer = null
    const awareness = this.#awareness
    if (awareness.isDestroyed || awareness.localState === null) return
    const { activeElement } = document
    const view = this.#editor.element.contains(activeElement) ? this.#editor.viewOf(activeElement) : null
    const text = view?.field.input === activeElement && !view.field.isComposing ? view.field.text : null
    if (text === null) {
      if (view === null && this.#told !== '') {
        this.#told = ''
        // Another editor may have told of its own since.
        if (!document.activeElement?.closest('.write-editor')) awareness.setLocalStateField('cursor', null)
      }
      return
    }
    const { selectionStart, selectionEnd, selectionDirection } = activeElement
    const [anchor, head] = selectionDirection === 'backward' ? [selectionEnd, selectionStart] : [selectionStart, selectionEnd]
    const inText = index => Math.min(index, text.length)
    const cursor = { anchor: text.positionAt(inText(anchor)), head: text.positionAt(inText(head)) }
    const told = JSON.stringify(cursor)
    if (told === this.#told) return
    this.#told = told
    awareness.setLocalStateField('cursor', cursor)
  }

  /** Shows where others are now. */
  update() {
    const awareness = this.#awareness
    if (awareness.isDestroyed) return
    const cursors = new Map()
    let count = 0
    for (const [client, state] of awareness.states) {
      if (client === awareness.clientID || count >= cursorsMax) continue
      const place = this.#placeOf(state?.cursor)
      if (place === null) continue
      count += 1
      const cursor = { ...personOf(client, state), anchor: place.anchor, head: place.head }
      cursors.set(place.view, [...cursors.get(place.view) ?? [], cursor])
    }
    for (const view of this.#shown) if (!cursors.has(view)) view.field.showCursors([])
    for (const [view, list] of cursors) view.field.showCursors(list)
    this.#shown = new Set(cursors.keys())
  }

  /** Where somebody's cursor is, which may be anything; null when it is not in the outline. */
  #placeOf(cursor) {
    if (typeof cursor !== 'object' || cursor === null) return null
    try {
      const { document } = this.#awareness
      const [anchor, head] = [cursor.anchor, cursor.head].map(position => document.resolve(position))
      const item = head?.type.parent
      const view = item && this.#editor.viewFor(item)
      if (!view || view.field.text !== head.type) return null
      return { view, head: head.index, anchor: anchor?.type === head.type ? anchor.index : head.index }
    } catch (error) {
      if (this.#awareness.document.crdt.hasFailed) throw error
      return null
    }
  }

  destroy() { this.#end() }
}
