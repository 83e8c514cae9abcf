import { element, setText, showList } from '../../parts/dom.js'
import { badge, card, notice } from '../../parts/pieces.js'
import { count, counted, duration, moment } from '../../parts/format.js'
import { table } from './table.js'

const linkKinds = { synced: 'good', connecting: 'accent', syncing: 'accent', offline: 'bad', refused: 'bad', stopped: '' }
const certificateDays = 14

const refusals = {
  brokenFrame: 'Broke the rules of WebSocket',
  textFrame: 'Sent text where bytes belong',
  largeMessage: 'Sent a message over the limit',
  unreadableMessage: 'Sent what cannot be read',
  badHello: 'A relay without a proper hello',
  unauthenticated: 'Not known, or no longer',
  forbidden: 'Without the rights for it',
  foreignPresence: 'Spoke for the presence of another',
  outdated: 'Had a document that was made anew since',
  slowReader: 'Did not read what it was sent',
  flood: 'Sent too many messages',
  replay: 'A relay that repeated itself',
  falseAcknowledgement: 'A relay that acknowledged what it never got',
  tooManyRooms: 'Asked for too many rooms',
  slowAuthentication: 'Did not show in time who it is',
  unauthenticatedBytes: 'Sent too much before it was known',
  tooManyConnections: 'More connections than allowed',
  tooManyConnectionsFromAddress: 'More connections than an address may have',
  tooManyConnectionsOfUser: 'More connections than a user may have',
  foreignPage: 'A web page of a foreign origin',
  largeDocument: 'Would have made a document too large',
  tooMuchPending: 'Waited for too much that is missing',
  outOfMemory: 'No memory was left',
}
const slowdowns = {
  updates: 'Read later: too many updates at once',
  bytes: 'Read later: too many bytes at once',
  room: 'Read later: too much in its room',
}

/** How the relay is otherwise: what of it is worth knowing, and nothing where all is as it should be. */
export function showStatus() {
  const trouble = element('div', { class: 'stack', hidden: true })
  const links = element('tbody')
  const linkCard = card('Other relays', element('div', { class: 'scroll' }, table(['Address', 'State', 'Rooms'], links)))
  const counts = element('tbody')
  const countCard = card('Turned away since the start',
    element('div', { class: 'scroll' }, table(['Why', { text: 'How often', isNumber: true }], counts)))
  linkCard.hidden = countCard.hidden = true
  const certificate = element('p', { class: 'quiet small', hidden: true })

  return {
    trouble, cards: [linkCard, countCard], certificate,

    /** @param {any} status Of `/statusz`. */
    update(status) {
      const troubles = [...status.storeFailure ? [{
        kind: 'bad', title: 'Nothing is stored',
        text: `${status.storeFailure}. What is written stays with its writers, and is asked for once the store takes it again.`,
      }] : [], ...expiryTrouble(status.certificateExpiry)]
      showList(trouble, troubles, ({ title, text }) => title + text, ({ kind, title, text }) => notice(kind, title, text))
      trouble.hidden = troubles.length === 0

      linkCard.hidden = status.links.length === 0
      showList(links, status.links, ({ address }) => address, makeLink, (row, link) => fillLink(row, link, status.replication))

      const events = [
        ...Object.entries(status.refusals).map(([name, number]) => ({ key: name, text: refusals[name] ?? name, number })),
        ...Object.entries(status.slowdowns).map(
          ([name, number]) => ({ key: `slow-${name}`, text: slowdowns[name] ?? name, number })),
      ].sort((one, other) => other.number - one.number || one.text.localeCompare(other.text))
      countCard.hidden = events.length === 0
      showList(counts, events, ({ key }) => key,
        ({ key, text }) => element('tr', { 'data-reason': key }, element('td', {}, text), element('td', { class: 'number' })),
        (row, { number }) => setText(row.lastElementChild, count(number)))

      certificate.hidden = !status.certificateExpiry
      setText(certificate, `The relay's certificate is good until ${moment(Date.parse(status.certificateExpiry) || 0)}.`)
    },
  }
}

function expiryTrouble(expiry) {
  if (!expiry) return []
  const seconds = (Date.parse(expiry) - Date.now()) / 1000
  if (seconds > certificateDays * 86_400) return []
  return [seconds <= 0
    ? { kind: 'bad', title: 'The certificate has ended', text: 'Others refuse to connect until the relay has a new one.' }
    : { kind: 'warning', title: `The certificate ends in ${duration(seconds)}`, text: 'The relay needs a new one by then.' }]
}

function makeLink() {
  const parts = {
    address: element('td', { class: 'mono' }), state: badge(''), reason: element('p', { class: 'quiet small' }),
    rooms: element('td'),
  }
  return Object.assign(element('tr', {}, parts.address, element('td', {}, parts.state, parts.reason), parts.rooms), { parts })
}

function fillLink(row, { address, state, peer, reason, retryAfterSeconds }, replication) {
  const { parts } = row
  setText(parts.address, address)
  parts.state.className = `badge ${linkKinds[state] ?? ''}`
  setText(parts.state, state)
  const retry = retryAfterSeconds && `tried again after ${duration(Math.max(1, retryAfterSeconds))}`
  setText(parts.reason, [reason, retry].filter(Boolean).join('; '))
  const rooms = replication.filter(room => room.peer === peer)
  const [ahead, behind] = [rooms.filter(room => room.ahead > 0).length, rooms.filter(room => room.behind > 0).length]
  setText(parts.rooms, rooms.length === 0 ? '–' : [
    counted(rooms.length, 'room'), ahead > 0 && `${count(ahead)} with updates to send`,
    behind > 0 && `${count(behind)} with updates to come`,
    ahead + behind === 0 && 'all even',
  ].filter(Boolean).join(', '))
}
