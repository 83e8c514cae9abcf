/**
 * Where what people take for one character or one word begins and ends: emoji of several parts and letters with marks are
 * never split.
 *
 * @module
 */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const words = new Intl.Segmenter(undefined, { granularity: 'word' })
/** Units to look at: no character is longer, and lines may be. */
const reach = 256

const isInsidePair = (text, offset) =>
  /[\uD800-\uDBFF]/.test(text[offset - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[offset] ?? '')

/** An offset that does not split a surrogate pair. @param {-1 | 1} direction Where to go if it does. */
export const wholeOffset = (text, offset, direction) => isInsidePair(text, offset) ? offset + direction : offset

/** Where the character before an offset begins. */
export function characterStart(text, offset) {
  const start = wholeOffset(text, Math.max(0, offset - reach), -1)
  let last = 0
  for (const { index } of graphemes.segment(text.slice(start, offset))) last = index
  return start + last
}

/** Where the character behind an offset ends. */
export function characterEnd(text, offset) {
  const [first] = graphemes.segment(text.slice(offset, offset + reach))
  return offset + (first?.segment.length ?? 0)
}

/** Where the word before an offset begins; what is no word between them belongs to it. */
export function wordStart(text, offset) {
  const start = wholeOffset(text, Math.max(0, offset - reach), -1)
  let last = 0
  for (const { index, isWordLike } of words.segment(text.slice(start, offset))) if (isWordLike) last = index
  return start + last
}

/** Where the word behind an offset ends. */
export function wordEnd(text, offset) {
  for (const { index, segment, isWordLike } of words.segment(text.slice(offset, offset + reach))) {
    if (isWordLike) return offset + index + segment.length
  }
  return Math.min(text.length, offset + reach)
}
