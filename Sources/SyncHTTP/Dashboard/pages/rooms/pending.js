// What waits: in the document for updates that are not there, and between this relay and others.

import { failure } from '../../failure.js'
import { relay } from '../../relay.js'
import { element, setText, showList } from '../../parts/dom.js'
import { count, counted } from '../../parts/format.js'
import { badge, card, notice } from '../../parts/pieces.js'
import { showState } from './state.js'

const drawMilliseconds = 500

/**
 * @param {HTMLElement} root
 * @param {{ room: string, signal: AbortSignal, inspected: import('./inspected.js').Inspected, reopen: () => void }} options
 */
export function showPending(root, { room, signal, inspected, reopen }) {
  showState(root, { inspected, signal, reopen })
  root.append(missingCard(inspected, signal), replicationCard(room, signal))
}

// MARK: In the document

function missingCard(inspected, signal) {
  const { document } = inspected
  const text = element('div')
  const body = element('tbody')
  const table = element('table', {}, element('caption', { class: 'visually-hidden' }, 'Missing updates'),
    head('Client', 'Units here', 'Units needed', 'Missing'), body)
  const content = card('Waiting in the document', text, element('div', { class: 'scroll' }, table))
  let timer = null, shown = null
  const draw = () => {
    timer = null
    if (document.isDestroyed || document.crdt.hasFailed) return
    content.hidden = !inspected.hasLoaded
    const missing = document.missing, clocks = document.clocks
    const rows = [...missing ?? []].map(([client, needed]) => ({ client, needed, known: clocks.get(client) ?? 0 }))
    table.hidden = rows.length === 0
    showList(body, rows, ({ client }) => String(client), ({ client }) => element('tr', { 'data-client': client },
      element('th', { scope: 'row', class: 'mono' }, String(client)), number(), number(), number()), (row, { known, needed }) => {
      setText(row.children[1], count(known))
      setText(row.children[2], `at least ${count(needed)}`)
      setText(row.children[3], counted(Math.max(0, needed - known), 'unit'))
    })
    const isWaiting = missing !== null
    if (shown === isWaiting) return
    shown = isWaiting
    text.replaceChildren(isWaiting
      ? notice('warning', 'Something waits',
        'Updates came that build on others which are not there. They are kept, and take part ' +
        'as soon as those come: from the clients below, or from a relay that has them.')
      : notice('good', 'Nothing waits', 'All that came could be merged.'))
  }
  // What only waits changes no content, of which alone the document tells: so it is looked at now and then.
  const interval = setInterval(draw, 2000)
  const ends = [document.on('update', () => { timer ??= setTimeout(draw, drawMilliseconds) }), inspected.on('change', draw)]
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    clearInterval(interval)
    if (!document.isDestroyed) for (const end of ends) end()
  })
  draw()
  return content
}

const number = () => element('td', { class: 'number' })
const head = (first, ...others) => element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, first),
  ...others.map(text => element('th', { scope: 'col', class: 'number' }, text))))

// MARK: Other relays

function replicationCard(room, signal) {
  const text = element('div', {}, element('p', { class: 'quiet' }, 'Asking the relay'))
  const body = element('tbody')
  const table = element('table', { hidden: true }, element('caption', { class: 'visually-hidden' }, 'Other relays'),
    head('Relay', 'Room', 'Not known to be stored there', 'Not here yet'), body)
  const content = card('Other relays', text, element('div', { class: 'scroll' }, table))
  const ask = relay.follow('/statusz', { milliseconds: 3000, signal }, ({ replication }) => {
    const rows = replication.filter(entry => entry.room === room)
    table.hidden = rows.length === 0
    text.hidden = rows.length > 0
    text.replaceChildren(element('p', { class: 'quiet' },
      'No other relay has this room open, nor is one known to lack something of it.'))
    showList(body, rows, ({ peer }) => peer, ({ peer }) => element('tr', { 'data-peer': peer },
      element('th', { scope: 'row', class: 'mono' }, peer), element('td', { class: 'number' }), number(), number()), showPeer)
  }, error => {
    table.hidden = true
    text.hidden = false
    text.replaceChildren(failure(error, ask))
  })
  return content
}

function showPeer(row, { isConnected, ahead, behind }) {
  const [, state, stored, here] = row.children
  const text = isConnected ? 'open' : 'not open'
  if (state.textContent !== text) state.replaceChildren(badge(text, isConnected ? 'good' : 'warning'))
  setText(stored, counted(ahead, 'update'))
  setText(here, counted(behind, 'unit'))
}
