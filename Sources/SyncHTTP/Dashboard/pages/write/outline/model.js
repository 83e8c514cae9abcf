/**
 * An outline in a document: a fragment of XML with an element for each item, which has one text, and items of its own.
 *
 *     <item checked="true">Bread<item>with seeds</item></item>
 *
 * Yjs has no way to move what is in a list, so an item is moved by writing a copy of it and all under it where it goes, and
 * deleting it where it was. That has to be known of moves that somebody else does not see yet: what they write into the item
 * meanwhile is deleted with it, and when they move it, too, there are two of it afterwards. Neither is lost for good: both
 * have undo, and the relay keeps the history.
 *
 * @module
 */

import { SharedText, SharedXMLElement, SharedXMLHook, SharedXMLText } from '../../../crdt/crdt.js'

const itemName = 'item'

/** @typedef {import('../../../crdt/crdt.js').SharedXMLFragment} Fragment */
/** @typedef {import('../../../crdt/crdt.js').SharedXMLElement} Item */

/** Whether a node is an item: others may have put other nodes there, which stay as they are. */
export const isItem = node => node instanceof SharedXMLElement && node.name === itemName

/** @param {Fragment} parent @returns {Item[]} */
export const itemsIn = parent => parent.toArray().filter(isItem)

/** @param {Item} item @returns {SharedXMLText | null} Null when somebody has made the item without one. */
export const textIn = item => item.toArray().find(node => node instanceof SharedXMLText) ?? null

/** @param {Item} item */
export const isChecked = item => item.getAttribute('checked') === 'true'

/**
 * A text as characters. What is embedded is one character of its own, so that indices are those of the text.
 *
 * @param {SharedXMLText | null} text
 */
export const charactersOf = text =>
  text === null ? '' : text.toDelta().map(({ insert }) => typeof insert === 'string' ? insert : '\uFFFC').join('')

/**
 * An outline as lines of Markdown.
 *
 * @param {Fragment} parent
 * @param {string} [indentation]
 * @returns {string[]}
 */
export const linesOf = (parent, indentation = '') => itemsIn(parent).flatMap(item => [
  `${indentation}- [${isChecked(item) ? 'x' : ' '}] ${charactersOf(textIn(item))}`, ...linesOf(item, `${indentation}  `),
])

/** @param {Item} item @returns {Item | null} The item before it, at its level. */
export const previousOf = item => neighbours(item).previous

/** @param {Item} item @returns {Item | null} The item behind it, at its level. */
export const nextOf = item => neighbours(item).next

function neighbours(item) {
  const items = item.parent === null ? [] : itemsIn(item.parent)
  const place = items.indexOf(item)
  return { previous: items[place - 1] ?? null, next: place < 0 ? null : items[place + 1] ?? null }
}

const indexOf = node => node.parent.toArray().indexOf(node)

// MARK: Changes, which belong into a transaction

/** The text of an item, made unless it has one. @param {Item} item */
export const textFor = item => textIn(item) ?? item.insertText(0)

/**
 * Makes an item.
 *
 * @param {Fragment} parent
 * @param {number} index Among all nodes there.
 * @param {string} [characters]
 * @returns {Item}
 */
export function insertItem(parent, index, characters = '') {
  const item = parent.insertElement(index, itemName)
  item.insertText(0).insert(0, characters)
  return item
}

/** Makes an item beside another one. @param {Item} item @param {string} [characters] */
export const insertBefore = (item, characters) => insertItem(item.parent, indexOf(item), characters)

/** Makes an item beside another one. @param {Item} item @param {string} [characters] */
export const insertBehind = (item, characters) => insertItem(item.parent, indexOf(item) + 1, characters)

/** Makes an item that is the first under another one. @param {Item} item @param {string} [characters] */
export function insertUnder(item, characters) {
  const first = itemsIn(item)[0]
  return insertItem(item, first ? indexOf(first) : item.length, characters)
}

/** @param {Item} item */
export function toggle(item) {
  if (isChecked(item)) item.removeAttribute('checked')
  else item.setAttribute('checked', 'true')
}

/** Deletes an item with all under it. @param {Item} item */
export const remove = item => item.parent.delete(indexOf(item))

/**
 * Moves an item, with its text, its attributes and all under it.
 *
 * @param {Item} item
 * @param {Fragment} parent Neither the item nor anything under it.
 * @param {number} index Among all nodes there, before the item is taken away.
 * @param {(from: Item, to: Item) => void} [noteCopy] Told of each item that is another one from now on.
 * @returns {Item} What stands for it now.
 */
export function move(item, parent, index, noteCopy = () => {}) {
  const copied = copy(item, parent, index, noteCopy)
  remove(item)
  return copied
}

/** Puts an item under the one before it. @returns {Item | null} Null when there is none. */
export function indent(item, noteCopy) {
  const parent = previousOf(item)
  return parent && move(item, parent, parent.length, noteCopy)
}

/** Puts an item behind the one that it is under. @returns {Item | null} Null when it is under none. */
export function outdent(item, noteCopy) {
  const { parent } = item
  return isItem(parent) ? move(item, parent.parent, indexOf(parent) + 1, noteCopy) : null
}

/** Puts an item before the one before it. @returns {Item | null} Null when there is none. */
export function moveUp(item, noteCopy) {
  const previous = previousOf(item)
  return previous && move(item, item.parent, indexOf(previous), noteCopy)
}

/** Puts an item behind the one behind it. @returns {Item | null} Null when there is none. */
export function moveDown(item, noteCopy) {
  const next = nextOf(item)
  return next && move(item, item.parent, indexOf(next) + 1, noteCopy)
}

/** Puts what is under an item into its place. @returns {Item[]} What stands there now. */
export function dissolve(item, noteCopy) {
  const lifted = itemsIn(item).map(child => copy(child, item.parent, indexOf(item), noteCopy))
  remove(item)
  return lifted
}

function copy(node, parent, index, noteCopy) {
  if (node instanceof SharedXMLText) {
    const text = parent.insertText(index)
    // What is embedded as a type of its own has no place in an outline.
    text.applyDelta(node.toDelta().filter(({ insert }) => !(insert?.isSharedType)))
    return text
  }
  if (node instanceof SharedXMLHook) {
    const hook = parent.insertHook(index, node.name)
    for (const [key, value] of node.entries()) if (!value?.isSharedType) hook.set(key, value)
    return hook
  }
  const element = parent.insertElement(index, node.name)
  for (const [name, value] of Object.entries(node.getAttributes())) {
    element.setAttribute(name, value instanceof SharedText ? value.toString() : value)
  }
  for (const child of node.toArray()) copy(child, element, element.length, noteCopy)
  if (isItem(node)) noteCopy(node, element)
  return element
}
