/** Units of text that one row shows, at most. */
export const textUnitsMax = 2000

/** A piece of a text, or of a long string. */
export class TextPart {
  /** @param {string} text */
  constructor(text) { this.text = text }
}

/** Cuts a text into parts of {@link textUnitsMax} units at most, never through a character of two units. */
export function* cut(text) {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + textUnitsMax, text.length)
    if (end < text.length && isFirstHalf(text.charCodeAt(end - 1))) end -= 1
    yield text.slice(start, end)
    start = end
  }
}

const isFirstHalf = unit => unit >= 0xD800 && unit < 0xDC00
