/**
 * A room's history: who wrote what and when, the document at any moment of it, and moments that have a name.
 *
 * @module
 */

import { element } from '../../parts/dom.js'
import { replaceAddress } from '../../parts/address.js'
import { ago, count, duration, moment as momentText } from '../../parts/format.js'
import { failure } from '../../failure.js'
import { button, card } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { authorsText } from './history/changes-view.js'
import { Log } from './history/log.js'
import { limitsOf, noRoom, reasonFor } from './history/messages.js'
import { MomentView } from './history/moment-view.js'
import { isBeginning, Moments } from './history/moments.js'
import { Reader } from './history/reader.js'
import { Replay } from './history/replay.js'
import { TimeSlider } from './history/slider.js'
import { restore, Versions } from './history/versions.js'

const path = '/api/history'
const interval = 2000
/** What is shown is renewed four times a second at most, and so is the address. */
const renewal = 250
/** How long after a change versions are asked for, in case it made one. */
const versionsDelay = 4000

/**
 * Shows a room's history.
 *
 * @param {HTMLElement} root
 * @param {object} options
 * @param {string} options.room
 * @param {URLSearchParams} options.query `update` is the update whose moment is shown first, or `time` a time in
 *   milliseconds since 1970.
 * @param {AbortSignal} options.signal Ends it.
 */
export async function showHistory(root, { room, query, signal }) {
  new HistoryPage(root, room, query, signal).start()
}

/** What an address asks for: an update's moment, or that of a time; null for the newest. */
function wantedMoment(query) {
  const [update, time] = ['update', 'time'].map(name => /^\d+$/.test(query.get(name)) ? Number(query.get(name)) : null)
  return update === null && time === null ? null : { update, time }
}

class HistoryPage {
  #room
  #signal
  #moments = new Moments()
  #reader
  #slider
  #log
  #versions
  #versionsCard
  #view
  #progress = element('div', { class: 'history-progress', hidden: true })
  #status = element('div', { role: 'status', class: 'stack' })
  #main
  #restoreButton = button('Restore this moment', () => this.#restore())
  /** How many updates the room has; null while that is not known. */
  #total = null
  /** The position that is chosen, while it is not the newest one; and what the address asks for at first. */
  #position = null
  #wanted
  #version = null
  #timers = {}
  #frame = 0
  #following = null
  #ask = () => {}
  #told = ''

