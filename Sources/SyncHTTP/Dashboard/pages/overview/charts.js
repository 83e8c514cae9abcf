import { element } from '../../parts/dom.js'
import { Chart } from '../../parts/chart.js'
import { bytes, compact, count, latency } from '../../parts/format.js'
import { history, historySeconds } from './metrics.js'

const percentiles = timing => ['50', '90', '99'].map(share => ({ column: `${timing}${share}`, name: `p${share}` }))

const charts = [
  {
    title: 'Connections', text: 'Who shares documents; and all sockets, those of web pages too.', format: count, least: 5,
    isWhole: true,
    lines: [{ column: 'clients', name: 'Clients' }, { column: 'sockets', name: 'Sockets' }],
  },
  {
    title: 'Updates', text: 'Changes that were news to the relay, over the last second.',
    format: value => `${compact(value)} /s`, least: 5, lines: [{ column: 'updates', name: 'Updates' }],
  },
  {
    title: 'Delivery', text: 'From reading an update to handing it on. Of 100, 99 take p99 at most.', format: latency,
    least: 0.001, lines: percentiles('delivery'),
  },
  {
    title: 'Commit', text: 'Until an update is stored. Latencies are over the last 10 s.', format: latency, least: 0.001,
    lines: percentiles('commit'),
  },
  {
    title: 'Event-loop lag', text: 'How much later than it should the relay gets round to something.',
    format: latency, least: 0.001, lines: percentiles('lag'),
  },
  {
    title: 'Memory', text: 'Of the whole process, and about how much of it loaded rooms take.', format: bytes, least: 1e6,
    lines: [{ column: 'process', name: 'Process' }, { column: 'rooms', name: 'Rooms' }],
  },
]

/** @param {AbortSignal} signal @returns {HTMLElement} What {@link history} has, in live charts. */
export const showCharts = signal => element('div', { class: 'overview-charts' },
  ...charts.map(chart => new Chart({ ...chart, series: history, seconds: historySeconds, signal }).node))
