/**
 * What an update changed, from the events of a document and pictures of it before and after.
 *
 * A change is `{ path, parts, keys }`: where it is, as a root's name with keys and indices behind it; what happened in the
 * order of a text or a list; and what happened to keys. Parts are
 *
 *     { kind: 'same' | 'inserted' | 'deleted' | 'formatted', text?: string, content?: Content, formats?: object, isUnknown? }
 *     { kind: 'left-out', count: number }
 *
 * and keys are `{ key, before?: Content, after?: Content }`.
 *
 * @module
 */

import { SharedArray, SharedMap, SharedText, SharedXMLElement, SharedXMLFragment, SharedXMLText } from '../../../crdt/crdt.js'
import { contentOf, isEmpty, unitsOf } from './picture.js'

/** What is shown around a change, and of one: characters of text. */
const contextMax = 48
const textMax = 4000
/** Parts and keys of a type that are shown. */
const partsMax = 200

/**
 * A root as a type that tells what happens to it: one that is told by its content only does not, before it is asked for
 * as what it is.
 */
export function declaredRoot(document, name, root) {
  if (root instanceof SharedXMLText) return document.xmlText(name)
  if (root instanceof SharedText) return document.text(name)
  if (root instanceof SharedXMLElement) return document.xmlElement(name)
  if (root instanceof SharedXMLFragment) return document.xmlFragment(name)
  if (root instanceof SharedMap) return document.map(name)
  return root instanceof SharedArray ? document.array(name) : root
}

/** What happened to a document's roots and to all inside them, while `body` runs. */
export function observing(document, body) {
  const heard = []
  const ends = [...document.roots].map(([name, root]) => declaredRoot(document, name, root).observeDeep(events => {
    for (const event of events) heard.push({ ...event, path: [name, ...event.path] })
  }))
  try { body() } finally { for (const end of ends) end() }
  return heard
}

/** How many units came, went or got another format, by an event: those of text, elements, values of keys. */
export function countEvent({ delta, keys }) {
  let inserted = 0, deleted = 0, formatted = 0
  for (const { insert, delete: gone, retain, attributes } of delta) {
    if (typeof insert === 'string') inserted += insert.length
    else if (insert !== undefined) for (const item of [insert].flat()) inserted += Math.max(1, unitsOf(contentOf(item)))
    if (gone) deleted += gone
    if (retain && attributes) formatted += retain
  }
  for (const { action } of keys.values()) {
    if (action !== 'delete') inserted += 1
    if (action !== 'add') deleted += 1
  }
  return { inserted, deleted, formatted }
}

/**
 * @param {object[]} events As {@link observing} hears them.
 * @param {import('./picture.js').Picture} before
 * @param {import('./picture.js').Picture} after
 * @returns {object[]} Changes, by their paths.
 */
export function changesOf(events, before, after) {
  const known = new Set(before.roots.map(([name]) => name))
  const fresh = after.roots.filter(([name, content]) => !known.has(name) && !isEmpty(content))
  return [
    ...fresh.map(([name, content]) => ({ path: [name], ...arrival(content) })),
    ...events.map(event => changeOf(event, before, after)),
  ].filter(({ parts, keys }) => parts.length > 0 || keys.length > 0)
}

/** All of a root that was not there before. */
function arrival(content) {
  const asKeys = entries => limitedKeys(entries.map(([key, after]) => ({ key, after })))
  switch (content.kind) {
    case 'text': return { parts: textParts(undefined, content.steps), keys: asKeys(content.attributes) }
    case 'map': return { parts: [], keys: asKeys(content.entries) }
    case 'array': return { parts: limited(content.items.map(item => ({ kind: 'inserted', content: item }))), keys: [] }
    case 'xml': return {
      parts: limited(content.items.map(item => ({ kind: 'inserted', content: item }))), keys: asKeys(content.attributes),
    }
    default: return { parts: [{ kind: 'inserted', content }], keys: [] }
  }
}

