import { fromHTML, toHTML } from './html.js'

/** Texts with their formats, between windows of this editor. */
const ownType = 'application/vnd.syncctl.delta+json'

const isStep = step => typeof step === 'object' && step !== null &&
  (typeof step.insert === 'string' || (typeof step.insert === 'object' && step.insert !== null)) &&
  (step.attributes === undefined || Object.prototype.toString.call(step.attributes) === '[object Object]')

/** The clipboard, and what is dragged: out with formats, in with as many of them as can be read safely. */
export class Transfer {
  #editor
  /** What is being dragged out of this editor. */
  #dragged = null

  /** @param {import('./editor.js').RichTextEditor} editor */
  constructor(editor) { this.#editor = editor }

  /** Listens to an editor's element. */
  listen(node, signal) {
    const on = (name, handler) => node.addEventListener(name, handler, { signal })
    on('copy', event => this.#copy(event))
    on('cut', event => {
      if (this.#copy(event) && !this.#editor.isReadOnly) this.#edit(() => this.#editor.commands.deleteRange())
    })
    on('paste', event => {
      event.preventDefault()
      if (!this.#editor.isReadOnly) this.insert(event.clipboardData)
    })
    on('dragstart', event => {
      this.#editor.readSelection()
      const { range } = this.#editor.commands
      if (range.isCollapsed) return
      this.#fill(event.dataTransfer, range)
      event.dataTransfer.effectAllowed = this.#editor.isReadOnly ? 'copy' : 'copyMove'
      this.#dragged = range
    })
    on('dragend', () => { this.#dragged = null })
    on('drop', event => this.#drop(event))
  }

  #edit(body) {
    this.#editor.undo?.stopCapturing()
    body()
    this.#editor.undo?.stopCapturing()
  }

  #copy(event) {
    this.#editor.readSelection()
    const { range } = this.#editor.commands
    if (range.isCollapsed) return false
    event.preventDefault()
    this.#fill(event.clipboardData, range)
    return true
  }

  #fill(transfer, { start, end }) {
    // What is nested in the document cannot be taken out of it.
    const steps = this.#editor.lines.slice(start, end).filter(({ insert }) => !insert.isSharedType)
    transfer.setData('text/plain', steps.map(({ insert }) => typeof insert === 'string' ? insert : '').join(''))
    transfer.setData('text/html', toHTML(steps))
    transfer.setData(ownType, JSON.stringify(steps))
  }

  /** Inserts what was copied or dragged. @param {DataTransfer | null} transfer */
  insert(transfer, range = this.#editor.commands.range) {
    if (transfer !== null) this.#edit(() => this.#insert(transfer, range))
  }

  #insert(transfer, range) {
    const steps = this.#read(transfer, range)
    if (steps !== null) this.#editor.commands.insertDelta(steps, range)
    else this.#editor.commands.insertText(transfer.getData('text/plain'), range)
  }

  /** Steps with formats; null when there is nothing but text, or the place takes no formats. */
  #read(transfer, { start }) {
    if (this.#editor.lines.locate(start).line.attributes['code-block'] !== undefined) return null
    try {
      const steps = JSON.parse(transfer.getData(ownType))
      if (Array.isArray(steps) && steps.every(isStep)) {
        return steps.map(({ insert, attributes = {} }) => ({ insert, attributes }))
      }
    } catch { /* it comes from elsewhere */ }
    const html = transfer.getData('text/html')
    const steps = html === '' ? null : fromHTML(html)
    if (!steps?.length) return null
    // The last line's end belongs to what was copied from, unless it makes that line something.
    const last = steps.at(-1)
    return last.insert === '\n' && Object.keys(last.attributes).length === 0 ? steps.slice(0, -1) : steps
  }

  #drop(event) {
    event.preventDefault()
    const index = this.#indexAtPoint(event)
    if (index === null || this.#editor.isReadOnly) return
    const moved = event.ctrlKey || event.altKey ? null : this.#dragged
    this.#dragged = null
    if (moved !== null && index >= moved.start && index <= moved.end) return
    this.#editor.focus()
    this.#edit(() => {
      // What is behind is changed first, so that the index of what is in front stays.
      const remove = () => this.#editor.commands.deleteRange(moved)
      if (moved?.start >= index) remove()
      const before = this.#editor.lines.length
      this.#insert(event.dataTransfer, { start: index, end: index })
      const length = this.#editor.lines.length - before
      if (moved?.end <= index) {
        remove()
        this.#editor.select(index - (moved.end - moved.start), index - (moved.end - moved.start) + length)
      } else this.#editor.select(index, index + length)
    })
  }

  #indexAtPoint({ clientX, clientY }) {
    const position = document.caretPositionFromPoint?.(clientX, clientY)
    if (position) return this.#editor.content.indexAt(position.offsetNode, position.offset)
    const range = document.caretRangeFromPoint?.(clientX, clientY)
    return range ? this.#editor.content.indexAt(range.startContainer, range.startOffset) : null
  }
}