  constructor(root, room, query, signal) {
    this.#room = room
    this.#signal = signal
    this.#wanted = wantedMoment(query)
    this.#reader = new Reader(this.#moments, signal)
    const replay = new Replay(this.#moments, this.#reader, signal)
    this.#view = new MomentView({ room, replay, signal, shown: () => this.#slider.shown() })
    this.#slider = new TimeSlider(position => this.#choose(position), [this.#restoreButton], signal)
    this.#log = new Log(this.#moments, position => { this.#slider.stop(); this.#choose(position) })
    this.#versions = new Versions({
      room, signal, show: version => this.#showVersion(version), restored: () => this.#showNewest(),
      changed: () => {
        this.#ask()
        this.#renew()
      },
    })
    const log = card('Who wrote when', this.#log.element)
    const [time, changes, shown] = [card('Through time', this.#slider.element, this.#progress),
      card('What changed', this.#view.changes), card('The document then', this.#view.document)]
    const versions = this.#versionsCard = card('Versions', this.#versions.element)
    this.#main = [time, changes, shown, log]
    for (const [name, node] of Object.entries({ time, changes, document: shown, log, versions })) node.dataset.part = name
    root.append(element('div', { class: 'history stack' }, this.#status, time,
      element('div', { class: 'history-columns' },
        element('div', { class: 'stack' }, changes, shown), element('div', { class: 'stack' }, versions, log))))
    for (const node of this.#main) node.hidden = true
    this.#reader.on('progress', () => this.#renew())
    signal.addEventListener('abort', () => {
      for (const timer of Object.values(this.#timers)) clearTimeout(timer)
      cancelAnimationFrame(this.#frame)
    })
  }

  // MARK: Reading

  /** Waits until there is such a room, then follows its history. */
  start() {
    this.#tell([element('p', { class: 'quiet' }, 'The history is being read.')])
    const signal = this.#beginFollowing()
    const options = { milliseconds: interval, signal, query: () => ({ room: this.#room }) }
    this.#ask = relay.follow('/api/rooms', options, ([room]) => {
      if (!room) return this.#miss()
      this.#total = room.stored?.updates ?? null
      this.#follow()
    }, () => this.#follow())
  }

  #beginFollowing() {
    this.#following?.abort()
    this.#following = new AbortController()
    return AbortSignal.any([this.#following.signal, this.#signal])
  }

  /** Reads the history page by page, and what comes after. */
  #follow() {
    const signal = this.#beginFollowing()
    this.#versionsCard.hidden = false
    this.#versions.start()
    const query = () => ({ room: this.#room, after: this.#moments.after || null })
    this.#ask = relay.follow(path, { milliseconds: interval, signal, query }, page => this.#add(page), error => this.#fail(error))
  }

  #miss() {
    this.#versionsCard.hidden = true
    this.#tell([noRoom()])
  }

  async #add(page) {
    this.#versions.canShow = true
    const wasComplete = this.#moments.isComplete
    this.#moments.add(page)
    this.#renew()
    if (wasComplete && page.entries.length > 0) {
      this.#timers.versions ??= setTimeout(() => {
        this.#timers.versions = null
        this.#versions.refresh()
      }, versionsDelay)
    }
    await this.#reader.read()
    // One page is read after the other: what the reader gives up is not to pile up.
    if (!this.#moments.isComplete && !this.#signal.aborted) this.#ask()
  }

  #fail(error) {
    const isInMemory = error.code === 'storeInMemory'
    if (isInMemory || error.status === 401 || error.status === 403) {
      // Asking again changes nothing, unless somebody does something about it.
      this.#following.abort()
      this.#versions.canShow = !isInMemory
      this.#versions.update(this.#version)
      // Who has to sign in need not be told twice.
      this.#versionsCard.hidden = error.status === 401
    }
    if (error.status === 404) this.#miss()
    else this.#tell([reasonFor(error, () => this.start())])
  }

  /** Shows messages about the history as a whole; those that are there stay. */
  #tell(nodes) {
    const text = nodes.map(node => node.textContent).join('\n')
    if (text === this.#told) return
    this.#told = text
    this.#status.replaceChildren(...nodes)
  }

  // MARK: What is chosen

  get #min() { return this.#moments.isCut ? this.#moments.start + 1 : 0 }

  /** The position that is shown: how many moments the document has. */
  get #shownPosition() {
    const { end } = this.#moments
    return Math.max(Math.min(this.#position ?? end, end), Math.min(this.#min, end))
  }

  #momentAt(position) { return this.#moments.list[position - 1] ?? null }

  #choose(position) {
    this.#version = null
    this.#wanted = null
    this.#position = position >= this.#moments.end ? null : position
    this.#after('address', renewal, () => this.#tellAddress())
    // While it slides, a choice comes with every movement of the hand.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#update()
    })
  }

  #tellAddress() {
    const update = this.#position === null ? null : this.#momentAt(this.#position)?.last ?? 0
    replaceAddress('rooms', [this.#room], { tab: 'history', update })
  }

  #showVersion(version) {
    this.#slider.stop()
    this.#wanted = null
    this.#version = version
    const index = this.#moments.indexAt(version.milliseconds)
    if (index >= 0) this.#position = index + 1 >= this.#moments.end ? null : index + 1
    this.#update()
    this.#main[2].scrollIntoView({ block: 'nearest', behavior: 'smooth' })
  }

  async #restore() {
    const moment = this.#momentAt(this.#shownPosition)
    const name = moment ? momentText(moment.end) : 'the empty document'
    if (!await restore(this.#room, name, { update: moment?.last ?? 0 }, this.#signal)) return
    this.#showNewest()
  }

  #showNewest() {
    this.#choose(Infinity)
    this.#versions.refresh()
    this.#ask()
  }

  // MARK: Showing

  #after(name, milliseconds, body) {
    clearTimeout(this.#timers[name])
    this.#timers[name] = setTimeout(body, milliseconds)
  }

  /** Shows what there is now, soon. */
  #renew() {
    if (this.#timers.renewal || this.#signal.aborted) return
    this.#timers.renewal = setTimeout(() => {
      this.#timers.renewal = null
      this.#update()
    }, renewal)
  }

  #update() {
    if (this.#signal.aborted) return
    const { end, isComplete } = this.#moments
    this.#resolveAddress()
    if (isComplete) this.#tell(limitsOf(this.#moments, this.#reader))
    const isReady = isComplete || this.#position !== null
    for (const node of this.#main) node.hidden = end === 0 && (this.#version === null || node !== this.#main[2])
    this.#showProgress()
    const position = this.#shownPosition
    // Rows are many: the list follows after a while.
    this.#timers.log ??= setTimeout(() => {
      this.#timers.log = null
      this.#log.update(isReady ? this.#shownPosition : 0)
    }, renewal)
    this.#versions.update(this.#version)
    this.#slider.update({ min: Math.min(this.#min, end), max: end, position, ...this.#describe(position), marks: this.#marks() })
    this.#restoreButton.hidden = position >= end || this.#version !== null
    if (this.#version !== null) this.#view.showVersion(this.#version)
    else if (isReady) this.#view.show(position, this.#momentAt(position))
  }

  /** Where the versions are. */
  #marks() {
    return this.#versions.list.flatMap(({ name, milliseconds }) => {
      const index = this.#moments.indexAt(milliseconds)
      return index < 0 ? [] : [{ position: index + 1, name: name ?? '' }]
    })
  }

