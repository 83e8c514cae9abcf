/**
 * What several pages are made of.
 *
 * @module
 */

import { element, uniqueID } from './dom.js'
import { icon } from './icons.js'

/**
 * A page's title and what can be done there. The title gets the focus when the page is opened.
 *
 * @param {string} title
 * @param {string} [text] What the page is for.
 * @param {...Node} actions
 */
export const pageHead = (title, text, ...actions) => element('div', { class: 'page-head' },
  element('div', {}, element('h1', { tabindex: -1 }, title), text && element('p', { class: 'quiet' }, text)),
  actions.length > 0 && element('div', { class: 'actions' }, ...actions))

/**
 * A part of a page with a title.
 *
 * @param {string} title
 * @param {...(Node | string)} children
 */
export function card(title, ...children) {
  const id = uniqueID('card')
  return element('section', { class: 'card', 'aria-labelledby': id },
    element('header', {}, element('h2', { id }, title)), ...children)
}

/** A button. @param {string} text @param {() => void} action @param {Record<string, any>} [attributes] */
export const button = (text, action, attributes = {}) =>
  element('button', { type: 'button', on: { click: action }, ...attributes }, text)

/** A button that shows an icon only. @param {string} label What it does, for those who do not see it. */
export const iconButton = (name, label, action, attributes = {}) => element('button', {
  type: 'button', class: 'icon plain', 'aria-label': label, title: label, on: { click: action }, ...attributes,
}, icon(name))

/** A word that stands out. @param {'' | 'good' | 'warning' | 'bad' | 'accent'} kind */
export const badge = (text, kind = '') => element('span', { class: `badge ${kind}` }, text)

/**
 * A message within a page.
 *
 * @param {'' | 'good' | 'warning' | 'bad'} kind
 * @param {string} title
 * @param {string} [text]
 * @param {...Node} actions
 */
export const notice = (kind, title, text, ...actions) => element('div', { class: `notice ${kind}` },
  icon(kind === 'good' ? 'check' : kind === '' ? 'information' : 'warning'),
  element('div', {}, element('p', {}, element('strong', {}, title)), text && element('p', {}, text),
    actions.length > 0 && element('div', { class: 'row' }, ...actions)))

/** What stands where nothing is. @param {string} name An icon. */
export const emptyState = (name, title, text) => element('div', { class: 'empty' },
  icon(name), element('strong', {}, title), text && element('p', {}, text))

/** A field with its label. @param {HTMLElement} control */
export function field(label, control, hint) {
  control.id ||= uniqueID('field')
  const hintID = hint && uniqueID('hint')
  if (hint) control.setAttribute('aria-describedby', hintID)
  return element('div', { class: 'field' }, element('label', { for: control.id }, label), control,
    hint && element('span', { class: 'quiet small', id: hintID }, hint))
}

/**
 * Asks something before it is done.
 *
 * @param {{ title: string, text?: string, action: string, isDangerous?: boolean, controls?: Node[] }} question
 * @returns {Promise<boolean>} Whether to do it.
 */
export function ask({ title, text, action, isDangerous = false, controls = [] }) {
  return new Promise(resolve => {
    const id = uniqueID('dialog')
    const dialog = element('dialog', { 'aria-labelledby': id },
      element('form', { method: 'dialog' },
        element('h2', { id }, title), text && element('p', {}, text), ...controls,
        element('div', { class: 'actions' },
          // No button of the form: Enter means the other one.
          button('Cancel', () => dialog.close('cancel')),
          element('button', { value: 'do', class: isDangerous ? 'danger' : 'primary' }, action))))
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'do')
      dialog.remove()
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}

/**
 * Tabs, of which one is chosen; arrow keys choose another.
 *
 * @param {string} label What they choose between.
 * @param {{ name: string, text: string }[]} tabs
 * @param {string} chosen
 * @param {(name: string) => void} choose
 * @returns {{ list: HTMLElement, panel: HTMLElement }} What is chosen is to be shown in the panel.
 */
export function tabs(label, tabs, chosen, choose) {
  const panel = element('div', { role: 'tabpanel', tabindex: 0, id: uniqueID('panel') })
  const list = element('div', { class: 'tabs', role: 'tablist', 'aria-label': label })
  const select = (tab, focuses) => {
    for (const other of list.children) {
      const isChosen = other === tab
      other.setAttribute('aria-selected', isChosen)
      other.tabIndex = isChosen ? 0 : -1
    }
    panel.setAttribute('aria-labelledby', tab.id)
    if (focuses) tab.focus()
  }
  for (const { name, text } of tabs) {
    const tab = element('button', { type: 'button', role: 'tab', id: uniqueID('tab'), 'aria-controls': panel.id, 'data-name': name }, text)
    tab.addEventListener('click', () => { select(tab); choose(name) })
    list.append(tab)
    if (name === chosen) select(tab)
  }
  list.addEventListener('keydown', event => {
    const all = [...list.children], index = all.indexOf(document.activeElement)
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: all.length - 1 }[event.key]
    if (next === undefined || index < 0) return
    event.preventDefault()
    const tab = all[(next + all.length) % all.length]
    select(tab, true)
    choose(tab.dataset.name)
  })
  return { list, panel }
}
