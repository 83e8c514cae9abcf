// What is wrong with a page for somebody who does not see it well, or uses it without a mouse, as a list of sentences.

const problems = []
const describe = node => {
  const classes = [...node.classList].map(name => `.${name}`).join('')
  const text = (node.innerText ?? node.textContent ?? '').trim().slice(0, 40)
  return `<${node.localName}${node.id && `#${node.id}`}${classes}> ${JSON.stringify(text)}`
}
const isSeen = node => node.checkVisibility({ visibilityProperty: true, opacityProperty: true })
/** Whether it is there for screen readers only. */
const isHiddenFromSight = node => {
  for (let at = node; at; at = at.parentElement) if (getComputedStyle(at).clipPath === 'inset(50%)') return true
  return false
}
const all = selector => [...document.querySelectorAll(selector)].filter(isSeen)
/** A dialog makes all else inert. */
const dialog = document.querySelector('dialog[open]')
const isInert = node => node.closest('[inert]') !== null || (dialog !== null && !dialog.contains(node))

// MARK: Names and roles

const interactive = new Set(['button', 'link', 'textbox', 'searchbox', 'combobox', 'listbox', 'checkbox', 'radio', 'slider',
  'switch', 'tab', 'menuitem', 'spinbutton', 'treeitem', 'option', 'gridcell', 'ColorWell', 'Date'])
for (const node of all('a[href], button, input:not([type=hidden]), select, textarea, summary, [contenteditable], [tabindex], [role]')) {
  if (isInert(node)) continue
  const role = node.computedRole
  const isNative = node.matches('a[href], button, input, select, textarea, summary')
  if (node.tabIndex >= 0 && !isNative && ['none', 'generic', ''].includes(role)) {
    problems.push(`${describe(node)} takes the focus but has no role`)
  }
  if ((isNative || interactive.has(role) || node.tabIndex >= 0) && !node.computedName.trim()) {
    problems.push(`${describe(node)} (${role}) has no name`)
  }
}
for (const node of all('input:not([type=hidden], [type=button], [type=submit]), select, textarea, [contenteditable]:not([contenteditable=false])')) {
  if (isInert(node) || node.parentElement.closest('[contenteditable]')) continue
  const isLabelled = node.labels?.length > 0 || node.hasAttribute('aria-label') || node.hasAttribute('aria-labelledby')
  if (!isLabelled) problems.push(`${describe(node)} has no label`)
}
for (const node of all('img, svg, canvas, [role=img], meter, progress')) {
  if (node.parentElement?.closest('svg, [role=img]') || node.closest('[aria-hidden=true]') || isInert(node)) continue
  if (!node.computedName.trim()) problems.push(`${describe(node)} says nothing, and is not hidden from screen readers`)
}
for (const node of document.querySelectorAll('[aria-hidden=true]')) {
  for (const inner of [node, ...node.querySelectorAll('a[href], button, input, select, textarea, [tabindex]')]) {
    if (inner.tabIndex >= 0 && isSeen(inner)) problems.push(`${describe(inner)} takes the focus but is hidden from screen readers`)
  }
}

// MARK: Structure

const levels = all('h1, h2, h3, h4, h5, h6').filter(node => !isInert(node)).map(node => Number(node.localName[1]))
if (!dialog && levels.filter(level => level === 1).length !== 1) problems.push(`there are headings ${levels}, and not one h1`)
levels.forEach((level, index) => {
  if (index > 0 && level > levels[index - 1] + 1) problems.push(`headings leave a level out: ${levels.slice(0, index + 1)}`)
})
for (const selector of ['main', 'body > header']) {
  if (document.querySelectorAll(selector).length !== 1) problems.push(`there is not one ${selector}`)
}
const parts = all('nav, [role=navigation], section[aria-label], [role=search]').filter(node => !isInert(node))
for (const node of parts) if (!node.computedName.trim()) problems.push(`${describe(node)} has no name`)
const navigations = parts.filter(node => node.computedRole === 'navigation').map(node => node.computedName)
if (!dialog && (navigations.length === 0 || new Set(navigations).size < navigations.length)) problems.push(`navigations are ${navigations}`)
if (!document.documentElement.lang) problems.push('the page says no language')
if (!document.title) problems.push('the page has no title')
const identifiers = [...document.querySelectorAll('[id]')].map(node => node.id)
for (const id of new Set(identifiers.filter((id, index) => identifiers.indexOf(id) !== index))) problems.push(`the id ${id} is there twice`)
for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-owns', 'aria-activedescendant', 'for']) {
  for (const node of document.querySelectorAll(`[${attribute}]`)) {
    for (const id of node.getAttribute(attribute).split(/\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) problems.push(`${describe(node)} refers by ${attribute} to ${id}, which is not there`)
    }
  }
}
for (const list of all('ul, ol')) {
  for (const child of list.children) if (!child.matches('li, script, template')) problems.push(`${describe(child)} is in a list but no item`)
}
for (const cell of all('table')) {
  if (!cell.querySelector('th')) problems.push(`${describe(cell)} has no headers`)
}

// MARK: Contrast

const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
const known = new Map()
/** A colour in any notation, as red, green, blue and opacity from 0 to 1. */
const components = colour => {
  if (!known.has(colour)) {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data].map(part => part / 255))
  }
  return known.get(colour)
}
const over = ([r, g, b, a], below) => [r, g, b].map((part, index) => part * a + below[index] * (1 - a))
const luminance = colour => {
  const [r, g, b] = colour.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}
/** What is behind an element, with all that lets something through. */
const background = node => {
  const layers = []
  for (let at = node; at; at = at.parentElement) {
    const colour = components(getComputedStyle(at).backgroundColor)
    layers.unshift(colour)
    if (colour[3] === 1) break
  }
  return layers.reduce((below, layer) => over(layer, below), [1, 1, 1])
}
const opacity = node => {
  let product = 1
  for (let at = node; at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity)
  return product
}
const check = (node, colour, what) => {
  if (node.closest(':disabled, [aria-disabled=true]') || isInert(node) || isHiddenFromSight(node)) return
  const style = getComputedStyle(node)
  const size = parseFloat(style.fontSize)
  const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5
  const below = background(node)
  const [r, g, b, a] = components(colour)
  // What cannot be seen at all is there to take up room.
  if (a === 0) return
  const ratio = contrast(over([r, g, b, a * opacity(node)], below), below)
  if (ratio < least) problems.push(`${describe(node)}: ${what} has a contrast of ${ratio.toFixed(2)}, which is less than ${least}`)
}
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
const checked = new Set()
while (texts.nextNode()) {
  const node = texts.currentNode.parentElement
  if (checked.has(node) || !texts.currentNode.data.trim() || !isSeen(node) || node.closest('script, style, noscript, option')) continue
  checked.add(node)
  const style = getComputedStyle(node)
  check(node, node.closest('svg') ? style.fill : style.color, 'text')
}
for (const node of all('input:not([type=checkbox], [type=radio], [type=range], [type=hidden]), textarea, select')) {
  check(node, getComputedStyle(node).color, 'what is written there')
  if (node.placeholder) check(node, getComputedStyle(node, '::placeholder').color, 'what it says while it is empty')
}

return problems
