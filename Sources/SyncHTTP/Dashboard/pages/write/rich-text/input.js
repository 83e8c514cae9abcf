import { isMac } from './actions.js'
import { Composition } from './composition.js'
import { lineElementOf, lineOf } from './line-element.js'

/** The kinds of input that delete, with what they delete beside the caret. */
const deletions = {
  deleteContentBackward: ['backward', 'character'], deleteContentForward: ['forward', 'character'],
  deleteContent: ['backward', 'character'], deleteByCut: ['backward', 'character'], deleteByDrag: ['backward', 'character'],
  deleteWordBackward: ['backward', 'word'], deleteWordForward: ['forward', 'word'],
  deleteSoftLineBackward: ['backward', 'line'], deleteSoftLineForward: ['forward', 'line'],
  deleteHardLineBackward: ['backward', 'line'], deleteHardLineForward: ['forward', 'line'],
  deleteEntireSoftLine: ['backward', 'line'],
}

/** The kinds of input that toggle something of the toolbar. */
const actions = {
  formatBold: 'bold', formatItalic: 'italic', formatUnderline: 'underline', formatStrikeThrough: 'strike', formatRemove: 'clear',
  insertOrderedList: 'ordered', insertUnorderedList: 'bullet', insertLink: 'link',
}

/**
 * What people do with keyboards, pointers and input methods, as commands. Whatever the browser wants to do to the page is
 * prevented and done to the text instead, as far as it can be prevented.
 */
export class Input {
  #editor
  #composition
  /** Escape was pressed: the next Tab leaves. */
  #leaves = false

