import { blockNames, changed, difference, indentMax, indentOf, inlineNames, isEqual, plain } from './formats.js'
import { characterEnd, characterStart, wordEnd, wordStart } from './segments.js'

const none = name => ({ [name]: null })

/**
 * What people do to a text, as changes of it: each is one delta, and one selection after it.
 *
 * A line's attributes are on its `\n`, which the last line has none of: it gets one when it is to be more than a paragraph.
 */
export class Commands {
  #editor

  /** @param {import('./editor.js').RichTextEditor} editor Has `lines`, `selection`, `typed` and `change()`. */
  constructor(editor) { this.#editor = editor }

  get #lines() { return this.#editor.lines }

  /** @type {{ start: number, end: number, isCollapsed: boolean }} What is selected. */
  get range() {
    const { anchor, head } = this.#editor.selection
    return { start: Math.min(anchor, head), end: Math.max(anchor, head), isCollapsed: anchor === head }
  }

  #apply(index, steps, anchor, head = anchor) {
    const delta = index > 0 ? [{ retain: index }, ...steps] : steps
    this.#editor.change(text => text.applyDelta(delta), anchor, head)
  }

  // MARK: Typing

  /** The attributes that text gets when it is typed at an index: those of what it stands behind. */
  typingAttributes(index) {
    if (this.#editor.typed !== null) return this.#editor.typed
    const { line, offset } = this.#lines.locate(index)
    const behind = line.runAt(offset), source = offset > 0 ? line.runAt(offset - 1) : behind
    if (typeof source?.insert !== 'string') return plain
    const { link } = source.attributes
    // What is typed at the end of a link is no longer of it.
    const isWithin = offset > 0 && isEqual(behind?.attributes.link, link)
    return link === undefined || isWithin ? source.attributes : changed(source.attributes, none('link'))
  }

  /** Replaces a range by text. Lines that come with it are of the kind of the line that they come into. */
  insertText(text, { start, end } = this.range) {
    const clean = text.replace(/\r\n?/g, '\n')
    const attributes = this.typingAttributes(start)
    if (start === end && !clean.includes('\n')) {
      if (clean !== '') this.#editor.change(shared => shared.insert(start, clean, attributes), start + clean.length)
      return
    }
    const { attributes: { header, ...block } } = this.#lines.locate(start).line
    if (block.list === 'checked') block.list = 'unchecked'
    const steps = clean.split(/(\n)/).filter(part => part !== '')
      .map(part => ({ insert: part, attributes: part === '\n' ? block : attributes }))
    this.insertDelta(steps, { start, end })
  }

  /** Replaces a range by what a delta inserts. */
  insertDelta(steps, { start, end } = this.range) {
    const length = steps.reduce((sum, { insert }) => sum + (typeof insert === 'string' ? insert.length : 1), 0)
    if (length === 0 && start === end) return
    this.#apply(start, [...steps, ...this.#deletion(start, end)], start + length)
  }

  // MARK: Deleting

  /** Steps that delete a range, where its first unit is. What is left of several lines is of the kind of the first. */
  #deletion(start, end) {
    if (start === end) return []
    const [first, last] = [this.#lines.locate(start), this.#lines.locate(end)]
    const deletion = { delete: end - start }
    const keepsFirst = first.line !== last.line && first.line.length > 0 &&
      (first.offset > 0 || last.offset < last.line.length)
    const change = keepsFirst ? difference(last.line.attributes, first.line.attributes) : plain
    if (Object.keys(change).length === 0) return [deletion]
    const rest = last.line.length - last.offset
    const ending = last.line === this.#lines.last ? { insert: '\n', attributes: change } : { retain: 1, attributes: change }
    return rest > 0 ? [deletion, { retain: rest }, ending] : [deletion, ending]
  }

  /** Deletes a range. */
  deleteRange({ start, end } = this.range) {
    if (start === end) return
    const [first, last] = [this.#lines.locate(start), this.#lines.locate(end)]
    // In front of the empty end of the text stands a line that would lose its kind: only the caret goes there.
    const isEmptyEnd = last.line === this.#lines.last && last.line.length === 0 && first.line !== last.line &&
      first.offset > 0 && Object.keys(first.line.attributes).length > 0
    const rest = isEmptyEnd ? end - 1 : end
    if (rest === start) return this.#editor.select(start)
    if (first.line === last.line || isEmptyEnd) this.#editor.change(text => text.delete(start, rest - start), start)
    else this.#apply(start, this.#deletion(start, rest), start)
  }

  /** Deletes what is selected, or a part beside the caret. @param {'character' | 'word' | 'line'} unit */
  deleteBeside(direction, unit) {
    const { start, isCollapsed } = this.range
    if (!isCollapsed) return this.deleteRange()
    const { line, offset } = this.#lines.locate(start)
    const { text } = line
    if (direction === 'backward') {
      if (offset === 0) return this.#deleteAtLineStart(line, start)
      const to = { character: characterStart, word: wordStart, line: () => 0 }[unit](text, offset)
      this.deleteRange({ start: start - offset + to, end: start })
    } else if (offset === line.length) {
      if (line !== this.#lines.last) this.deleteRange({ start, end: start + 1 })
    } else {
      const to = { character: characterEnd, word: wordEnd, line: () => line.length }[unit](text, offset)
      this.deleteRange({ start, end: start - offset + to })
    }
  }

  /** At its start, a line first becomes an ordinary one; then it is joined to the one before it. */
  #deleteAtLineStart(line, start) {
    if (this.#takeKindOff(line, start) || start === 0) return
    const before = this.#lines.previous(line)
    if (before.length === 0 && line !== this.#lines.last) this.#apply(start - 1, [{ delete: 1 }], start - 1)
    else this.deleteRange({ start: start - 1, end: start })
  }

  /** Makes a line less indented, or a paragraph. @returns {boolean} Whether it was more. */
  #takeKindOff(line, start) {
    const indent = indentOf(line.attributes)
    const kinds = [...blockNames, 'indent'].filter(name => line.attributes[name] !== undefined)
    if (kinds.length === 0) return false
    const change = indent > 0 ? { indent: indent === 1 ? null : indent - 1 }
      : Object.fromEntries(kinds.map(name => [name, null]))
    this.#apply(start, this.#lineSteps(line, 0, change), start)
    return true
  }

  // MARK: Lines

  /** Steps that change a line's attributes, from an offset in it to behind it. */
  #lineSteps(line, offset, change) {
    const within = line.length > offset ? [{ retain: line.length - offset }] : []
    if (line !== this.#lines.last) return [...within, { retain: 1, attributes: change }]
    const attributes = changed(plain, change)
    return attributes === plain ? within : [...within, { insert: '\n', attributes }]
  }

  /** Begins a new line, of the kind of this one as far as lists, quotes and code go. */
  insertLine() {
    if (!this.range.isCollapsed) this.deleteRange()
    const { start } = this.range
    const { line, offset } = this.#lines.locate(start)
    const { attributes } = line
    const isCode = attributes['code-block'] !== undefined
    // An empty line ends what it would go on with; code may have empty lines, but not two of them.
    const ends = isCode ? this.#isEmptyCode(this.#lines.previous(line))
      : attributes.list !== undefined || attributes.blockquote !== undefined
    if (line.length === 0 && ends && this.#takeKindOff(line, start)) return
    const next = changed(attributes, {
      ...attributes.header !== undefined && none('header'), ...attributes.list === 'checked' && { list: 'unchecked' },
    })
    // In front of a line comes a new one; otherwise the new one is what was behind the caret.
    const isBefore = offset === 0 && line.length > 0
    const rest = isBefore || (attributes.header !== undefined && offset < line.length) ? plain : difference(attributes, next)
    const steps = [{ insert: '\n', attributes: isBefore ? next : attributes }]
    if (Object.keys(rest).length > 0) steps.push(...this.#lineSteps(line, offset, rest))
    this.#apply(start, steps, start + 1)
  }

  #isEmptyCode(line) { return line !== null && line.length === 0 && line.attributes['code-block'] !== undefined }

  /** The lines that are selected. The last is not, if only its start is. */
  selectedLines() {
    const { start, end, isCollapsed } = this.range
    const lines = [...this.#lines.between(start, end)]
    return lines.length > 1 && !isCollapsed && lines.at(-1).index === end ? lines.slice(0, -1) : lines
  }

  #changeLines(changeOf) {
    const lines = this.selectedLines()
    const steps = []
    let at = lines[0].index
    for (const { line, index } of lines) {
      const change = changeOf(line.attributes)
      if (change === null || Object.keys(change).length === 0) continue
      if (index > at) steps.push({ retain: index - at })
      steps.push(...this.#lineSteps(line, 0, change))
      at = index + line.length + 1
    }
    const { anchor, head } = this.#editor.selection
    if (steps.length > 0) this.#apply(lines[0].index, steps, anchor, head)
  }

  /** Makes lines something, or paragraphs if they all are that. @param {string} name @param {any} value */
  toggleBlock(name, value) {
    const isSame = attributes => attributes[name] === value ||
      (name === 'list' && value === 'unchecked' && attributes.list === 'checked')
    const lines = this.selectedLines()
    const isOn = lines.every(({ line }) => isSame(line.attributes))
    this.#changeLines(attributes => {
      if (!isOn && isSame(attributes)) return null
      const others = blockNames.filter(other => attributes[other] !== undefined && (isOn || other !== name))
      if (name !== 'list' && attributes.indent !== undefined) others.push('indent')
      return { ...Object.fromEntries(others.map(other => [other, null])), ...!isOn && { [name]: value } }
    })
  }

  /** Indents items of lists. @param {1 | -1} by @returns {boolean} Whether there are any, and some can be. */
  indentLists(by) {
    const items = this.selectedLines().filter(({ line }) => line.attributes.list !== undefined)
    if (items.length === 0 || (by < 0 && items.every(({ line }) => indentOf(line.attributes) === 0))) return false
    this.#changeLines(attributes => {
      if (attributes.list === undefined) return null
      const indent = Math.min(Math.max(indentOf(attributes) + by, 0), indentMax)
      return indent === indentOf(attributes) ? null : { indent: indent === 0 ? null : indent }
    })
    return true
  }

  /** Ticks items of check lists, or clears them if all of them are ticked. */
  toggleChecks(lines = this.selectedLines().map(({ line }) => line)) {
    const checks = lines.filter(({ attributes: { list } }) => list === 'checked' || list === 'unchecked')
    if (checks.length === 0) return false
    const list = checks.every(({ attributes }) => attributes.list === 'checked') ? 'unchecked' : 'checked'
    const { anchor, head } = this.#editor.selection
    this.#editor.change(text => {
      for (const line of checks) text.format(this.#lines.startOf(line) + line.length, 1, { list })
    }, anchor, head)
    return true
  }

  // MARK: Characters

  /** What all that is selected has in common: attributes of characters, and of lines. */
  formats() {
    const { start, end, isCollapsed } = this.range
    const lines = this.selectedLines()
    const block = common(lines.map(({ line }) => line.attributes))
    if (isCollapsed) return { inline: this.typingAttributes(start), block }
    const runs = []
    for (const { line, start: from, end: to } of this.#lines.between(start, end)) {
      for (const { attributes } of line.slice(from, to)) if (attributes !== runs.at(-1)) runs.push(attributes)
    }
    return { inline: common(runs), block }
  }

  /** Formats what is selected; without a selection, what is typed next. */
  format(change) {
    const { start, end, isCollapsed } = this.range
    if (isCollapsed) {
      this.#editor.typed = changed(this.typingAttributes(start), change)
      return
    }
    const { anchor, head } = this.#editor.selection
    this.#apply(start, this.#formatSteps({ start, end }, () => change), anchor, head)
  }

  /** Steps that format the characters of a range, and not the ends of lines. */
  #formatSteps({ start, end }, changeOf) {
    const steps = []
    for (const { line, index, start: from, end: to } of this.#lines.between(start, end)) {
      if (to > from) {
        const change = changeOf(line)
        steps.push({ retain: to - from, ...Object.keys(change).length > 0 && { attributes: change } })
      }
      if (index + line.length < end) steps.push({ retain: 1 })
    }
    return steps
  }

