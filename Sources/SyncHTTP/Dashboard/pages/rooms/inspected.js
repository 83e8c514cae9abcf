import { connect, core } from '../../core.js'
import { Emitter } from '../../crdt/emitter.js'
import { relay } from '../../relay.js'

// What relays close a connection with.
const unauthorized = 4401
const outdated = 4409

/**
 * A room's document as it is looked at: live, never written, and without anybody being present for it. The tabs of a room
 * share one.
 *
 * Events: `change`, when {@link state} or {@link problem} is another one.
 */
export class Inspected extends Emitter {
  /** @type {import('../../crdt/document.js').Document} */
  document
  /** @type {import('../../crdt/websocket-provider.js').WebSocketProvider} */
  provider
  /**
   * @type {'loading' | 'live' | 'away' | 'denied'} `loading` until it has all that the relay had; `away` while there is no
   *   connection, `denied` when there will be none.
   */
  state = 'loading'
  /** @type {string} Why it is denied, or what could not be read; empty for nothing. */
  problem = ''
  /** @type {boolean} Whether it is denied to who is signed in, or to who is not. */
  isRefused = false
  /** @type {boolean} Whether all that the relay had was there once. */
  hasLoaded = false

  /**
   * Opens a room's document, until `signal` is aborted.
   *
   * @param {string} room One that there is: asking for it would make it otherwise.
   * @param {AbortSignal} signal
   * @returns {Promise<Inspected>}
   */
  static async open(room, signal) {
    const crdt = await core()
    signal.throwIfAborted()
    return new Inspected(crdt, room, signal)
  }

  constructor(crdt, room, signal) {
    super()
    // What is deleted from now on stays to be seen.
    this.document = crdt.createDocument({ collectsGarbage: false })
    this.provider = connect(room, this.document)
    this.provider.on('status', ({ status, code, reason }) => this.#showStatus(status, code, reason))
    this.provider.on('synced', isSynced => {
      if (!isSynced) return
      this.hasLoaded = true
      this.problem = ''
      this.#set('live')
    })
    this.provider.on('error', error => {
      this.problem = crdt.hasFailed ? 'The document could not be held: the core that reads it has failed.' : error.message
      if (crdt.hasFailed) this.provider.disconnect()
      this.emit('change', this)
    })
    signal.addEventListener('abort', () => {
      this.provider.destroy()
      if (!crdt.hasFailed) this.document.destroy()
      this.removeAllListeners()
    })
  }

  #showStatus(status, code, reason) {
    if (status === 'denied') {
      this.isRefused = code !== outdated
      this.problem = code === outdated ? 'The room was begun anew meanwhile, with an empty document.'
        : code === unauthorized ? 'You are not signed in, or your token does not count any more.'
          : reason ? `The relay says: ${reason}.` : 'The relay does not let you in.'
      this.#set('denied')
    } else if (status === 'disconnected') {
      if (this.state === 'live') this.#set('away')
      // The relay is known to be gone sooner when it is asked.
      if (relay.state === 'up') relay.check()
    }
  }

  #set(state) {
    this.state = state
    this.emit('change', this)
  }
}
