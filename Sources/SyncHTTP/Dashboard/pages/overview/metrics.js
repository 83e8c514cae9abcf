/**
 * What the relay measures of itself, and what it came to over the last minutes.
 *
 * @module
 */

import { TimeSeries } from '../../parts/time-series.js'
import { session } from '../../session.js'

/** How far back charts reach. */
export const historySeconds = 180
export const milliseconds = 500

/** An answer of `/api/metrics`. */
export class Metrics {
  #byName

  /** @param {any[]} list */
  constructor(list) { this.#byName = Map.groupBy(list, ({ name }) => name) }

  #all(name) { return this.#byName.get(name) ?? [] }

  /** A gauge's or a counter's value, that of all its series together. @returns {number | null} */
  value(name) {
    const values = this.#all(name).map(({ value }) => value).filter(value => value !== undefined)
    return values.length > 0 ? sum(values) : null
  }

  /** How fast a counter grew within a window, in a second. @param {'1s' | '10s' | '1m' | '1h'} window */
  rate(name, window) {
    return sum(this.#all(name).map(({ windows }) => windows[window]).map(({ sum, seconds }) => seconds > 0 ? sum / seconds : 0))
  }

  /** What was recorded of a timing within a window. @param {'1s' | '10s' | '1m' | '1h'} window */
  summary(name, window) { return this.#all(name)[0]?.windows[window] ?? {} }
}

const sum = numbers => numbers.reduce((total, number) => total + number, 0)

const timings = {
  delivery: 'sync_delivery_seconds', commit: 'sync_commit_seconds', lag: 'sync_event_loop_lag_seconds',
}

/** Goes on when another page is looked at meanwhile, with a gap; it is nobody's who signs in later. */
export const history = new TimeSeries(
  ['clients', 'sockets', 'updates', 'process', 'rooms',
    ...Object.keys(timings).flatMap(timing => [`${timing}50`, `${timing}90`, `${timing}99`])],
  { capacity: historySeconds * 1000 / milliseconds + 20, gapMilliseconds: 4000 })
session.on('change', () => history.clear())

/** @param {Metrics} metrics @param {number | null} clients How many are connected. */
export function remember(metrics, clients) {
  const values = {
    clients, sockets: metrics.value('sync_connections'), updates: metrics.rate('sync_updates_total', '1s'),
    process: metrics.value('sync_process_memory_bytes'), rooms: metrics.value('sync_room_memory_bytes'),
  }
  for (const [timing, name] of Object.entries(timings)) {
    const { p50, p90, p99 } = metrics.summary(name, '10s')
    Object.assign(values, { [`${timing}50`]: p50, [`${timing}90`]: p90, [`${timing}99`]: p99 })
  }
  history.add(Date.now(), values)
}
