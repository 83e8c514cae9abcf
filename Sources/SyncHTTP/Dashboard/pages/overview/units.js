/**
 * What is measured, in words and units.
 *
 * @module
 */

import { bytes, compact, latency } from '../../parts/format.js'

const windows = { '1s': '1 s', '10s': '10 s', '1m': '1 min', '1h': '1 h' }

/** A value of what a rule looks at, with its unit: metrics say it in their names. */
export function measure({ metric, statistic }, value) {
  if (statistic === 'count') return `${compact(value)} times`
  const perSecond = statistic === 'rate' ? '/s' : ''
  if (metric.endsWith('_bytes') || metric.endsWith('_bytes_total')) return bytes(value) + perSecond
  return metric.endsWith('_seconds') && !perSecond ? latency(value) : `${compact(value)}${perSecond && ' /s'}`
}

/** What a rule looks at, as `p99 of sync_delivery_seconds over 1 min`. */
export function subject({ application, metric, labels, statistic, window }) {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  const series = `${metric}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}${application ? ` of ${application}` : ''}`
  return statistic === 'value' ? series : `${statistic} of ${series} over ${windows[window]}`
}

/** When a rule alerts, as `above 100 ms`. */
export function condition(rule) {
  if (rule.condition === 'absent') return `missing for ${windows[rule.window]}`
  return `${rule.condition} ${measure(rule, rule.threshold)}`
}
