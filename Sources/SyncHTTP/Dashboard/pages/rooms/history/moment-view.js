import { element } from '../../../parts/dom.js'
import { failure } from '../../../failure.js'
import { relay } from '../../../relay.js'
import { changesNodes } from './changes-view.js'
import { DocumentView } from './document-view.js'
import { pictureOfJSON } from './picture.js'

/** For how long a moment has to stay chosen before the relay is asked for it. */
const settling = 250

const quiet = text => element('p', { class: 'quiet' }, text)

/**
 * Shows a moment: the document then, and what was changed. It is replayed here where that is possible; otherwise the relay
 * tells of it.
 */
export class MomentView {
  /** Where changes are shown. */
  changes = element('div', { class: 'changes' })
  /** Where the document is shown. */
  document = element('div')
  #view = new DocumentView()
  #problem = element('div')
  #room
  #replay
  #shown
  #signal
  /** What is to be shown, and what is. */
  #wanted = null
  #current = null
  #request = null
  #timer

  /**
   * @param {object} options
   * @param {string} options.room
   * @param {import('./replay.js').Replay} options.replay
   * @param {() => void} options.shown Called when something else is shown.
   * @param {AbortSignal} options.signal Ends it.
   */
  constructor({ room, replay, shown, signal }) {
    this.#room = room
    this.#replay = replay
    this.#shown = shown
    this.#signal = signal
    this.document.append(this.#problem, this.#view.element)
    signal.addEventListener('abort', () => this.#stopAsking())
  }

  /**
   * Shows the document after a moment; does nothing while that is not known yet.
   *
   * @param {number} position How many moments there are up to it.
   * @param {import('./moments.js').Moment | null} moment Null for none.
   */
  async show(position, moment) {
    const key = [position, moment?.first, moment?.last, ...moment?.parts.map(({ end }) => end) ?? []].join()
    if (key === this.#wanted) return
    if (!this.#replay.has(position)) {
      if (this.#replay.lacks(position)) this.#showFromRelay(key, { update: moment?.last ?? 0 }, settling)
      return
    }
    this.#wanted = key
    this.#stopAsking()
    if (key === this.#current) return
    try {
      const view = await this.#replay.show(position)
      if (this.#wanted !== key || this.#signal.aborted) return
      // It has changed meanwhile, and is shown when it is asked for again.
      if (view === null) this.#wanted = null
      else this.#set(key, view.picture, ...position === 0 ? [quiet('Nothing yet.')] : changesNodes(view.groups))
    } catch (error) {
      if (this.#wanted === key && !this.#signal.aborted) this.#showFromRelay(key, { update: moment?.last ?? 0 }, 0)
    }
  }

  /** Shows a version. @param {{ name: string, milliseconds: number }} version */
  showVersion({ name, milliseconds }) {
    const key = JSON.stringify([name, milliseconds])
    if (key !== this.#wanted) this.#showFromRelay(key, { version: name }, 0)
  }

  #set(key, picture, ...changes) {
    this.#current = key
    this.#problem.replaceChildren()
    this.#view.element.hidden = false
    this.#view.element.removeAttribute('aria-busy')
    this.#view.show(picture)
    this.changes.replaceChildren(...changes)
    this.#shown()
  }

  // MARK: Asking the relay

  #stopAsking() {
    this.#request?.abort()
    clearTimeout(this.#timer)
  }

  #showFromRelay(key, moment, milliseconds) {
    this.#stopAsking()
    this.#wanted = key
    this.#request = new AbortController()
    const signal = AbortSignal.any([this.#request.signal, this.#signal])
    // What is still shown is of another moment.
    this.#current = null
    this.#view.element.setAttribute('aria-busy', 'true')
    this.changes.replaceChildren(quiet('The relay is asked for this moment.'))
    this.#timer = setTimeout(() => this.#ask(key, moment, signal), milliseconds)
  }

  async #ask(key, moment, signal) {
    try {
      const json = await relay.get('/api/document', { query: { room: this.#room, ...moment }, signal })
      if (signal.aborted) return
      this.#set(key, pictureOfJSON(json), quiet(moment.version !== undefined ?
        'A version is a moment of its own: move the slider to see what was changed around it.' :
        'Not known here: this moment was not replayed, but shown as the relay tells it.'))
    } catch (error) {
      if (signal.aborted) return
      this.#view.element.hidden = true
      this.changes.replaceChildren()
      this.#problem.replaceChildren(failure(error, () => this.#showFromRelay(key, moment, 0)))
    }
  }
}
