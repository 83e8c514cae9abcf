/**
 * Where indices go when a delta changes the text around them.
 *
 * @module
 */

/**
 * @param {number} index
 * @param {object[]} delta
 * @param {boolean} goesAlong Whether what is inserted at the index pushes it.
 */
export function movedIndex(index, delta, goesAlong = false) {
  let at = 0
  for (const { insert, retain, delete: deletion } of delta) {
    if (at > index) break
    if (retain !== undefined) at += retain
    else if (deletion !== undefined) index -= Math.min(deletion, index - at)
    else {
      const length = typeof insert === 'string' ? insert.length : 1
      if (at < index || goesAlong) index += length
      at += length
    }
  }
  return index
}

/** A selection where it belongs after a delta: it does not grow, and it keeps its direction. */
export function movedSelection({ anchor, head }, delta) {
  if (anchor === head) {
    const index = movedIndex(head, delta)
    return { anchor: index, head: index }
  }
  return { anchor: movedIndex(anchor, delta, anchor < head), head: movedIndex(head, delta, head < anchor) }
}

/** Where the last change of a delta ends. @returns {number | null} */
export function lastChange(delta) {
  let at = 0, place = null
  for (const { insert, retain, delete: deletion, attributes } of delta) {
    if (retain !== undefined) {
      at += retain
      if (attributes !== undefined) place = at
    } else {
      if (deletion === undefined) at += typeof insert === 'string' ? insert.length : 1
      place = at
    }
  }
  return place
}

/**
 * What makes one text of another: a range of the old one, and what replaces it.
 *
 * @param {string} before
 * @param {string} after
 * @param {number} caret Where the caret is in `after`: what was typed is in front of it.
 * @returns {{ start: number, end: number, insert: string } | null}
 */
export function splice(before, after, caret) {
  if (before === after) return null
  let start = 0, end = 0
  const endMax = Math.min(before.length, after.length - caret)
  while (end < endMax && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  const startMax = Math.min(before.length, after.length) - end
  while (start < startMax && before[start] === after[start]) start += 1
  // Halves of surrogate pairs are no text: both change.
  if (/[\uD800-\uDBFF]/.test(before[start - 1] ?? '')) start -= 1
  if (/[\uDC00-\uDFFF]/.test(before[before.length - end] ?? '')) end -= 1
  return { start, end: before.length - end, insert: after.slice(start, after.length - end) }
}
