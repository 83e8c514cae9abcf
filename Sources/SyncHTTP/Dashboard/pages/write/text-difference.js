/**
 * How texts differ, in UTF-16 units as JavaScript and Yjs count them.
 *
 * @module
 */

const isLow = (text, index) => (text.charCodeAt(index) & 0xFC00) === 0xDC00

/**
 * The one stretch in which two texts differ. Where several would do, as after a letter was doubled, it is the one that ends
 * where the caret is.
 *
 * @param {string} before
 * @param {string} after
 * @param {number} [caret] Where it stands in the text after.
 * @returns {{ index: number, deleted: number, inserted: string } | null} Null when they are the same. It never starts or ends
 *   within a character of two units.
 */
export function difference(before, after, caret = after.length) {
  if (before === after) return null
  const shorter = Math.min(before.length, after.length)
  const behind = Math.min(after.length - caret, shorter)
  let end = 0
  while (end < behind && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  let start = 0
  while (start < shorter - end && before[start] === after[start]) start += 1
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  if (start > 0 && (isLow(before, start) || isLow(after, start))) start -= 1
  if (end > 0 && (isLow(before, before.length - end) || isLow(after, after.length - end))) end -= 1
  return { index: start, deleted: before.length - start - end, inserted: after.slice(start, after.length - end) }
}

/**
 * Where an index is after a change of the text around it.
 *
 * @param {object[]} delta
 * @param {number} index
 * @param {boolean} [staysBehind] Whether it is behind what was inserted exactly there; before it unless said otherwise.
 */
export function moved(delta, index, staysBehind = false) {
  let place = 0
  for (const step of delta) {
    if (place > index) break
    if (step.retain !== undefined) place += step.retain
    else if (step.delete !== undefined) index = Math.max(place, index - step.delete)
    else {
      const length = typeof step.insert === 'string' ? step.insert.length : 1
      if (place < index || staysBehind) index += length
      place += length
    }
  }
  return index
}
