// Documents that were put aside when the room was begun anew, to be looked at and downloaded.

import { failure } from '../../failure.js'
import { relay } from '../../relay.js'
import { core } from '../../core.js'
import { element, showList } from '../../parts/dom.js'
import { ago, bytes, moment } from '../../parts/format.js'
import { button, card, emptyState } from '../../parts/pieces.js'
import { toast } from '../../toasts.js'
import { copyText, documentJSON } from './copy.js'

/**
 * @param {HTMLElement} root
 * @param {{ room: string, signal: AbortSignal }} options
 */
export function showCopies(root, { room, signal }) {
  const message = element('div', {}, element('p', { class: 'quiet' }, 'Asking the relay'))
  const body = element('tbody')
  const table = element('table', { hidden: true }, element('caption', { class: 'visually-hidden' }, 'Copies'),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Copy'), element('th', { scope: 'col' }, 'Put aside'),
      element('th', { scope: 'col', class: 'number' }, 'Size'), element('th', { scope: 'col' }, 'What to do with it'))),
    body)
  root.append(card('Copies put aside', element('p', { class: 'quiet copies-why' },
    'When a room is begun anew while this relay still has its old document, that is put aside here, and nothing of it is lost.'),
  message, element('div', { class: 'scroll' }, table)))
  const ask = relay.follow('/api/copies', { milliseconds: 15_000, signal, query: () => ({ room }) }, copies => {
    message.hidden = copies.length > 0
    table.hidden = copies.length === 0
    message.replaceChildren(emptyState('check', 'Nothing was put aside'))
    showList(body, copies.toReversed(), ({ number }) => String(number), copy => makeRow(room, copy))
  }, error => {
    message.hidden = false
    message.replaceChildren(failure(error, ask))
  })
}

function makeRow(room, { number, milliseconds, update }) {
  const read = () => Uint8Array.from(atob(update), letter => letter.charCodeAt(0))
  const name = `copy ${number} of ${moment(milliseconds)}`
  return element('tr', { 'data-copy': number },
    element('th', { scope: 'row' }, String(number)),
    element('td', {}, element('time', {
      datetime: new Date(milliseconds).toISOString(), title: ago(milliseconds),
    }, moment(milliseconds))),
    element('td', { class: 'number' }, bytes(Math.floor(update.replace(/=+$/, '').length * 3 / 4))),
    element('td', {}, element('div', { class: 'row' },
      button('Download', () => download(read(), fileName(room, number)), { 'aria-label': `Download ${name}` }),
      button('Copy as JSON', () => copyJSON(read()), { 'aria-label': `Copy ${name} as JSON` }))))
}

/** The room's name as far as every system takes it in names of files. */
const fileName = (room, number) => `${room.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60) || 'room'}-copy-${number}.yjs`

function download(update, file) {
  const address = URL.createObjectURL(new Blob([update], { type: 'application/octet-stream' }))
  const link = element('a', { href: address, download: file, hidden: true })
  document.body.append(link)
  link.click()
  link.remove()
  // The browser has to have begun to read it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

async function copyJSON(update) {
  let replica
  try {
    replica = (await core()).createDocument()
    replica.apply(update)
    await copyText(documentJSON(replica))
  } catch (error) {
    toast({ title: error.title ?? 'Not copied', text: error.message, kind: 'warning' })
  } finally {
    replica?.destroy()
  }
}