  /** @param {import('./editor.js').RichTextEditor} editor @param {AbortSignal} signal Ends it. */
  constructor(editor, signal) {
    this.#editor = editor
    this.#composition = new Composition(editor)
    const node = editor.content.element
    const on = (name, handler) => node.addEventListener(name, handler, { signal })
    on('beforeinput', event => this.#beforeInput(event))
    // What comes here was not prevented.
    on('input', event => { if (!event.isComposing) this.#composition.end() })
    on('compositionstart', () => {
      editor.readSelection()
      this.#composition.begin()
    })
    on('compositionend', () => this.#composition.end())
    on('keydown', event => this.#keyDown(event))
    on('blur', () => { this.#leaves = false })
    on('mousedown', event => { if (event.target.closest('.check')) event.preventDefault() })
    on('click', event => this.#click(event))
  }

  /** @type {boolean} Whether the browser is writing into the page by itself. */
  get isComposing() { return this.#composition.isActive }

  /** Somebody else has changed the text. */
  follow(delta) { this.#composition.follow(delta) }

  // MARK: Input

  #beforeInput(event) {
    const { inputType } = event
    if (this.#editor.isReadOnly) return event.preventDefault()
    const isNewLine = inputType === 'insertParagraph' || inputType === 'insertLineBreak'
    if (!event.cancelable || inputType === 'insertCompositionText' || (event.isComposing && !isNewLine)) {
      this.#editor.readSelection()
      return this.#composition.begin()
    }
    // What an input method has written so far stays; or the browser has not done what it announced.
    this.#composition.end()
    event.preventDefault()
    this.#editor.readSelection()
    this.#perform(event, inputType)
  }

  #perform(event, inputType) {
    const { commands, undo } = this.#editor
    switch (inputType) {
      case 'insertText':
      case 'insertReplacementText':
        return commands.insertText(event.data ?? event.dataTransfer?.getData('text/plain') ?? '', this.#targetRange(event))
      case 'insertParagraph':
      case 'insertLineBreak':
        undo?.stopCapturing()
        return commands.insertLine()
      case 'insertFromPaste':
      case 'insertFromPasteAsQuotation':
      case 'insertFromDrop':
      case 'insertFromYank':
        return this.#editor.transfer.insert(event.dataTransfer, this.#targetRange(event))
      case 'historyUndo': return undo?.undo()
      case 'historyRedo': return undo?.redo()
      case 'formatIndent': return commands.indentLists(1)
      case 'formatOutdent': return commands.indentLists(-1)
    }
    if (deletions[inputType]) this.#delete(event, ...deletions[inputType])
    else if (actions[inputType]) this.#editor.perform(actions[inputType])
  }

  /** Where the browser wants to write: it may be another place than the selection, as for what it corrects. */
  #targetRange(event) {
    const { range } = this.#editor.commands
    const [target] = event.getTargetRanges()
    if (!target) return range
    const start = this.#editor.content.indexAt(target.startContainer, target.startOffset)
    const end = this.#editor.content.indexAt(target.endContainer, target.endOffset)
    return start === null || end === null || end < start ? range : { start, end, isCollapsed: start === end }
  }

  #delete(event, direction, unit) {
    const { commands } = this.#editor
    const target = this.#targetRange(event)
    const { line, offset } = this.#editor.lines.locate(commands.range.start)
    const isAtEdge = direction === 'backward' ? offset === 0 : offset === line.length
    // What a word or a line on the screen is, the browser knows best; what a character is, and what a line's edge, we do.
    if (unit !== 'character' && commands.range.isCollapsed && !isAtEdge && !target.isCollapsed) commands.deleteRange(target)
    else commands.deleteBeside(direction, unit)
  }

  // MARK: Keys

  #keyDown(event) {
    // An input method has this key.
    if (event.isComposing || event.keyCode === 229) return
    const leaves = this.#leaves
    this.#leaves = event.key === 'Escape' || (leaves && event.key === 'Shift')
    if (this.#editor.isReadOnly) return
    if ((event.key === 'ArrowLeft' || event.key === 'ArrowRight') && this.#passCheck(event)) return
    if (event.key === 'Tab' && !leaves && !event.ctrlKey && !event.altKey && !event.metaKey) {
      this.#editor.readSelection()
      if (this.#editor.commands.indentLists(event.shiftKey ? -1 : 1)) event.preventDefault()
      return
    }
    const isCommand = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
    if (!isCommand) return
    const action = this.#shortcut(event)
    if (action === null) return
    event.preventDefault()
    this.#editor.readSelection()
    action()
  }

  /** From the start of a check list's item to the line before it, where browsers would stop at its button. */
  #passCheck(event) {
    if (event.metaKey) return false
    this.#editor.readSelection()
    const { selection: { anchor, head }, lines } = this.#editor
    const { line, offset } = lines.locate(head)
    if (offset > 0 || head === 0 || line.element?.querySelector('.check') === null) return false
    if (anchor !== head && !event.shiftKey) return false
    const isRightToLeft = getComputedStyle(line.element).direction === 'rtl'
    if ((event.key === 'ArrowRight') !== isRightToLeft) return false
    event.preventDefault()
    this.#editor.select(event.shiftKey ? anchor : head - 1, head - 1)
    return true
  }

  /** What a shortcut does; null when it is none. */
  #shortcut({ key, code, shiftKey, altKey }) {
    const { undo, commands } = this.#editor
    const name = key.toLowerCase()
    if (!altKey && name === 'z') return () => shiftKey ? undo?.redo() : undo?.undo()
    if (!altKey && !shiftKey && name === 'y') return () => undo?.redo()
    if (!altKey && !shiftKey && name === 'enter') return () => commands.toggleChecks()
    const action = this.#editor.actions.find(({ keys }) => keys &&
      keys.shift === shiftKey && keys.alt === altKey && (keys.code === code || (keys.key !== undefined && keys.key === name)))
    return action ? () => this.#editor.perform(action.name) : null
  }

  // MARK: Pointers

  #click(event) {
    const check = event.target.closest('.check')
    if (check) {
      event.preventDefault()
      const line = lineOf(lineElementOf(check))
      if (!this.#editor.isReadOnly && line?.chunk) this.#editor.commands.toggleChecks([line])
      return
    }
    const link = event.target.closest('a[href]')
    if (!link || this.#editor.isReadOnly) return
    event.preventDefault()
    if (event.ctrlKey || event.metaKey) open(link.href, '_blank', 'noopener,noreferrer')
  }
}
