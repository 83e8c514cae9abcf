/**
 * Numbers of ordered lists. They are counted here, since style sheets count only within what is drawn together.
 *
 * @module
 */

import { indentOf } from './formats.js'

/** More lines than these are all numbered anew. */
const singleLinesMax = 100

/**
 * Numbers the ordered items from some lines on, as far as numbers are different from before.
 *
 * @param {import('./lines.js').Lines} all
 * @param {Set<import('./line.js').Line>} lines
 */
export function number(all, lines) {
  if (lines.size > singleLinesMax) {
    let counts = null
    for (const { line } of all.between(0, all.length)) {
      counts = line.counts = countsOf(line, counts ?? [])
      showNumber(line)
    }
    return
  }
  for (let line of lines) {
    let counts = all.previous(line)?.counts ?? []
    for (let isFirst = true; line !== null; line = all.next(line), isFirst = false) {
      const before = line.counts
      line.counts = countsOf(line, counts)
      if (!isFirst && String(before) === String(line.counts) && (before === null) === (line.counts === null)) break
      showNumber(line)
      counts = line.counts ?? []
    }
  }
}

function countsOf({ attributes }, before) {
  if (typeof attributes.list !== 'string') return null
  const indent = indentOf(attributes)
  const counts = Array.from({ length: indent + 1 }, (_, level) => before[level] ?? 0)
  if (attributes.list === 'ordered') counts[indent] += 1
  return counts
}

/** Shows the number of an ordered item that is drawn. */
export function showNumber({ element, number }) {
  if (!element) return
  if (number === null) delete element.dataset.number
  else if (element.dataset.number !== String(number)) element.dataset.number = number
}