function changeOf({ target, path, delta, keys }, before, after) {
  const [was, is] = [before.types.get(target), after.types.get(target)]
  const members = content => new Map(content?.kind === 'map' ? content.entries : content?.attributes ?? [])
  const now = members(is)
  return {
    path,
    parts: delta.length === 0 ? [] : target.eventForm === 'text' ? textParts(was?.steps, delta) :
      listParts(was?.items, delta, after),
    keys: limitedKeys([...keys].map(([key, { action, oldValue }]) => ({
      key, before: action === 'add' ? undefined : before.types.get(oldValue) ?? contentOf(oldValue), after: now.get(key),
    }))),
  }
}

/** Hands out pieces of a text, from its beginning on. */
function* pieces(steps) {
  let index = 0, offset = 0
  let count = yield
  for (;;) {
    const result = []
    while (count > 0 && index < steps.length) {
      const { insert } = steps[index]
      const length = typeof insert === 'string' ? insert.length : 1
      const part = Math.min(count, length - offset)
      result.push(typeof insert === 'string' ? { text: insert.slice(offset, offset + part) } : { content: insert })
      offset += part
      count -= part
      if (offset === length) [index, offset] = [index + 1, 0]
    }
    count = yield result
  }
}

/**
 * @param {object[] | undefined} steps The text before; without one, `delta` is all of a new text, from a picture.
 * @param {object[]} delta
 */
function textParts(steps, delta) {
  const source = pieces(steps ?? [])
  source.next()
  const take = count => source.next(count).value
  const parts = []
  for (const step of delta) {
    if (step.insert !== undefined) {
      parts.push({ kind: 'inserted', formats: step.attributes, ...inserted(step.insert, steps === undefined) })
    } else if (step.delete !== undefined) {
      parts.push(...gone(take(step.delete), step.delete))
    } else {
      const kind = step.attributes ? 'formatted' : 'same'
      parts.push(...take(step.retain).map(piece => ({ kind, formats: step.attributes, ...piece })))
    }
  }
  if (steps) parts.push(...take(contextMax * 2).map(piece => ({ kind: 'same', ...piece })))
  return limited(parts.map((part, index) => shortened(part, index === 0, index === parts.length - 1)))
}

/** What came into a text: text, a content of a picture, or what is embedded, from an event. */
function inserted(thing, isContent) {
  if (typeof thing === 'string') return { text: thing }
  return { content: isContent ? thing : contentOf(thing) }
}

const gone = (pieces, count) =>
  pieces.length > 0 ? pieces.map(piece => ({ kind: 'deleted', ...piece })) : [{ kind: 'deleted', isUnknown: true, count }]

function listParts(items, delta, after) {
  let index = 0
  const parts = []
  for (const step of delta) {
    if (step.insert !== undefined) {
      for (const item of step.insert) parts.push({ kind: 'inserted', content: after.types.get(item) ?? contentOf(item) })
    } else if (step.delete !== undefined) {
      const old = items?.slice(index, index + step.delete) ?? []
      parts.push(...gone(old.map(content => ({ content })), step.delete))
      index += step.delete
    } else {
      if (step.retain > 0) parts.push({ kind: 'left-out', count: step.retain })
      index += step.retain
    }
  }
  return limited(parts)
}

/** Text that fits: all of what is changed up to a limit, and of what is as it was only what is next to it. */
function shortened(part, isFirst, isLast) {
  const { kind, text } = part
  if (text === undefined) return part
  if (kind !== 'same') return text.length <= textMax ? part : { ...part, text: head(text, textMax), more: text.length - textMax }
  if (isFirst && text.length > contextMax) return { ...part, text: `… ${tail(text, contextMax)}` }
  if (isLast && text.length > contextMax) return { ...part, text: `${head(text, contextMax)} …` }
  return text.length <= contextMax * 2 ? part : { ...part, text: `${head(text, contextMax)} … ${tail(text, contextMax)}` }
}

/** The first or the last characters of a text; half of a pair is none. */
const head = (text, count) => text.slice(0, /[\uD800-\uDBFF]/.test(text[count - 1]) ? count - 1 : count)
const tail = (text, count) => text.slice(/[\uDC00-\uDFFF]/.test(text[text.length - count]) ? 1 - count : -count)

const limited = parts => parts.length <= partsMax ? parts :
  [...parts.slice(0, partsMax), { kind: 'left-out', count: parts.length - partsMax, isMore: true }]

const limitedKeys = keys => keys.length <= partsMax ? keys : [...keys.slice(0, partsMax), { more: keys.length - partsMax }]
