import { element, setText, showList } from '../../parts/dom.js'
import { badge, card } from '../../parts/pieces.js'
import { elapsed, everySecond } from '../../parts/clock.js'
import { bytes, counted } from '../../parts/format.js'
import { relay } from '../../relay.js'
import { table } from './table.js'

const rowsMax = 50

/** Who is connected, those first who have been for longest. @param {AbortSignal} signal */
export function showConnections(signal) {
  const body = element('tbody')
  const scroll = element('div', {
    class: 'scroll overview-connections', hidden: true, tabindex: 0, role: 'region', 'aria-label': 'Connections, the longest first',
  }, table(['Who', { text: 'Connected for', isNumber: true }, { text: 'To be sent', isNumber: true }], body))
  const rest = element('p', { class: 'quiet small' }, 'Asking who is there.')
  /** When each connection began: what the relay says is a little later each time, by how long the answer takes. */
  let beginnings = new Map()

  const tick = () => {
    if (relay.state === 'down') return
    for (const row of body.children) setText(row.parts.time, elapsed((Date.now() - beginnings.get(row.listKey)) / 1000))
  }
  everySecond(tick, signal)

  return {
    node: card('Who is connected', scroll, rest),

    /** @param {any[]} connections Of `/api/connections`. */
    update(connections) {
      const shown = connections.toSorted((one, other) => other.seconds - one.seconds).slice(0, rowsMax)
      const now = Date.now()
      beginnings = new Map(shown.map(({ id, seconds }) => {
        const beginning = now - seconds * 1000
        return [String(id), Math.min(beginnings.get(String(id)) ?? beginning, beginning)]
      }))
      showList(body, shown, ({ id }) => String(id), makeRow, fillRow)
      tick()
      scroll.hidden = shown.length === 0
      const more = connections.length - shown.length
      rest.hidden = shown.length > 0 && more === 0
      setText(rest, shown.length === 0 ? 'Nobody is connected.'
        : `${counted(more, 'more connection')} ${more === 1 ? 'is' : 'are'} not shown.`)
    },
  }
}

function makeRow() {
  const parts = {
    who: element('strong'), address: element('span', { class: 'quiet small' }), pause: badge('paused', 'warning'),
    time: element('td', { class: 'number' }), waiting: element('td', { class: 'number' }),
  }
  parts.pause.title = 'It is not read for a moment, since too much came over it'
  const who = element('td', {}, element('div', { class: 'row' }, parts.who, parts.address, parts.pause))
  return Object.assign(element('tr', {}, who, parts.time, parts.waiting), { parts })
}

function fillRow(row, { users, address, waitingBytes, isPaused }) {
  const { who, address: place, pause, waiting } = row.parts
  setText(who, users.length > 0 ? users.join(', ') : 'Anonymous')
  setText(place, address)
  pause.hidden = !isPaused
  setText(waiting, bytes(waitingBytes))
}
