// One room: what is known of it, and tabs with what is in it.

import { failure, isRefusal } from '../../failure.js'
import { Emitter } from '../../crdt/emitter.js'
import { address, replaceAddress } from '../../parts/address.js'
import { element, setText } from '../../parts/dom.js'
import { ago, bytes, count, moment } from '../../parts/format.js'
import { icon } from '../../parts/icons.js'
import { button, emptyState, pageHead, tabs } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { showClients } from './clients.js'
import { showCopies } from './copies.js'
import { Inspected } from './inspected.js'
import { isReachable, kindBadge, kindOf, readable } from './names.js'
import { showPending } from './pending.js'
import { showTree } from './tree-tab.js'
import { showUnreachable } from './unreachable.js'

/** Tabs, and whether they need the room's document. */
const parts = [
  { name: 'tree', text: 'Tree', show: showTree, inspects: true },
  { name: 'clients', text: 'Clients', show: showClients, inspects: true },
  { name: 'pending', text: 'Pending', show: showPending, inspects: true },
  { name: 'copies', text: 'Copies', show: showCopies },
  { name: 'history', text: 'History', show: async (...all) => (await import('./history.js')).showHistory(...all) },
]

/** Rooms of which activity is kept: `#/activity/ID` for `project:ID`. */
const projectPrefix = 'project:'

/** Longer names are set in smaller type. */
const longName = 60

const writeLink = (room, text) =>
  element('a', { class: 'button primary', href: address('write', [room]) }, icon('write'), text)

/** @param {HTMLElement} root */
export async function showRoom(root, { room, query, signal }) {
  document.title = `${room.slice(0, longName)} · Rooms · syncctl`
  const page = new RoomPage(room, query, signal)
  root.append(page.element)
  page.follow()
}

class RoomPage {
  #room
  #query
  #signal
  #facts = element('dl', { class: 'room-facts', hidden: true })
  #body = element('div', { class: 'stack' }, element('p', { class: 'quiet', role: 'status' }, 'Asking the relay for the room'))
  #activity = element('a', { class: 'button', hidden: true }, icon('activity'), 'Activity')
  #isOpen = false
  #leaveTab = new AbortController()
  /** The document, or the promise of it, once a tab has asked for it; and what closes it. */
  #opening = null
  #inspected = null
  #close
  /** What the relay says of the room; `change` is told by it when it says more. */
  #reports = Object.assign(new Emitter(), { latest: null })

