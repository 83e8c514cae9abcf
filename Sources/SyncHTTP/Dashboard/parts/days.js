/**
 * Days, as lists of what happened are divided by them.
 *
 * @module
 */

import { element, setText } from './dom.js'

const long = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })

const startOfDay = milliseconds => new Date(milliseconds).setHours(0, 0, 0, 0)

/** A day's name, as Today, Yesterday or Friday, November 27, 2026. */
export function dayTitle(milliseconds, now = Date.now()) {
  // Days have 23 to 25 hours.
  const days = Math.round((startOfDay(now) - startOfDay(milliseconds)) / 86_400_000)
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : long.format(milliseconds)
}

/**
 * Divides items by days, and keeps their order.
 *
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => number} time In milliseconds since 1970.
 * @returns {{ key: string, milliseconds: number, items: Item[] }[]}
 */
export function byDay(items, time) {
  const days = new Map()
  for (const item of items) {
    const start = startOfDay(time(item))
    if (!days.has(start)) days.set(start, { key: String(start), milliseconds: start, items: [] })
    days.get(start).items.push(item)
  }
  return [...days.values()]
}

/** An element that shows a time of day, and says the exact moment when it is pointed at. */
export const timeElement = () => element('time', { class: 'quiet small' })

/** Makes such an element show a moment, or how long something took. */
export function setTime(node, milliseconds, since = milliseconds) {
  const text = clock.format(milliseconds), start = clock.format(since)
  setText(node, text === start ? text : `${start} – ${text}`)
  if (node.dateTime === new Date(milliseconds).toISOString()) return
  node.dateTime = new Date(milliseconds).toISOString()
  node.title = since === milliseconds ? exact.format(milliseconds) : `${exact.format(since)} – ${exact.format(milliseconds)}`
}
