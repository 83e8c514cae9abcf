import { element } from './parts/dom.js'
import { icon } from './parts/icons.js'
import { iconButton } from './parts/pieces.js'

const list = document.getElementById('toasts')
const atOnce = 3
const milliseconds = 6000

/**
 * Tells something in a corner: read out when nothing else is, gone after a while, never in the way of what has the focus.
 * It stays while it is pointed at or has the focus.
 *
 * @param {object} news
 * @param {string} news.title
 * @param {string} [news.text]
 * @param {'' | 'warning' | 'bad'} [news.kind]
 * @param {string} [news.icon]
 * @param {string} [news.href] Where more of it is.
 */
export function toast({ title, text, kind = '', icon: name, href }) {
  const node = element('article', { class: `toast ${kind}`, role: 'status' },
    icon(name ?? (kind === '' ? 'information' : 'warning')),
    element('div', {}, element('strong', {}, href ? element('a', { href }, title) : title), text && element('p', {}, text)),
    iconButton('close', 'Dismiss', () => node.remove()))
  let timer
  const wait = () => { timer = setTimeout(() => node.remove(), milliseconds) }
  const stay = () => clearTimeout(timer)
  for (const event of ['pointerenter', 'focusin']) node.addEventListener(event, stay)
  for (const event of ['pointerleave', 'focusout']) node.addEventListener(event, () => { stay(); wait() })
  list.append(node)
  while (list.children.length > atOnce) list.firstElementChild.remove()
  wait()
}
