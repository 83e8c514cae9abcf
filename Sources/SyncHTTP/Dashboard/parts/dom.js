/**
 * Elements. What is put in is text, never markup: nothing that somebody wrote can become a part of the page.
 *
 * @module
 */

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes] Those that are true are set empty; those that are false, null or undefined are
 *   left out; for ARIA's, true and false are values. `on` has listeners by event.
 * @param {...(Node | string | number | null | undefined | false)} children Strings and numbers become text.
 * @returns {HTMLElement}
 */
export const element = (tag, attributes = {}, ...children) =>
  furnish(document.createElement(tag), attributes, children)

/** Makes an element of SVG, as {@link element} does. */
export const drawing = (tag, attributes = {}, ...children) =>
  furnish(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener)
    } else if (name.startsWith('on')) {
      throw new TypeError('listeners are functions')
    } else if (typeof value === 'boolean' && name.startsWith('aria-')) {
      node.setAttribute(name, String(value))
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value === true ? '' : String(value))
    }
  }
  node.append(...children.filter(child => child !== null && child !== undefined && child !== false).map(
    child => child instanceof Node ? child : String(child)))
  return node
}

/** Sets an element's text if it is another one: what is as it was is not touched, nor read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/**
 * Makes a list of elements show `items`, and keeps those elements that stay: with them focus, selection and scrolling.
 *
 * @template Item
 * @param {Element} parent Has no other children.
 * @param {Item[]} items
 * @param {(item: Item) => string} key Tells items apart.
 * @param {(item: Item) => Element} make Makes an item's element.
 * @param {(node: Element, item: Item) => void} [update] Makes an element show an item; called for new ones, too.
 */
export function showList(parent, items, key, make, update = () => {}) {
  const known = new Map([...parent.children].map(node => [node.listKey, node]))
  const names = items.map(key), staying = new Set(names)
  // What is gone goes first: otherwise all that stays behind it would be moved, and what is moved loses the focus.
  for (const [name, node] of known) if (!staying.has(name)) node.remove()
  let place = parent.firstElementChild
  for (const [index, item] of items.entries()) {
    const name = names[index]
    let node = known.get(name)
    if (!node) {
      node = make(item)
      node.listKey = name
    }
    update(node, item)
    if (node === place) place = place.nextElementSibling
    else parent.insertBefore(node, place)
  }
}

let lastID = 0

/** An identifier that no other element has, to be referred to by labels. */
export const uniqueID = prefix => `${prefix}-${++lastID}`
