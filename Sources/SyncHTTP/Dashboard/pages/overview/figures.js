import { element, setText } from '../../parts/dom.js'
import { elapsed, everySecond } from '../../parts/clock.js'
import { bytes, compact, count, counted, duration, latency } from '../../parts/format.js'
import { relay } from '../../relay.js'

const names = ['Connections', 'Rooms in use', 'Updates', 'Delivery, p99', 'Memory', 'Up for']

/** The most important numbers. @param {AbortSignal} signal */
export function showFigures(signal) {
  const figures = names.map(name => {
    const [value, detail] = [element('dd', { class: 'overview-figure' }, '–'), element('dd', { class: 'quiet small' }, '\u00a0')]
    return { value, detail, node: element('div', { class: 'card' }, element('dt', {}, name), value, detail) }
  })
  const set = (index, value, detail) => {
    setText(figures[index].value, value)
    setText(figures[index].detail, detail || '\u00a0')
  }
  let startedAt = null
  const tick = () => {
    if (startedAt === null || relay.state === 'down') return
    const seconds = (Date.now() - startedAt) / 1000
    setText(figures[5].value, seconds < 3600 ? elapsed(seconds) : duration(seconds))
  }
  everySecond(tick, signal)

  return {
    node: element('dl', { class: 'overview-figures' }, ...figures.map(({ node }) => node)),

    /** @param {import('./metrics.js').Metrics} metrics */
    update(metrics) {
      const sockets = metrics.value('sync_connections')
      setText(figures[0].detail, sockets === null ? '\u00a0' : `${counted(sockets, 'open socket')}`)
      set(1, count(metrics.value('sync_rooms') ?? 0), `about ${bytes(metrics.value('sync_room_memory_bytes') ?? 0)}`)
      set(2, `${compact(metrics.rate('sync_updates_total', '10s'))} /s`,
        `${compact(metrics.rate('sync_deliveries_total', '10s'))} deliveries/s`)
      const [now, lately] = ['10s', '1m'].map(window => metrics.summary('sync_delivery_seconds', window).p99)
      set(3, now ?? lately ? latency(now ?? lately) : '–',
        now ? 'in the last 10 s' : lately ? 'in the last minute' : 'none lately')
      const free = metrics.value('sync_store_free_bytes')
      set(4, bytes(metrics.value('sync_process_memory_bytes') ?? 0), free === null ? '' : `${bytes(free)} of disk free`)
      // It is measured each second only: the earliest start that it says is the right one, until the relay is another one.
      const start = Date.now() - (metrics.value('sync_uptime_seconds') ?? 0) * 1000
      if (startedAt === null || start < startedAt || start > startedAt + 5000) startedAt = start
      tick()
    },

    /** @param {number} clients How many are connected. */
    updateClients(clients) { setText(figures[0].value, count(clients)) },

    /** @param {string} node Which relay this is. */
    updateNode(node) { setText(figures[5].detail, `relay ${node.slice(0, 8)}`) },
  }
}
