/**
 * Numbers and times as people read them.
 *
 * @module
 */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** A count, as 12,345. */
export const count = number => whole.format(number)

/** A count with its noun, as `1 room` and `2 rooms`. */
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`

/** A number of three digits, as 1.23 or 45.6 k. */
export function compact(number) {
  if (Math.abs(number) < 10_000) return short.format(number)
  return Math.abs(number) < 1e6 ? `${short.format(number / 1e3)} k` : `${short.format(number / 1e6)} M`
}

/** Bytes, as 1.5 MB. */
export function bytes(number) {
  let unit = 0
  while (number >= 1000 && unit < 4) {
    number /= 1000
    unit += 1
  }
  return `${short.format(number)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`
}

/** A short duration, given in seconds, as 340 µs, 12.5 ms or 2.4 s. */
export function latency(seconds) {
  if (seconds < 1e-3) return `${short.format(seconds * 1e6)} µs`
  return seconds < 1 ? `${short.format(seconds * 1e3)} ms` : `${short.format(seconds)} s`
}

/** A long duration, given in seconds, as 45 s, 12 min or 3 d 4 h. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const day = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'short', day: 'numeric' })

/** A moment in milliseconds since 1970, with the day when it is not today. */
export function moment(milliseconds, now = Date.now()) {
  const date = new Date(milliseconds)
  const time = clock.format(date)
  return date.toDateString() === new Date(now).toDateString() ? time : `${day.format(date)}, ${time}`
}

/** How long ago a moment was, as `just now` or `5 min ago`. */
export function ago(milliseconds, now = Date.now()) {
  const seconds = (now - milliseconds) / 1000
  return seconds < 10 ? 'just now' : `${duration(seconds)} ago`
}
