import { address } from '../../parts/address.js'
import { element, showList } from '../../parts/dom.js'
import { card, field, iconButton, pageHead } from '../../parts/pieces.js'
import { counted } from '../../parts/format.js'
import { relay } from '../../relay.js'
import { forgetRoom, recentRooms } from './recent-rooms.js'
import { isFeed } from './rights.js'
import { readable, roomOf } from './room-name.js'

const suggestion = 'welcome'
const countMax = 100

/**
 * Lets somebody choose a room, or make one by its name.
 *
 * @param {Element} root
 * @param {{ signal: AbortSignal, name?: string, problem?: string }} options What was asked for and cannot be had, if anything.
 */
export function showChooser(root, { signal, name, problem }) {
  root.append(
    pageHead('Write together', 'Open a room here and in another window, or on another device: what is written in one is in all.'),
    element('div', { class: 'stack write-chooser' }, nameForm(name, problem), recentCard(), existingCard(signal)))
}

function nameForm(name = suggestion, problem = '') {
  const input = element('input', {
    type: 'text', value: name, autocomplete: 'off', autocapitalize: 'off', spellcheck: false, enterkeyhint: 'go', name: 'room',
  })
  const message = element('p', { class: 'write-problem', role: 'alert' }, problem)
  const check = () => {
    const found = roomOf(input.value.trim())
    message.textContent = found.problem ?? ''
    input.setAttribute('aria-invalid', found.problem !== null)
    return found
  }
  if (problem) input.setAttribute('aria-invalid', true)
  input.addEventListener('input', () => { if (message.textContent) check() })
  const form = element('form', { class: 'write-open' },
    field('Room', input, 'It is made when the first one writes in it.'),
    element('button', { type: 'submit', class: 'primary' }, 'Write together'))
  form.addEventListener('submit', event => {
    event.preventDefault()
    const { room } = check()
    if (room !== null) location.hash = address('write', [room])
    else input.focus()
  })
  return element('section', { class: 'card', 'aria-label': 'Open a room' }, form, message)
}

function recentCard() {
  const list = element('ul', { class: 'write-rooms' })
  const node = card('Opened here before', list)
  const show = () => {
    const rooms = recentRooms()
    node.hidden = rooms.length === 0
    showList(list, rooms, room => room, room => element('li', {}, roomLink(room),
      iconButton('close', `Forget ${readable(room)}`, () => { forgetRoom(room); show() })))
  }
  show()
  return node
}

/** The rooms that the relay has, where they may be asked for. */
function existingCard(signal) {
  const list = element('ul', { class: 'write-rooms' })
  const more = element('p', { class: 'quiet small', hidden: true })
  const node = card('Rooms of this relay', list, more)
  node.hidden = true
  relay.follow('/api/rooms', { milliseconds: 5000, signal }, rooms => {
    // Others have names that no address carries, or are written by the relay.
    const open = rooms.filter(({ name }) => !isFeed(name) && roomOf(name).room === name)
    open.sort((one, other) => (other.stored?.modifiedMilliseconds ?? Infinity) - (one.stored?.modifiedMilliseconds ?? Infinity))
    node.hidden = open.length === 0
    showList(list, open.slice(0, countMax), ({ name }) => name,
      ({ name }) => element('li', {}, roomLink(name), element('span', { class: 'quiet small' })),
      (item, { usage }) => {
        const text = usage?.clients > 0 ? `${counted(usage.clients, 'client')} connected` : ''
        if (item.lastChild.textContent !== text) item.lastChild.textContent = text
      })
    more.hidden = open.length <= countMax
    more.textContent = `And ${counted(open.length - countMax, 'other')}: type the name of one.`
  }, () => { node.hidden = true })
  return node
}

const roomLink = room => element('a', { href: address('write', [room]) }, readable(room))
