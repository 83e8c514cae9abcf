import * as model from './model.js'

/**
 * What keys do in an outline. Tab indents, so there has to be another way out: after Escape it leads on, as elsewhere.
 */
export class OutlineKeys {
  #editor
  #leaves = false

  /** @param {import('./editor.js').OutlineEditor} editor */
  constructor(editor) { this.#editor = editor }

  /** @param {KeyboardEvent | InputEvent | ClipboardEvent} event Of the outline's list. */
  handle(event) {
    const view = this.#editor.viewOf(event.target)
    // While something is composed, keys are the input method's.
    if (!view || event.isComposing || view.field.isComposing || event.keyCode === 229) return
    const isText = event.target === view.field.input
    const isHandled = event.type === 'keydown' ? this.#press(event, view, isText)
      : isText && (event.type === 'paste' ? this.#paste(event, view) : this.#input(event, view))
    if (isHandled) event.preventDefault()
  }

  /** @returns {boolean} Whether the key has done something. */
  #press(event, view, isText) {
    const editor = this.#editor
    const { key, altKey, shiftKey } = event
    const command = event.ctrlKey || event.metaKey
    const leaves = this.#leaves
    if (key !== 'Shift') this.#leaves = key === 'Escape'
    if (altKey && !command && (key === 'ArrowUp' || key === 'ArrowDown')) {
      editor.move(view, key === 'ArrowUp' ? 'moveUp' : 'moveDown')
      return true
    }
    if (command && key === 'Enter') {
      editor.restructure(() => model.toggle(view.item))
      return true
    }
    if (!isText || command || altKey) return false
    if (key === 'Tab') {
      if (leaves || editor.isReadOnly) return false
      editor.move(view, shiftKey ? 'outdent' : 'indent')
      return true
    }
    if (key === 'Backspace') return this.#deleteEmpty(view)
    if ((key === 'ArrowUp' || key === 'ArrowDown') && !shiftKey) return this.#step(view, key === 'ArrowUp' ? -1 : 1)
    return false
  }

  /** What keyboards of phones tell of by this only. */
  #input(event, view) {
    switch (event.inputType) {
      case 'insertLineBreak': case 'insertParagraph': return this.#split(view)
      case 'deleteContentBackward': return this.#deleteEmpty(view)
      // The browser's own undo knows nothing of others.
      case 'historyUndo': case 'historyRedo': {
        if (!this.#editor.isReadOnly) this.#editor.stepHistory(event.inputType === 'historyRedo')
        return true
      }
      default: return false
    }
  }

  /** Begins an item behind the caret, with what is behind it. */
  #split(view) {
    const editor = this.#editor
    const { selectionStart: start, selectionEnd: end } = view.field.input
    const { characters } = view.field
    editor.restructure(() => {
      if (start === 0 && end === 0 && characters !== '') {
        model.insertBefore(view.item)
        return view.item
      }
      const text = model.textIn(view.item)
      if (text && start < text.length) text.delete(start, text.length - start)
      // Under an item that is open, the next line is that of its first one.
      const isOpen = !editor.isFolded(view) && model.itemsIn(view.item).length > 0
      const rest = characters.slice(end)
      return isOpen ? model.insertUnder(view.item, rest) : model.insertBehind(view.item, rest)
    }, { start: 0 })
    return true
  }

  /** Takes away an item that says nothing. What is under it stays, in its place. */
  #deleteEmpty(view) {
    const editor = this.#editor
    if (view.field.characters !== '') return false
    const views = editor.visibleViews
    const place = views.indexOf(view)
    const next = views[place - 1] ?? null
    editor.restructure(() => {
      const lifted = model.dissolve(view.item, editor.noteCopy)
      return next?.item ?? lifted[0] ?? views[place + 1]?.item ?? null
    })
    return true
  }

  /** Goes to the item above or below, when the caret cannot go further in this one. */
  #step(view, direction) {
    const { selectionStart, selectionEnd, value } = view.field.input
    if (selectionStart !== selectionEnd || (direction < 0 ? selectionStart > 0 : selectionEnd < value.length)) {
      // Of several lines only the browser knows where they end.
      if (isHigh(view.field.input)) return false
    }
    const views = this.#editor.visibleViews
    const next = views[views.indexOf(view) + direction]
    if (!next) return false
    this.#editor.focus(next.item, { start: Math.min(selectionStart, next.field.characters.length) })
    return true
  }

  /** Makes an item of each line. */
  #paste(event, view) {
    const lines = (event.clipboardData?.getData('text/plain') ?? '').split(/\r\n|\r|\n/).filter(line => line.trim() !== '')
    if (lines.length < 2 || this.#editor.isReadOnly) return false
    const { selectionStart: start, selectionEnd: end } = view.field.input
    this.#editor.restructure(() => {
      const text = model.textFor(view.item)
      const rest = view.field.characters.slice(end)
      text.delete(start, text.length - start)
      text.insert(start, lines[0])
      let item = view.item
      for (const line of lines.slice(1, -1)) item = model.insertBehind(item, line)
      return model.insertBehind(item, lines.at(-1) + rest)
    }, { start: lines.at(-1).length })
    return true
  }
}

const isHigh = input => input.clientHeight > 2 * parseFloat(getComputedStyle(input).lineHeight) - 1
