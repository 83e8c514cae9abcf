import { followFeed } from '../../feed.js'
import { address, replaceAddress } from '../../parts/address.js'
import { byDay, dayTitle } from '../../parts/days.js'
import { element, setText, showList } from '../../parts/dom.js'
import {  } from '../../parts/format.js'
import { icon } from '../../parts/icons.js'
import { failure } from '../../failure.js'
import { button, emptyState, pageHead } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { makeEntry, showEntry } from './entry.js'
import { Filters, filtersOf, questionOf } from './filters.js'
import { rememberProject } from './projects.js'

const path = '/api/activity'
const pageEntries = 50
/** Most of one question for what is new. When there is more, the list begins anew. */
const newEntriesMax = 500
/** How far back it is asked for what is new: nodes tell of the past when they were cut off, and clocks differ. */
const overlapMilliseconds = 120_000
/** Below this many pixels of the window, what is above the list is scrolled away, and with it its beginning. */
const topPixels = 40

/** Shows what is done in a project, as it happens. */
export async function showTimeline(root, project, query, signal) {
  rememberProject(project)
  const timeline = new Timeline(project, signal)
  const filters = new Filters(filtersOf(query), values => {
    replaceAddress('activity', [project], values)
    timeline.find(values)
  })
  timeline.filters = filters
  signal.addEventListener('abort', () => filters.end())
  const room = `project:${project}`
  root.append(
    pageHead(project, 'Who did what in this project, the newest first.',
      element('a', { class: 'button', href: address('rooms', [room]) }, icon('rooms'), 'Room'),
      element('a', { class: 'button', href: address('activity') }, 'All projects')),
    element('div', { class: 'stack' }, filters.node, timeline.node))
  timeline.find(filters.values)
}

/** Entries of a project's activity by days, and what came meanwhile. */
class Timeline {
  /** @type {Filters} */
  filters
  #room
  #signal
  #ending = new AbortController()
  #question = {}
  /** Entries by identifier. One that grows stays where it was shown first: at its `place`. */
  #entries = new Map()
  /** Those that came while somebody read further down: they are not shown yet. */
  #held = new Set()
  #added = 0
  #newest = null
  #asksForAll = true
  #next
  /** The last entry of all pages that were asked for: what is behind it comes with the next one. */
  #last
  #ask = () => {}
  #isLoading = false

  #days = element('div', { class: 'days' })
  #arrivals = element('div', { class: 'arrivals', role: 'status' })
  #problem = element('div', { class: 'timeline-problem', role: 'alert' })
  #message = element('div')
  #more = button('Show earlier', () => this.#showEarlier(), { class: 'show-earlier', hidden: true })