  /** @param {'bold' | 'italic' | 'underline' | 'strike' | 'code'} name */
  toggle(name) { this.format({ [name]: this.formats().inline[name] ? null : true }) }

  /** Takes all formats off what is selected, and makes lines that are selected as a whole paragraphs. */
  clear() {
    const { start, end, isCollapsed } = this.range
    this.#editor.typed = isCollapsed ? plain : null
    const off = Object.fromEntries(inlineNames.map(name => [name, null]))
    if (!isCollapsed) this.format(off)
    const lines = this.selectedLines()
    if (isCollapsed || lines.some(({ line, index }) => start <= index && end >= index + line.length)) {
      this.#changeLines(attributes => Object.fromEntries(
        [...blockNames, 'indent'].filter(name => attributes[name] !== undefined).map(name => [name, null])))
    }
    if (isCollapsed) this.#editor.typed = plain
  }

  /**
   * The link at an index, and how far it reaches.
   *
   * @returns {{ start: number, end: number, link: any } | null}
   */
  linkAt(index) {
    const { line, offset } = this.#lines.locate(index)
    let at = this.#lines.startOf(line)
    const lineStart = at
    let found = null
    for (const { attributes: { link }, length } of line.runs) {
      if (link !== undefined && found?.end === at && isEqual(found.link, link)) found.end += length
      else if (found === null || found.end < lineStart + offset) {
        found = link === undefined ? null : { start: at, end: at + length, link }
      }
      at += length
    }
    return found !== null && found.start <= index && found.end >= index ? found : null
  }
}

function common(list) {
  const [first = plain, ...others] = list
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every(other => isEqual(other[name], value))))
}