  constructor(room, query, signal) {
    this.#room = room
    this.#query = query
    this.#signal = signal
    const kind = kindOf(room), text = readable(room)
    this.#activity.href = address('activity', [room.slice(projectPrefix.length)])
    const head = pageHead('', null,
      !kind?.isFeed && isReachable(room) && writeLink(room, 'Write together'),
      this.#activity)
    head.querySelector('h1').append(element('bdi', {}, room))
    head.querySelector('h1').classList.add('room-name')
    head.querySelector('h1').classList.toggle('is-long', room.length > longName)
    head.firstElementChild.prepend(element('p', { class: 'row small' },
      element('a', { href: address('rooms') }, 'All rooms'), kindBadge(room)))
    if (text !== null) head.firstElementChild.append(element('p', { class: 'quiet room-readable' }, element('bdi', {}, text)))
    /** @type {HTMLElement} */
    this.element = element('div', { class: 'stack room', 'data-room': room }, head, this.#facts, this.#body)
  }

  /** Looks whether the room is there, and shows it as soon as it is. */
  follow() {
    const options = { milliseconds: 2000, signal: this.#signal, query: () => ({ room: this.#room }) }
    this.#signal.addEventListener('abort', () => this.#leaveTab.abort())
    const askAgain = relay.follow('/api/rooms', options, ([report]) => {
      if (report) {
        this.#showFacts(report)
        this.#reports.latest = report
        this.#reports.emit('change', report)
        this.#open()
      } else if (!this.#isOpen) this.#showAbsence()
    }, error => {
      if (this.#isOpen) return
      // Facts are for administrators; who may read the document may look at it all the same.
      if (isRefusal(error)) this.#askAsReader()
      else this.#body.replaceChildren(failure(error, askAgain))
    })
  }

  async #askAsReader() {
    try {
      await relay.get('/api/versions', { query: { room: this.#room }, signal: this.#signal })
      this.#open()
    } catch (error) {
      if (this.#signal.aborted) return
      if (error.status === 404) this.#showAbsence(button('Look again', () => this.#askAsReader()))
      else this.#body.replaceChildren(failure(error, () => this.#askAsReader()))
    }
  }

  async #lookForActivity() {
    try {
      const { entries } = await relay.get('/api/activity', { query: { room: this.#room, limit: 1 }, signal: this.#signal })
      this.#activity.hidden = entries.length === 0
    } catch { /* Then there is nothing to lead to. */ }
  }

  /** Says that there is no room. @param {HTMLElement} [again] Looks again, unless that happens by itself. */
  #showAbsence(again) {
    if (this.#body.querySelector('.empty')) return
    const state = emptyState('rooms', 'There is no such room',
      `It is made when somebody first writes in it${again ? '' : ', and is shown here as soon as that happens'}. ` +
      'Looking at it makes none.')
    if (isReachable(this.#room)) state.append(writeLink(this.#room, 'Write in it'))
    if (again) state.append(again)
    this.#body.replaceChildren(element('div', { class: 'card' }, state))
  }

  // MARK: Facts

  #showFacts({ stored, usage }) {
    const isHere = this.#inspected?.provider.status === 'connected'
    const clients = usage?.clients ?? 0
    const said = [
      ['Clients', isHere && clients > 0 ? `${count(clients)}, this page among them` : count(clients)],
      usage?.peers > 0 && ['Other relays', count(usage.peers)],
      stored && ['Last change', ago(stored.modifiedMilliseconds), moment(stored.modifiedMilliseconds)],
      stored && ['Size', bytes(stored.bytes)],
      stored && ['Updates', `${count(stored.updates)}, ${count(stored.logUpdates)} in the log`],
      stored && ['History kept', stored.historyBytes > 0 ? bytes(stored.historyBytes) : 'none yet'],
      ['Memory', usage ? `about ${bytes(usage.memoryBytes)}` : 'not loaded'],
      !stored && ['Stored', 'in memory only'],
    ].filter(Boolean)
    this.#facts.hidden = false
    if (this.#facts.children.length !== said.length || said.some(([label], index) =>
      this.#facts.children[index].firstElementChild.textContent !== label)) {
      this.#facts.replaceChildren(...said.map(([label]) =>
        element('div', {}, element('dt', {}, label), element('dd'))))
    }
    for (const [index, [, text, title]] of said.entries()) {
      const value = this.#facts.children[index].lastElementChild
      setText(value, text)
      if (title && value.title !== title) value.title = title
    }
  }

  // MARK: Tabs

  #open() {
    if (this.#isOpen) return
    this.#isOpen = true
    if (this.#room.startsWith(projectPrefix)) this.#lookForActivity()
    const chosen = parts.find(({ name }) => name === this.#query.get('tab')) ?? parts[0]
    const { list, panel } = tabs('Parts of the room', parts, chosen.name, name => {
      replaceAddress('rooms', [this.#room], { tab: name })
      this.#show(panel, parts.find(part => part.name === name), new URLSearchParams({ tab: name }))
    })
    panel.classList.add('stack', 'room-panel')
    this.#body.replaceChildren(list, panel)
    this.#show(panel, chosen, this.#query)
  }

  async #show(panel, part, query) {
    this.#leaveTab.abort()
    this.#leaveTab = new AbortController()
    const { signal } = this.#leaveTab
    const root = element('div', { class: 'stack' })
    panel.replaceChildren(root)
    try {
      if (part.inspects && !isReachable(this.#room)) {
        await showUnreachable(root, { room: this.#room, signal })
        return
      }
      const inspected = part.inspects ? await this.#inspect() : null
      if (signal.aborted) return
      await part.show(root, {
        room: this.#room, query, signal, inspected, reports: this.#reports, reopen: () => this.#reopen(panel, part),
      })
    } catch (error) {
      if (signal.aborted) return
      root.append(failure(error, () => this.#show(panel, part, query)))
      if (!error.title) console.error(error)
    }
  }

  #inspect() {
    if (this.#opening) return this.#opening
    this.#close = new AbortController()
    return this.#opening = Inspected.open(this.#room, AbortSignal.any([this.#signal, this.#close.signal])).then(inspected => {
      this.#inspected = inspected
      return inspected
    }, error => {
      this.#opening = null
      throw error
    })
  }

  /** Opens the document anew, as after it was denied. */
  #reopen(panel, part) {
    this.#leaveTab.abort()
    this.#close.abort()
    this.#opening = this.#inspected = null
    this.#show(panel, part, new URLSearchParams({ tab: part.name }))
  }
}