  constructor(project, signal) {
    this.#room = `project:${project}`
    this.#signal = signal
    this.node = element('section', { class: 'timeline', 'aria-label': 'Timeline' },
      this.#problem, this.#arrivals, this.#days, this.#message, this.#more)
    // Whoever has scrolled up to the beginning reads what is new.
    addEventListener('scroll', () => { if (this.#held.size > 0 && !this.#isAway) this.#showHeld() }, { signal, passive: true })
    signal.addEventListener('abort', () => this.#ending.abort())
  }

  /** Shows what matches, and goes on to do so. @param {Record<string, string>} filters */
  find(filters) {
    this.#ending.abort()
    this.#ending = new AbortController()
    if (this.#signal.aborted) return
    this.#question = questionOf(filters)
    this.#newest = null
    this.#ask = followFeed(path, {
      rooms: [this.#room.replace(/^project:/, 'activity:')], signal: this.#ending.signal, query: () => this.#query(),
    }, page => this.#receive(page), error => this.#fail(error, () => this.find(filters)))
  }

  #query() {
    this.#asksForAll = this.#newest === null
    const { after } = this.#question
    return {
      room: this.#room, ...this.#question, limit: this.#asksForAll ? pageEntries : newEntriesMax,
      after: this.#asksForAll ? after : Math.max(after ?? 0, this.#newest - overlapMilliseconds),
    }
  }

  #receive({ entries, next }) {
    this.#problem.replaceChildren()
    if (this.#asksForAll) {
      this.#entries.clear()
      this.#held.clear()
      this.#added = 0
      this.#turnPage({ entries, next })
      this.#newest = 0
    } else if (next !== undefined && entries.at(-1).milliseconds > this.#newest) {
      // There is more between what is shown and what is new than one answer has.
      return this.#beginAnew()
    } else {
      const isAway = this.#isAway
      for (const entry of entries) {
        if (this.#isBehindLast(entry) || !this.#take(entry)) continue
        this.#added += 1
        if (isAway) this.#held.add(entry.id)
      }
      if (this.#added > newEntriesMax && !isAway) return this.#beginAnew()
    }
    this.#newest = Math.max(this.#newest, entries[0]?.milliseconds ?? 0)
    this.#render()
  }

  #beginAnew() {
    this.#newest = null
    this.#ask()
  }

  /** Takes the next page in. @returns {string | undefined} The identifier of the first entry that is new. */
  #turnPage({ entries, next }) {
    this.#next = next
    this.#last = entries.at(-1)
    return entries.filter(entry => this.#take(entry)).at(0)?.id
  }

  #isBehindLast({ milliseconds, id }) {
    if (this.#next === undefined) return false
    return milliseconds < this.#last.milliseconds || (milliseconds === this.#last.milliseconds && id < this.#last.id)
  }

  /** Takes an entry in, or what has become of it. @returns {boolean} Whether it is a new one. */
  #take(entry) {
    this.filters.offer(entry)
    const known = this.#entries.get(entry.id)
    if (known === undefined) this.#entries.set(entry.id, { ...entry, place: entry.milliseconds })
    else if (entry.milliseconds >= known.milliseconds) this.#entries.set(entry.id, { ...entry, place: known.place })
    return known === undefined
  }

  async #showEarlier() {
    if (this.#isLoading || this.#next === undefined) return
    this.#isLoading = true
    this.#more.setAttribute('aria-busy', 'true')
    const { signal } = this.#ending
    try {
      const page = await relay.get(path, {
        query: { room: this.#room, ...this.#question, limit: pageEntries, before: this.#next }, signal,
      })
      const first = this.#turnPage(page)
      this.#render()
      if (this.#more.hidden && first) this.#days.querySelector(`[data-id="${CSS.escape(first)}"]`)?.focus({ preventScroll: true })
    } catch (error) {
      if (!signal.aborted) this.#message.replaceChildren(failure(error, () => this.#showEarlier()))
    }
    this.#more.removeAttribute('aria-busy')
    this.#isLoading = false
  }

  /** Whether somebody reads further down, so that what is put in above would shift it. */
  get #isAway() { return this.#days.getBoundingClientRect().top < topPixels }

  #showHeld({ isAsked = false } = {}) {
    this.#held.clear()
    this.#render()
    if (!isAsked) return
    this.#days.querySelector('h2')?.focus({ preventScroll: true })
    this.#days.scrollIntoView()
  }

  // MARK: Showing

  #render() {
    const shown = [...this.#entries.values()].filter(({ id }) => !this.#held.has(id))
      .sort((left, right) => right.place - left.place || (left.id < right.id ? 1 : -1))
    showList(this.#days, byDay(shown, ({ place }) => place), ({ key }) => key, () => element('section', { class: 'day' },
      element('h2', { tabindex: -1 }), element('ol', { class: 'entries' })), (node, { milliseconds, items }) => {
      setText(node.firstElementChild, dayTitle(milliseconds))
      showList(node.lastElementChild, items, ({ id }) => id,
        entry => makeEntry(entry, filters => this.filters.set({ ...this.filters.values, ...filters })),
        (entryNode, entry) => showEntry(entryNode, entry, this.#room))
    })
    this.#more.hidden = this.#next === undefined
    this.#renderArrivals()
    this.#renderMessage(shown.length)
  }

  #renderArrivals() {
    const { size } = this.#held
    if (size === 0) return this.#arrivals.replaceChildren()
    const text = `${size} new`
    const shown = this.#arrivals.querySelector('button')
    if (shown) setText(shown.lastElementChild, text)
    else {
      this.#arrivals.append(element('button', {
        type: 'button', class: 'primary', on: { click: () => this.#showHeld({ isAsked: true }) },
      }, icon('up'), element('span', {}, text)))
    }
  }

  #renderMessage(count) {
    const chosen = Object.keys(this.filters.values).length
    const state = count > 0 ? 'shown' : chosen > 0 ? 'nothing found' : 'nothing there'
    if (this.#message.dataset.state === state && !this.#message.querySelector('.notice')) return
    this.#message.dataset.state = state
    if (state === 'shown') return this.#message.replaceChildren()
    const action = state === 'nothing found' ? button('Clear filters', () => this.filters.set({}))
      : element('a', { class: 'button', href: address('write', [this.#room]) }, icon('write'), `Write in ${this.#room}`)
    const empty = state === 'nothing found'
      ? emptyState('search', 'Nothing matches', 'Fewer words or filters find more. A word finds what begins with it.')
      : emptyState('activity', 'Nothing has been done here yet',
        `What is written in the room ${this.#room} appears here at once, and stays for others to find.`)
    this.#message.replaceChildren(element('div', { class: 'card' }, empty, element('p', { class: 'centred' }, action)))
  }

  /** What is shown stays; it is gone when somebody else signs in. */
  #fail(error, retry) {
    this.#problem.replaceChildren(failure(error, retry))
    this.#message.replaceChildren()
    delete this.#message.dataset.state
  }
}
