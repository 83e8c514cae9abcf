// All rooms of the relay: searched, sorted, and followed while they are looked at.

import { failure, isRefusal } from '../../failure.js'
import { relay } from '../../relay.js'
import { address, replaceAddress } from '../../parts/address.js'
import { element, setText, showList as showItems } from '../../parts/dom.js'
import { ago, bytes, compact, count, counted, moment } from '../../parts/format.js'
import { icon } from '../../parts/icons.js'
import { button, emptyState, field, pageHead } from '../../parts/pieces.js'
import { isReachable, kindBadge, kindOf, kinds, readable } from './names.js'

/** More than anybody reads, and few enough to be drawn at once. */
const pageSize = 300

/** What rooms are sorted by: text from its start, numbers from the largest. */
const columns = [
  { name: 'name', text: 'Name', value: ({ name }) => name },
  { name: 'clients', text: 'Clients', value: ({ usage }) => usage?.clients ?? 0 },
  { name: 'updates', text: 'Updates', value: ({ stored }) => stored?.updates ?? -1 },
  { name: 'bytes', text: 'Size', value: ({ stored, usage }) => stored?.bytes ?? usage?.memoryBytes ?? 0 },
  { name: 'modified', text: 'Last change', value: ({ stored }) => stored?.modifiedMilliseconds ?? 0 },
]

const collator = new Intl.Collator('en', { numeric: true })

/** @param {HTMLElement} root */
export function showList(root, { query, signal }) {
  const list = new RoomList(query)
  root.append(list.element)
  document.addEventListener('keydown', event => list.hearKey(event), { signal })
  list.ask = relay.follow('/api/rooms', { milliseconds: 2000, signal }, rooms => list.show(rooms), error => list.fail(error))
}

class RoomList {
  #rooms = null
  #limit = pageSize
  #column
  #isDescending
  #search
  #kind
  #tools
  #sort
  #summary = element('p', { class: 'quiet small', role: 'status' }, 'Asking the relay for its rooms')
  #message = element('div', { class: 'rooms-message' })
  #table
  #body = element('tbody')
  #headers = new Map()
  #more

  constructor(query) {
    this.#column = columns.find(({ name }) => name === query.get('sort')) ?? columns[4]
    this.#isDescending = query.has('order') ? query.get('order') === 'descending' : this.#column.name !== 'name'
    this.#search = element('input', {
      type: 'search', value: query.get('search'), placeholder: 'Part of a name', autocomplete: 'off', spellcheck: 'false',
      'aria-keyshortcuts': '/', on: { input: () => this.#choose() },
    })
    this.#kind = select([['', 'All kinds'], ['none', 'Documents'], ...kinds.map(({ name, many }) => [name, many])],
      query.get('kind') ?? '', () => this.#choose())
    this.#sort = select(columns.map(({ name, text }) => [name, text]), this.#column.name, () => this.#sortBy(this.#sort.value))
    this.#tools = element('div', { class: 'rooms-tools', role: 'search', 'aria-label': 'Rooms' },
      field('Search', this.#search), field('Kind', this.#kind),
      element('div', { class: 'rooms-sort' }, field('Sort by', this.#sort)))
    this.#table = element('table', { class: 'rooms-table', hidden: true },
      element('caption', { class: 'visually-hidden' }, 'Rooms'),
      element('thead', {}, element('tr', {}, ...columns.map(column => this.#header(column)),
        element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, 'Write')))),
      this.#body)
    this.#more = button('', () => {
      this.#limit += pageSize
      this.#draw()
    }, { hidden: true })
    /** @type {HTMLElement} */
    this.element = element('div', { class: 'stack rooms' },
      pageHead('Rooms', null, element('a', { class: 'button', href: address('write') }, icon('write'), 'Write together')),
      this.#tools, this.#summary, this.#message,
      element('div', { class: 'card flush rooms-card', hidden: true }, this.#table), element('div', { class: 'row' }, this.#more))
    this.#showOrder()
  }

  /** Asks the relay at once; set once it is followed. */
  ask = () => {}

  #header(column) {
    const header = element('th', { scope: 'col', class: column.name === 'name' ? '' : 'number' },
      button(column.text, () => this.#sortBy(column.name), { class: 'plain rooms-header' }))
    this.#headers.set(column, header)
    return header
  }

  #sortBy(name) {
    const column = columns.find(column => column.name === name)
    this.#isDescending = column === this.#column ? !this.#isDescending : name !== 'name'
    this.#column = column
    this.#sort.value = name
    this.#showOrder()
    this.#choose()
  }

  #showOrder() {
    for (const [column, header] of this.#headers) {
      const order = this.#isDescending ? 'descending' : 'ascending'
      if (column === this.#column) header.setAttribute('aria-sort', order)
      else header.removeAttribute('aria-sort')
    }
  }

  /** Shows what was asked for, and has the address say it, so that the way back leads to it. */
  #choose() {
    this.#limit = pageSize
    replaceAddress('rooms', [], {
      search: this.#search.value, kind: this.#kind.value, sort: this.#column.name,
      order: this.#isDescending ? 'descending' : 'ascending',
    })
    this.#draw()
  }

