import { element, setText } from './parts/dom.js'
import { icon } from './parts/icons.js'
import { iconButton } from './parts/pieces.js'

const list = document.getElementById('toasts')
const atOnce = 3
const milliseconds = 6000

// What is new is said here: a region that comes together with its text is not read out everywhere.
const voice = element('p', { class: 'visually-hidden', role: 'status' })
list.append(voice)

/** Those that are shown, the oldest first. @type {Toast[]} */
const shown = []

/**
 * What several toasts are about. When there is no place for all of them, the older ones are counted instead.
 *
 * @typedef {object} ToastGroup
 * @property {(count: number) => string} title What is said of so many.
 * @property {string} href Where all of them are.
 */

/**
 * Tells something in a corner: read out when nothing else is, gone after a while, never in the way of what has the focus.
 * It stays while it is pointed at, has the focus, or nobody looks at the page. Escape and its button close it.
 *
 * @param {object} news
 * @param {string} news.title
 * @param {string} [news.text]
 * @param {'' | 'warning' | 'bad'} [news.kind]
 * @param {string} [news.icon]
 * @param {string} [news.href] Where more of it is.
 * @param {ToastGroup} [news.group]
 */
export function toast(news) {
  shown.push(new Toast(news))
  setText(voice, [news.title, news.text].filter(Boolean).join('. '))
  while (shown.length > atOnce) makeRoom()
  keepOutOfTheWay()
}

/** Takes away those of a group, as when somebody else sits down. @param {ToastGroup} group */
export function dismissToasts(group) {
  for (const toast of shown.filter(({ news }) => news.group === group)) toast.close()
}

/** Takes away the oldest one that nobody is at; of a group it is counted, and so is another one for the count's place. */
function makeRoom() {
  const oldest = shown.find(toast => !toast.isHeld && !toast.isSummary) ?? shown[0]
  const { group } = oldest.news
  oldest.close()
  if (!group || oldest.isSummary) return
  const summary = shown.find(toast => toast.isSummary && toast.news.group === group)
  if (summary) return summary.add(1)
  const next = shown.find(toast => toast.news.group === group && !toast.isHeld && !toast.isSummary)
  next?.close()
  shown.unshift(new Toast({ title: '', group, href: group.href, icon: 'notifications' }, next ? 2 : 1))
}

class Toast {
  #node
  #timer
  #cameFrom = null
  #count

  constructor(news, count = 0) {
    const { title, text, kind = '', icon: name, href } = news
    this.news = news
    this.#count = count
    this.#node = element('article', { class: `toast ${kind}` },
      icon(name ?? (kind === '' ? 'information' : 'warning')),
      element('div', {},
        element('strong', {}, href ? element('a', { href, on: { click: () => this.close() } }, title) : title),
        text && element('p', {}, text)),
      iconButton('close', 'Dismiss', () => this.close()))
    this.#node.addEventListener('focusin', event => {
      if (!this.#node.contains(event.relatedTarget)) this.#cameFrom = event.relatedTarget
      this.wait()
    })
    for (const event of ['pointerenter', 'pointerleave', 'focusout']) {
      this.#node.addEventListener(event, () => queueMicrotask(() => this.wait()))
    }
    this.#node.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.close()
    })
    if (this.isSummary) voice.after(this.#node)
    else list.append(this.#node)
    this.add(0)
  }

  get isSummary() { return this.#count > 0 }
  get isHeld() { return document.hidden || this.#node.matches(':hover, :focus-within') }

  /** Counts more of the group. */
  add(count) {
    this.#count += count
    if (this.isSummary) setText(this.#node.querySelector('a'), this.news.group.title(this.#count))
    this.wait()
  }

  /** Goes after a while, which begins now. */
  wait() {
    clearTimeout(this.#timer)
    if (!this.isHeld) this.#timer = setTimeout(() => this.close(), milliseconds)
  }

  close() {
    clearTimeout(this.#timer)
    const place = shown.indexOf(this)
    if (place < 0) return
    shown.splice(place, 1)
    const hadFocus = this.#node.contains(document.activeElement)
    this.#node.remove()
    if (hadFocus) this.#giveBackFocus(place)
    if (shown.length === 0) setText(voice, '')
  }

  #giveBackFocus(place) {
    const next = shown[place] ?? shown.at(-1)
    if (next) next.#node.querySelector('button').focus()
    else if (this.#cameFrom?.isConnected) this.#cameFrom.focus({ preventScroll: true })
    else document.getElementById('main').focus({ preventScroll: true })
  }
}

/** Moves them to the upper corner while they would cover what has the focus in the lower one. */
function keepOutOfTheWay() {
  if (shown.length === 0) return
  const focused = document.activeElement
  if (list.contains(focused)) return
  const covers = () => {
    const [toasts, box] = [list.getBoundingClientRect(), focused.getBoundingClientRect()]
    return toasts.left < box.right && box.left < toasts.right && toasts.top < box.bottom && box.top < toasts.bottom
  }
  delete list.dataset.place
  if (!focused || focused === document.body || focused.tabIndex < 0 || !covers()) return
  list.dataset.place = 'top'
  // What fills the window is covered in either corner.
  if (covers()) delete list.dataset.place
}
document.addEventListener('focusin', keepOutOfTheWay)
addEventListener('resize', keepOutOfTheWay)
addEventListener('scroll', keepOutOfTheWay, { passive: true })
document.addEventListener('visibilitychange', () => { for (const toast of shown) toast.wait() })
