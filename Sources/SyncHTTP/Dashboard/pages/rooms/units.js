// The units of a type as the document holds them: who wrote them, at which of their clocks, and those that were deleted.

import { SharedType } from '../../crdt/crdt.js'
import { cut, TextPart } from './text-parts.js'

/** What was deleted, and has been given up since. */
export class GivenUp {}

/** A place in a text from which on it has a format, or has it no more. */
export class FormatMark {
  constructor({ name, value }) {
    this.name = name
    this.value = value
  }
}

/** Whether the core tells the units of types. */
export const tellsUnits = typeof SharedType.prototype.units === 'function'

/** Runs that are looked at to count what was deleted; a type that has more is counted as far as that. */
const countedRunsMax = 20_000

/** All runs of a type, read page by page. */
function* runsOf(type) {
  for (let page = type.units(); page.length > 0; page = type.units({ after: page.at(-1) })) yield* page
}

/**
 * @param {SharedType} type
 * @returns {{ count: number, isAll: boolean }} How many units were deleted from it, and whether all were looked at.
 */
export function deletedUnits(type) {
  let count = 0, runs = 0
  for (const run of runsOf(type)) {
    if (run.isDeleted) count += run.length
    if (++runs === countedRunsMax) return { count, isAll: false }
  }
  return { count, isAll: true }
}

/**
 * Runs of units in the order of the document, each named `client:clock+length`: those of a list first, then the values that
 * each key had. Text is listed in parts, and all else piece by piece.
 */
export class UnitsBranch {
  page = 200
  noun = 'run'
  #type
  /** Whether each row that was listed was a deleted one, by key. */
  #listed = new Map()
  #limit = 0

  constructor(type) { this.#type = type }

  list(limit) {
    const rows = [], listed = new Map()
    // What comes into view only because more is shown has not changed.
    const tellsChanges = limit === this.#limit
    let hasMore = false
    reading: for (const run of runsOf(this.#type)) {
      for (const { offset, length, content } of pieces(run)) {
        hasMore = rows.length === limit
        if (hasMore) break reading
        const key = `${run.client}:${run.clock + offset}`, { isDeleted } = run
        const isChanged = tellsChanges && this.#listed.get(key) !== isDeleted
        const label = `${run.key === undefined ? '' : `${run.key} `}${key}+${length}`
        rows.push({ key, label, content, isDeleted, isChanged })
        listed.set(key, isDeleted)
      }
    }
    this.#listed = listed
    this.#limit = limit
    return { rows, count: hasMore ? Infinity : rows.length }
  }

  note() {}
}

/** A run as rows show it. */
function* pieces({ length, kind, content }) {
  if (kind === 'text') {
    let offset = 0
    for (const text of cut(content)) {
      yield { offset, length: text.length, content: new TextPart(text) }
      offset += text.length
    }
  } else if (kind === 'values') {
    for (const [offset, value] of content.entries()) yield { offset, length: 1, content: value }
  } else yield { offset: 0, length, content: kind === 'format' ? new FormatMark(content) : new GivenUp() }
}
