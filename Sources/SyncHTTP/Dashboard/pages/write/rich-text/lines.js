import { changed, plain } from './formats.js'
import { Line, makeRun } from './line.js'
import { number } from './numbers.js'

/** Lines of a chunk, up to twice as many after changes. */
export const chunkLines = 100

/** Lines that are drawn together. */
export class Chunk {
  /** @type {Line[]} */
  lines = []
  /** Units of its lines, each with the `\n` that ends it. */
  length = 0
  /** @type {HTMLElement | null} */
  element = null
  isDrawn = false

  /** @param {Line[]} lines */
  constructor(lines) {
    for (const line of lines) {
      line.chunk = this
      this.length += line.length + 1
    }
    this.lines = lines
  }
}

/** What a change touched, for those who draw lines. */
export class Changes {
  /** @type {Set<Line>} Lines to be drawn anew. */
  lines = new Set()
  /** @type {Set<Chunk>} Chunks that got or lost lines. */
  chunks = new Set()
  /** @type {Set<Line>} Lines from which on numbers of lists may be different. */
  structure = new Set()
}

/**
 * A text as lines. What follows the last `\n` is a line, too, which may be empty; it counts as if a `\n` ended it.
 *
 * Lines are kept in chunks of about a hundred, so that finding one among 100,000 takes a walk over a thousand sums, some
 * microseconds, and what draws them has something to skip.
 */
export class Lines {
  /** @type {Chunk[]} */
  chunks = [new Chunk([new Line()])]
  #length = 1

  /** @param {object[]} delta What the text holds, in steps `{ insert, attributes }`. */
  constructor(delta) { this.apply(delta) }

  /** @type {number} Units of the text. */
  get length() { return this.#length - 1 }

  /** @type {Line} */
  get first() { return this.chunks[0].lines[0] }

  /** @type {Line} */
  get last() { return this.chunks.at(-1).lines.at(-1) }

  /** The line at an index, and how far into it that is. @returns {{ line: Line, offset: number }} */
  locate(index) {
    // Loading appends again and again.
    if (index >= this.length) return { line: this.last, offset: this.last.length }
    let rest = Math.max(index, 0)
    for (const chunk of this.chunks) {
      if (rest >= chunk.length) {
        rest -= chunk.length
        continue
      }
      for (const line of chunk.lines) {
        if (rest <= line.length) return { line, offset: rest }
        rest -= line.length + 1
      }
    }
    throw new RangeError('the sums of the chunks are wrong')
  }

  /** The index where a line begins. */
  startOf(line) {
    let index = this.startOfChunk(line.chunk)
    for (const other of line.chunk.lines) {
      if (other === line) return index
      index += other.length + 1
    }
    throw new RangeError('the line is no longer there')
  }

  /** The index where a chunk begins. */
  startOfChunk(chunk) {
    let index = 0
    for (const other of this.chunks) {
      if (other === chunk) return index
      index += other.length
    }
    throw new RangeError('the chunk is no longer there')
  }

  /** @returns {Line | null} */
  next(line) {
    const { lines } = line.chunk, place = lines.indexOf(line) + 1
    return lines[place] ?? this.chunks[this.chunks.indexOf(line.chunk) + 1]?.lines[0] ?? null
  }

  /** @returns {Line | null} */
  previous(line) {
    const { lines } = line.chunk, place = lines.indexOf(line) - 1
    return lines[place] ?? this.chunks[this.chunks.indexOf(line.chunk) - 1]?.lines.at(-1) ?? null
  }

  /**
   * The lines that have something of a range, with where they begin, and what of them is within.
   *
   * @yields {{ line: Line, index: number, start: number, end: number }}
   */
  * between(start, end) {
    const { line: first, offset } = this.locate(start)
    let index = Math.min(start, this.length) - offset
    let chunk = this.chunks.indexOf(first.chunk), place = first.chunk.lines.indexOf(first)
    while (chunk < this.chunks.length && index <= end) {
      const line = this.chunks[chunk].lines[place]
      yield { line, index, start: Math.max(start - index, 0), end: Math.min(end - index, line.length) }
      index += line.length + 1
      if (++place === this.chunks[chunk].lines.length) {
        place = 0
        chunk += 1
      }
    }
  }

  /** What the text has between two indices, in steps `{ insert, attributes }`. */
  slice(start, end) {
    const steps = []
    const add = (insert, attributes) =>
      steps.push(Object.keys(attributes).length > 0 ? { insert, attributes } : { insert })
    for (const { line, index, start: from, end: to } of this.between(start, end)) {
      for (const run of line.slice(from, to)) add(run.insert, run.attributes)
      if (index + line.length < end && line !== this.last) add('\n', line.attributes)
    }
    return steps
  }

  // MARK: Changing

  /** Makes the changes of a delta. @returns {Changes} */
  apply(delta) {
    const changes = new Changes()
    let index = 0
    for (const { insert, retain, delete: deletion, attributes = plain } of delta) {
      if (typeof insert === 'string') {
        this.#insertText(changes, index, insert, attributes)
        index += insert.length
      } else if (insert !== undefined) {
        this.#insertRun(changes, this.locate(index), makeRun(insert, attributes))
        index += 1
      } else if (retain !== undefined) {
        if (Object.keys(attributes).length > 0) this.#format(changes, index, index + retain, attributes)
        index += retain
      } else {
        this.#delete(changes, index, deletion)
      }
    }
    number(this, changes.structure)
    return changes
  }

  #grow(chunk, units) {
    chunk.length += units
    this.#length += units
  }

