/**
 * What attributes mean: those of Quill, whose editors share texts with this one. Attributes of characters format them; those
 * of a line are on the `\n` that ends it. Attributes that mean nothing here are kept.
 *
 * @module
 */

/** No attributes. */
export const plain = Object.freeze({})

/** Attributes of characters that can be set here. */
export const inlineNames = ['bold', 'italic', 'underline', 'strike', 'code', 'link']

/** Attributes that make a line something else than a paragraph; a line has one of them. */
export const blockNames = ['header', 'list', 'blockquote', 'code-block']

export const indentMax = 8

/** How far a line is indented. */
export const indentOf = ({ indent }) => Number.isInteger(indent) ? Math.min(Math.max(indent, 0), indentMax) : 0

/** Whether two values of JSON are the same. */
export function isEqual(left, right) {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const names = Object.keys(left)
  return names.length === Object.keys(right).length &&
    names.every(name => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
}

/** Attributes after a change, in which null takes one away. */
export function changed(attributes, change) {
  const result = { ...attributes, ...change }
  for (const name of Object.keys(change)) if (result[name] === null) delete result[name]
  return Object.keys(result).length === 0 ? plain : result
}

/** The change that makes `after` of `before`. */
export function difference(before, after) {
  const change = {}
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) change[name] = null
  for (const name of Object.keys(after)) if (!isEqual(before[name], after[name])) change[name] = after[name]
  return change
}

/** Where a link may lead, as an address; null when it may not be followed. */
export function linkTarget(value) {
  if (typeof value !== 'string' || !URL.canParse(value)) return null
  const url = new URL(value)
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null
}
