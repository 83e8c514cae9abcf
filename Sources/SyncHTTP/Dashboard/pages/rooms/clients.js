// Who wrote how much of a document, who is present in it, and who is connected.

import { element, setText, showList } from '../../parts/dom.js'
import { count, counted } from '../../parts/format.js'
import { badge, card, emptyState } from '../../parts/pieces.js'
import { showState } from './state.js'

const clientsMax = 300
const drawMilliseconds = 500

/**
 * @param {HTMLElement} root
 * @param {{ signal: AbortSignal, inspected: import('./inspected.js').Inspected, reports: any, reopen: () => void }} options
 */
export function showClients(root, { signal, inspected, reports, reopen }) {
  const { document, provider: { awareness } } = inspected
  const summary = element('p', { class: 'quiet' })
  const connections = element('p', { class: 'quiet' })
  const body = element('tbody')
  const table = element('table', { class: 'clients-table' },
    element('caption', { class: 'visually-hidden' }, 'Clients'),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Client'), element('th', { scope: 'col' }, 'Who'),
      element('th', { scope: 'col', class: 'number' }, 'Units written'), element('th', { scope: 'col' }, 'Share of all'))),
    body)
  const empty = emptyState('person', 'Nobody has written yet',
    'Clients are listed here as soon as they write, or say that they are present.')
  showState(root, { inspected, signal, reopen })
  const content = card('Clients', summary, connections, element('div', { class: 'scroll' }, table), empty)
  root.append(content)

  let timer = null
  const draw = () => {
    timer = null
    if (document.isDestroyed || document.crdt.hasFailed) return
    const clients = clientsOf(document, awareness)
    const total = clients.reduce((sum, { units }) => sum + units, 0)
    showList(body, clients.slice(0, clientsMax), ({ client }) => String(client), makeRow,
      (row, client) => showRow(row, client, total))
    content.hidden = !inspected.hasLoaded
    table.hidden = clients.length === 0
    empty.hidden = clients.length > 0
    const writers = clients.filter(({ units }) => units > 0).length
    const present = clients.filter(({ state }) => state !== null).length
    setText(summary, `${counted(writers, 'client')} wrote ${counted(total, 'unit')}; ` +
      `${present === 0 ? 'none is' : present === 1 ? '1 is' : `${count(present)} are`} present.` +
      (clients.length > clientsMax ? ` The first ${clientsMax} are listed.` : ''))
  }
  const request = () => { timer ??= setTimeout(draw, drawMilliseconds) }
  const showConnections = () => {
    const usage = reports.latest?.usage
    connections.hidden = !usage
    if (!usage) return
    const others = Math.max(0, usage.clients - (inspected.provider.status === 'connected' ? 1 : 0))
    setText(connections, `Besides this page, ${counted(others, 'client')} and ${counted(usage.peers, 'other relay')} ` +
      `${others + usage.peers === 1 ? 'has' : 'have'} the room open.`)
  }
  const ends = [
    document.on('update', request), awareness.on('change', request), inspected.on('change', request),
    reports.on('change', showConnections),
  ]
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    if (!document.isDestroyed) for (const end of ends) end()
  })
  showConnections()
  draw()
}

/** Writers and those that are present, who wrote most first. */
function clientsOf(document, awareness) {
  const states = awareness.states
  const clients = [...document.clocks].map(([client, units]) => ({ client, units, state: states.get(client) ?? null }))
  const writers = new Set(clients.map(({ client }) => client))
  for (const [client, state] of states) if (!writers.has(client)) clients.push({ client, units: 0, state })
  return clients.sort((left, right) => right.units - left.units || left.client - right.client)
}

const makeRow = ({ client }) => element('tr', { 'data-client': client },
  element('th', { scope: 'row', class: 'mono' }, String(client)),
  element('td', {}, element('span', { class: 'row' },
    element('span', { class: 'clients-colour', 'aria-hidden': 'true' }), element('bdi'), badge('present', 'good'))),
  element('td', { class: 'number' }),
  element('td', {}, element('span', { class: 'clients-share', 'aria-hidden': 'true' }), element('span')))

function showRow(row, { units, state }, total) {
  const [, who, written, share] = row.children
  const [colour, name, present] = who.firstElementChild.children
  const said = typeof state === 'object' && state !== null ? { ...state, ...state.user } : {}
  setText(name, typeof said.name === 'string' && said.name !== '' ? said.name : state === null ? 'not present' : 'says no name')
  name.classList.toggle('quiet', typeof said.name !== 'string')
  present.hidden = state === null
  const isColour = typeof said.color === 'string' && CSS.supports('color', said.color) && !said.color.includes('(--')
  colour.hidden = !isColour
  if (isColour) colour.style.backgroundColor = said.color
  setText(written, count(units))
  const part = total === 0 ? 0 : units / total
  share.firstElementChild.style.setProperty('--share', part)
  setText(share.lastElementChild, part > 0 && part < 0.001 ? 'under 0.1 %' : `${(part * 100).toFixed(1)} %`)
}