  #insertRun(changes, { line, offset }, run) {
    line.insert(offset, run)
    this.#grow(line.chunk, run.length)
    changes.lines.add(line)
  }

  #insertText(changes, index, text, attributes) {
    const { line, offset } = this.locate(index)
    const parts = text.split('\n')
    if (parts.length === 1) return this.#insertRun(changes, { line, offset }, makeRun(text, attributes))
    const runs = part => part === '' ? [] : [makeRun(part, attributes)]
    const { chunk } = line, place = chunk.lines.indexOf(line)
    const made = []
    // A line keeps its element when others come in front of it or behind it.
    if (offset === 0) {
      for (const part of parts.slice(0, -1)) made.push(new Line(runs(part), attributes))
      line.insert(0, makeRun(parts.at(-1), attributes))
      this.#insertLines(chunk, place, made)
    } else {
      const last = new Line(runs(parts.at(-1)), line.attributes)
      last.append(line.cut(offset))
      line.append(runs(parts[0]))
      line.attributes = attributes
      for (const part of parts.slice(1, -1)) made.push(new Line(runs(part), attributes))
      made.push(last)
      this.#insertLines(chunk, place + 1, made)
    }
    this.#grow(chunk, text.length)
    changes.chunks.add(chunk)
    for (const other of [...made, line]) {
      changes.lines.add(other)
      changes.structure.add(other)
    }
    this.#fitChunk(changes, chunk)
  }

  #insertLines(chunk, place, lines) {
    for (const line of lines) line.chunk = chunk
    chunk.lines = [...chunk.lines.slice(0, place), ...lines, ...chunk.lines.slice(place)]
  }

  #delete(changes, index, length) {
    let { line, offset } = this.locate(index)
    while (length > 0) {
      const within = Math.min(length, line.length - offset)
      if (within > 0) {
        line.remove(offset, within)
        this.#grow(line.chunk, -within)
        length -= within
        changes.lines.add(line)
      }
      if (length === 0) return
      const next = this.next(line)
      if (next === null) return
      length -= 1
      if (offset === 0) {
        this.#removeLine(changes, line)
        line = next
      } else {
        this.#removeLine(changes, next)
        line.append(next.runs)
        line.attributes = next.attributes
        this.#grow(line.chunk, next.length)
      }
      changes.lines.add(line)
      changes.structure.add(line)
    }
  }

  #removeLine(changes, line) {
    const { chunk } = line
    chunk.lines.splice(chunk.lines.indexOf(line), 1)
    this.#grow(chunk, -line.length - 1)
    changes.chunks.add(chunk)
    changes.lines.delete(line)
    changes.structure.delete(line)
    line.chunk = null
    if (chunk.lines.length === 0) this.chunks.splice(this.chunks.indexOf(chunk), 1)
  }

  #format(changes, start, end, change) {
    for (const { line, index, start: from, end: to } of this.between(start, end)) {
      line.format(from, to, change)
      if (index + line.length < end && line !== this.last) {
        line.attributes = changed(line.attributes, change)
        changes.structure.add(line)
      }
      if (index < end) changes.lines.add(line)
    }
  }

  /** Divides a chunk that has become too large. */
  #fitChunk(changes, chunk) {
    if (chunk.lines.length <= chunkLines * 2) return
    const rest = chunk.lines.splice(chunkLines)
    const made = []
    for (let place = 0; place < rest.length; place += chunkLines) {
      made.push(new Chunk(rest.slice(place, place + chunkLines)))
    }
    const place = this.chunks.indexOf(chunk) + 1
    this.chunks = [...this.chunks.slice(0, place), ...made, ...this.chunks.slice(place)]
    for (const { length } of made) chunk.length -= length
    for (const other of made) changes.chunks.add(other)
  }
}