  /** Chooses what the address asks for, once it was read. */
  #resolveAddress() {
    if (this.#wanted === null) return
    const { newest, isComplete, end } = this.#moments
    const { update, time } = this.#wanted
    const isRead = update === null ? newest?.start > time : newest?.last > update
    if (!isComplete && !isRead) return
    const position = (update === null ? this.#moments.indexAt(time) : this.#moments.indexOf(update)) + 1
    this.#position = position >= end ? null : Math.max(position, this.#min)
    this.#wanted = null
  }

  #describe(position) {
    if (this.#version !== null) {
      return { title: `Version “${this.#version.name}”`, text: `${momentText(this.#version.milliseconds)}` }
    }
    const moment = this.#momentAt(position)
    if (moment === null) return { title: 'Before the first change', text: 'The document was empty' }
    const who = isBeginning(moment) ? 'what was there before' : authorsText(moment.parts)
    const { start, end } = this.#moments
    const seconds = (moment.end - moment.start) / 1000
    const parts = [ago(moment.end), who, seconds >= 1 && !isBeginning(moment) && `within ${duration(seconds)}`,
      `moment ${count(position - start)} of ${count(end - start)}`]
    return {
      title: `${momentText(moment.end)}${position === end ? ', the newest' : ''}`, text: parts.filter(Boolean).join(' · '),
    }
  }

  #showProgress() {
    const { newest, isComplete, end } = this.#moments
    const { position, failure: reason } = this.#reader
    const isBusy = end > 0 && (!isComplete || (position < end && !reason && end - position > 200))
    this.#progress.hidden = !isBusy
    if (!isBusy) return
    const update = this.#momentAt(position)?.last ?? newest?.last ?? 0, total = Math.max(this.#total ?? 0, newest?.last ?? 0, 1)
    const [bar, text] = this.#progress.children.length > 0 ? this.#progress.children :
      [element('progress', { 'aria-label': 'The history is read' }), element('span', { class: 'quiet small' })]
    if (!bar.isConnected) this.#progress.append(bar, text)
    bar.max = total
    bar.value = update
    text.textContent = `Reading the history: ${count(update)} of ${count(total)} updates`
  }
}