  /** A slash goes to the search, as everywhere, unless something is being written. */
  hearKey(event) {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.target.closest?.('input, textarea, select, dialog, [contenteditable]')) return
    event.preventDefault()
    this.#search.focus()
    this.#search.select()
  }

  show(rooms) {
    this.#rooms = rooms
    this.#message.replaceChildren()
    this.#draw()
  }

  fail(error) {
    if (!isRefusal(error) && this.#rooms !== null) return
    this.#rooms = null
    this.#draw()
    setText(this.#summary, '')
    if (isRefusal(error)) this.#showName(failure(error))
    else this.#message.replaceChildren(failure(error, this.ask))
  }

  /** Who may not see the list may still know a room by its name. */
  #showName(message) {
    const name = element('input', { required: true, maxlength: 1024, autocomplete: 'off', spellcheck: 'false' })
    const open = event => {
      event.preventDefault()
      location.hash = address('rooms', [name.value])
    }
    this.#message.replaceChildren(element('div', { class: 'stack' }, message,
      element('form', { class: 'card stack', on: { submit: open } },
        field('Name of a room', name, 'One that your token is for can be opened by its name.'),
        element('div', { class: 'row' }, element('button', { class: 'primary' }, 'Open the room')))))
  }

  #matches() {
    const search = this.#search.value.trim().toLowerCase(), kind = this.#kind.value
    const found = this.#rooms.filter(({ name }) => (kind === '' || (kindOf(name)?.name ?? 'none') === kind) &&
      (search === '' || name.toLowerCase().includes(search) || readable(name)?.toLowerCase().includes(search)))
    const { value } = this.#column, sign = this.#isDescending ? -1 : 1
    return found.sort((left, right) => {
      const [a, b] = [value(left), value(right)]
      return sign * (typeof a === 'string' ? collator.compare(a, b) : a - b) || collator.compare(left.name, right.name)
    })
  }

  #draw() {
    this.#table.parentElement.hidden = this.#tools.hidden = this.#rooms === null
    if (this.#rooms === null) return
    const matches = this.#matches(), total = this.#rooms.length
    const shown = matches.slice(0, this.#limit)
    showItems(this.#body, shown, ({ name }) => name, makeRow, showRow)
    this.#table.hidden = shown.length === 0
    const isAll = matches.length === total
    const found = isAll ? counted(total, 'room') : `${count(matches.length)} of ${counted(total, 'room')}`
    const hidden = matches.length - shown.length
    setText(this.#summary, total === 0 ? '' : hidden === 0 ? found : `${found}, the first ${count(shown.length)} are shown`)
    this.#more.hidden = hidden === 0
    setText(this.#more, `Show ${count(Math.min(pageSize, hidden))} more of ${count(hidden)}`)
    this.#showEmptiness(shown.length === 0, total === 0)
  }

  #showEmptiness(isEmpty, isRelayEmpty) {
    const card = this.#table.parentElement, kind = !isEmpty ? '' : isRelayEmpty ? 'none' : 'unmatched'
    if ((card.dataset.empty ?? '') === kind) return
    card.dataset.empty = kind
    card.querySelector('.empty')?.remove()
    if (kind === 'none') {
      const state = emptyState('rooms', 'There are no rooms yet', 'A room is made when somebody first writes in it.')
      state.append(element('a', { class: 'button primary', href: address('write') }, icon('write'), 'Write in a new one'))
      card.append(state)
    } else if (kind === 'unmatched') {
      const state = emptyState('search', 'No room matches', 'Names are searched for the letters as they are, small or capital.')
      state.append(button('Show all rooms', () => {
        this.#search.value = ''
        this.#kind.value = ''
        this.#choose()
        this.#search.focus()
      }))
      card.append(state)
    }
  }
}

function select(options, chosen, change) {
  const node = element('select', { on: { change } }, ...options.map(([value, text]) => element('option', { value }, text)))
  node.value = chosen
  if (node.selectedIndex < 0) node.selectedIndex = 0
  return node
}

const cell = (label, ...children) => element('td', { class: 'number', 'data-label': label }, ...children)

function makeRow({ name }) {
  const text = readable(name), kind = kindOf(name)
  return element('tr', { 'data-room': name },
    element('th', { scope: 'row', class: 'rooms-name' },
      element('a', { href: address('rooms', [name]), title: name }, element('bdi', {}, name)),
      element('div', { class: 'row' },
        kindBadge(name), text !== null && element('bdi', { class: 'quiet small rooms-readable' }, text))),
    cell('Clients'), cell('Updates'), cell('Size'), cell('Last change', element('time')),
    element('td', { class: 'rooms-write' }, !kind?.isFeed && isReachable(name) && element('a', {
      class: 'button', href: address('write', [name]), 'aria-label': `Write in ${name}`, title: 'Write in it',
    }, icon('write'))))
}

function showRow(row, { stored, usage }) {
  const [, clients, updates, size, modified] = row.children
  setText(clients, count(usage?.clients ?? 0))
  clients.classList.toggle('quiet', !usage?.clients)
  setText(updates, stored ? compact(stored.updates) : '–')
  setText(size, stored ? bytes(stored.bytes) : usage ? `${bytes(usage.memoryBytes)} of memory` : '–')
  const time = modified.firstElementChild, at = stored?.modifiedMilliseconds
  setText(time, at === undefined ? '–' : ago(at))
  if (at !== undefined && time.dataset.at !== String(at)) {
    time.dataset.at = at
    time.dateTime = new Date(at).toISOString()
    time.title = moment(at)
  }
}
