// Shares a document through a relay, over one WebSocket, by y-websocket's protocol.

import { Awareness } from './awareness.js'
import { ByteReader, ByteWriter } from './codec.js'
import { Emitter } from './emitter.js'

// Messages of y-protocols.
const syncMessage = 0
const awarenessMessage = 1
const authenticationMessage = 2
const queryAwarenessMessage = 3

const syncStep1 = 0
const syncStep2 = 1
const update = 2

/** An update that says nothing. A relay that acknowledges sends it back when all before it is stored. */
const emptyUpdate = new Uint8Array([0, 0])

// What relays of this package close a connection with.
const unauthorized = 4401
const forbidden = 4403
const outdated = 4409

/** Silence after which the relay is asked something, and after which the connection counts as dead. */
const probeMilliseconds = 20_000
const silenceMilliseconds = 35_000

/** A connection that lasted so long was a good one: the next attempt after it is made soon. */
const stableMilliseconds = 10_000

const isEqual = (left, right) => left.length === right.length && left.every((byte, index) => byte === right[index])

/**
 * How far this document and the relay's are apart, as far as is known.
 *
 * @typedef {object} Progress
 * @property {number | null} behind Units that the relay has and this document has not; null while it is not known.
 * @property {number} ahead Units written here that the relay has not acknowledged.
 * @property {number} unacknowledged Changes made here, deletions among them, that the relay has not acknowledged.
 * @property {boolean | null} isStored Whether the relay has said that it has stored all that was written here; null
 *   when it does not say such things, or has not yet.
 */

/**
 * Shares a document with all who are connected to the same room of a relay, and their presence with it. It connects by
 * itself and again whenever the connection ends, after a time that doubles with each attempt and is then drawn at
 * random, so that many clients do not come back at the same moment.
 *
 * Events:
 * - `status` with `{ status, retryMilliseconds, code, reason }`, where `status` is `'connecting'`, `'connected'`,
 *   `'disconnected'` or `'denied'`. After `'disconnected'` the next attempt is made in `retryMilliseconds`, null for
 *   none. After `'denied'` there is none: the relay does not let this client in, or not any more.
 * - `synced` with true once this document has all that the relay had, and with false when the connection ends.
 * - `progress` with a {@link Progress} whenever it changes.
 * - `error` with an error, when the relay sends what cannot be read.
 */
export class WebSocketProvider extends Emitter {
  #options
  #socket = null
  #isWanted = false
  #isSynced = false
  #status = 'disconnected'
  #attempts = 0
  #retryTimer
  #livenessTimer
  #lastHeard = 0
  #wasProbed = false
  #openedAt = 0
  /** Counts connections, so that what comes late for an earlier one is known by its number. */
  #generation = 0
  /** Changes that were sent, in order, with their units; and those that could not be sent. */
  #sent = []
  #offline = { changes: 0, units: 0 }
  /** Units that the relay lacked when it said what it has, until they are acknowledged. */
  #aheadAtHandshake = 0
  #behind = null
  #acknowledges = false
  #ownClock = 0
  #cleanUp = []

  /**
   * @param {string} url The relay, as `wss://relay.example`; the room is added to its path.
   * @param {string} room
   * @param {import('./document.js').Document} document
   * @param {object} [options]
   * @param {Awareness} [options.awareness] Who is present; made unless it is given.
   * @param {string | ((attempt: { wasDenied: boolean }) => string | null | Promise<string | null>)} [options.token]
   *   What the relay asks for. It goes with the handshake, as a subprotocol, so that it is in no address and no log. A
   *   function is asked anew for each attempt, and is told whether the last token was refused.
   * @param {boolean} [options.connects] Whether to connect at once; true unless said otherwise.
   * @param {number} [options.retryMilliseconds] Before the first new attempt, at most; it doubles with each.
   * @param {number} [options.retryMillisecondsMax] Before any attempt.
   * @param {typeof WebSocket} [options.WebSocket] What to connect with, where there is none, as in older versions of
   *   node.
   */
  constructor(url, room, document, options = {}) {
    super()
    this.#options = {
      connects: true, retryMilliseconds: 500, retryMillisecondsMax: 30_000, WebSocket: globalThis.WebSocket, ...options
    }
    if (typeof this.#options.WebSocket !== 'function') {
      throw new TypeError('there is no WebSocket here: give one as an option')
    }
    if (/[?#]/.test(room)) throw new RangeError('the name of a room has neither ? nor #')
    /** @type {string} Where the provider connects to. */
    this.url = url.replace(/\/+$/, '') + '/' + room
    /** @type {string} */
    this.room = room
    /** @type {import('./document.js').Document} */
    this.document = document
    /** @type {Awareness} Who is present. */
    this.awareness = options.awareness ?? new Awareness(document)
    this.#ownClock = document.ownClock
    this.#cleanUp = [
      document.on('update', event => this.#documentChanged(event)),
      document.once('destroy', () => this.destroy()),
      this.awareness.on('update', event => {
        if (event.origin !== this) this.#sendAwareness(event.update)
      })
    ]
    if (this.#options.connects) this.connect()
  }

  /** @type {'connecting' | 'connected' | 'disconnected' | 'denied'} */
  get status() { return this.#status }

  /** @type {boolean} Whether the provider is connected, and this document has all that the relay had at the start. */
  get isSynced() { return this.#isSynced }

  /** @type {Progress} How far this document and the relay's are apart. */
  get progress() {
    const changes = this.#sent.reduce((sum, change) => sum + change.changes, 0) + this.#offline.changes
    const isOpen = this.#socket !== null && this.#isSynced
    return {
      behind: this.#behind,
      ahead: this.#sent.reduce((sum, change) => sum + change.units, 0) + this.#offline.units + this.#aheadAtHandshake,
      unacknowledged: changes,
      isStored: this.#acknowledges ? isOpen && changes === 0 && this.#aheadAtHandshake === 0 : null
    }
  }

  /** Whether the awareness can be asked and told. */
  get #isUsable() { return !this.awareness.isDestroyed && !this.document.crdt.hasFailed }

  // MARK: Connecting

  /** Connects, now and again whenever the connection ends. Does nothing when it already does so. */
  connect() {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#attempts = 0
    this.#open({ wasDenied: this.#status === 'denied' })
  }

  /**
   * Ends the connection, and does not connect again. What is written meanwhile goes over after the next {@link
   * connect}.
   */
  disconnect() {
    if (!this.#isWanted) return
    this.#isWanted = false
    clearTimeout(this.#retryTimer)
    if (this.#socket !== null) {
      this.#closed(this.#socket, { code: 1000, reason: 'disconnected here' })
    } else {
      this.#generation++
      this.#setStatus('disconnected')
    }
  }

  async #open(attempt) {
    const generation = ++this.#generation
    const { token, WebSocket } = this.#options
    this.#setStatus('connecting')
    let socket
    try {
      const shown = typeof token === 'function' ? await token(attempt) : token
      if (generation !== this.#generation) return
      // Of the two the relay chooses the first, so the token does not come back.
      const protocols = shown === undefined || shown === null ? [] : ['y-websocket', 'bearer.' + shown]
      socket = new WebSocket(this.url, protocols)
    } catch (error) {
      if (generation !== this.#generation) return
      this.#report(error)
      this.#retry({})
      return
    }
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    socket.onopen = () => this.#opened(socket)
    socket.onmessage = event => this.#received(socket, event.data)
    socket.onclose = event => this.#closed(socket, event)
    // What went wrong is not told; the connection's end, which is, follows.
    socket.onerror = () => {}
  }

  #opened(socket) {
    if (socket !== this.#socket) return
    this.#openedAt = this.#lastHeard = Date.now()
    this.#wasProbed = false
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), 1000)
    this.#livenessTimer.unref?.()
    this.#setStatus('connected')
    this.#askForMissing()
    if (this.awareness.localState !== null) {
      this.#sendAwareness(this.awareness.encode([this.awareness.clientID]))
    }
  }

  #checkLiveness() {
    const silence = Date.now() - this.#lastHeard
    if (silence > silenceMilliseconds) {
      this.#closed(this.#socket, { code: 1006, reason: 'the relay does not answer' })
    } else if (silence > probeMilliseconds && !this.#wasProbed) {
      // Every server answers this, and who is alone in a room hears nothing else.
      this.#wasProbed = true
      this.#askForMissing()
    }
  }

  #closed(socket, { code, reason }) {
    if (socket !== this.#socket) return
    this.#socket = null
    this.#generation++
    clearInterval(this.#livenessTimer)
    socket.onopen = socket.onmessage = socket.onclose = null
    try { socket.close() } catch { /* it never opened */ }
    this.#setSynced(false)
    // Whatever was on its way is counted anew when the relay says what it has.
    for (const change of this.#sent) this.#addOffline(change.changes, change.units)
    this.#sent = []
    this.#behind = null
    if (this.#isUsable) {
      const { states, clientID } = this.awareness
      this.awareness.remove([...states.keys()].filter(client => client !== clientID), this)
    }
    if (this.#openedAt > 0 && Date.now() - this.#openedAt > stableMilliseconds) this.#attempts = 0
    this.#openedAt = 0
    this.#tellProgress()
    this.#retry({ code, reason })
  }

  #retry({ code, reason }) {
    // A document whose core has trapped can say nothing to anybody.
    if (this.document.crdt.hasFailed) this.#isWanted = false
    if (!this.#isWanted) return this.#setStatus('disconnected', { code, reason })
    const wasDenied = code === unauthorized || code === forbidden
    // The same token would be refused again; and what a room has that was made anew must not be merged into it.
    if (code === outdated || (wasDenied && typeof this.#options.token !== 'function')) {
      this.#isWanted = false
      return this.#setStatus('denied', { code, reason })
    }
    const { retryMilliseconds, retryMillisecondsMax } = this.#options
    const bound = Math.min(retryMillisecondsMax, retryMilliseconds * 2 ** Math.min(this.#attempts++, 30))
    const delay = Math.round(Math.random() * bound)
    this.#setStatus('disconnected', { retryMilliseconds: delay, code, reason })
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#open({ wasDenied }), delay)
  }

  #setStatus(status, { retryMilliseconds = null, code = null, reason = '' } = {}) {
    this.#status = status
    this.emit('status', { status, retryMilliseconds, code, reason })
  }

  #setSynced(isSynced) {
    if (isSynced === this.#isSynced) return
    this.#isSynced = isSynced
    this.emit('synced', isSynced)
  }

  // MARK: Sending

  #send(writer) {
    const socket = this.#socket
    if (socket === null || socket.readyState !== 1) return false
    socket.send(writer.bytes.slice())
    return true
  }

  #sendUpdate(bytes) {
    return this.#send(new ByteWriter().writeVarUint(syncMessage).writeVarUint(update).writeVarBytes(bytes))
  }

  #sendAwareness(bytes) {
    return this.#send(new ByteWriter().writeVarUint(awarenessMessage).writeVarBytes(bytes))
  }

  #askForMissing() {
    this.#send(
      new ByteWriter().writeVarUint(syncMessage).writeVarUint(syncStep1).writeVarBytes(this.document.stateVector))
  }

  #documentChanged({ update: bytes, origin, isLocal }) {
    if (origin === this) return
    // Only what is written here counts units; what another provider brings counts as a change.
    const clock = isLocal ? this.document.ownClock : this.#ownClock
    const units = Math.max(0, clock - this.#ownClock)
    this.#ownClock = clock
    if (this.#sendUpdate(bytes)) {
      this.#sent.push({ bytes, changes: 1, units })
    } else {
      this.#addOffline(1, units)
    }
    this.#tellProgress()
  }

  #addOffline(changes, units) {
    this.#offline.changes += changes
    this.#offline.units += units
  }

  #tellProgress() { if (this.hasListeners('progress')) this.emit('progress', this.progress) }

  // MARK: Receiving

  #received(socket, data) {
    if (socket !== this.#socket || !(data instanceof ArrayBuffer)) return
    this.#lastHeard = Date.now()
    this.#wasProbed = false
    try {
      const reader = new ByteReader(new Uint8Array(data))
      while (!reader.isAtEnd && socket === this.#socket) this.#receive(reader)
    } catch (error) {
      // Bytes that cannot be read changed nothing; the next connection asks for all that is missing.
      this.#report(error)
      if (socket === this.#socket) this.#closed(socket, { code: 1007, reason: String(error) })
    }
  }

  #report(error) {
    if (this.hasListeners('error')) this.emit('error', error)
    else console.error(`${this.url}:`, error)
  }

  #receive(reader) {
    const message = reader.readVarUint()
    switch (message) {
      case syncMessage: return this.#receiveSync(reader.readVarUint(), reader.readVarBytes())
      case awarenessMessage: return this.awareness.apply(reader.readVarBytes(), this)
      case authenticationMessage:
        // 0 says that something was denied, and why; the relay closes the connection if nothing is left.
        if (reader.readVarUint() === 0) this.#report(new Error(`the relay refused: ${reader.readVarString()}`))
        return
      case queryAwarenessMessage:
        this.#sendAwareness(this.awareness.encode())
        return
      default: throw new RangeError(`the relay sent a message of the unknown kind ${message}`)
    }
  }

  #receiveSync(kind, bytes) {
    switch (kind) {
      case syncStep1: return this.#answer(bytes)
      case syncStep2:
        this.#apply(bytes)
        this.#behind = 0
        this.#setSynced(true)
        break
      case update:
        if (!this.#acknowledge(bytes)) this.#apply(bytes)
        break
      default: throw new RangeError(`the relay sent a sync message of the unknown kind ${kind}`)
    }
    this.#tellProgress()
  }

  #apply(bytes) {
    const { isPending, pendingChanged } = this.document.apply(bytes, { origin: this })
    this.#ownClock = this.document.ownClock
    if (isPending && pendingChanged) this.#askForMissing()
  }

  /** Sends what the relay lacks, which has said what it has. */
  #answer(vector) {
    const theirs = this.document.crdt.decodeStateVector(vector)
    const ours = this.document.clocks
    let [ahead, behind] = [0, 0]
    for (const [client, clock] of ours) ahead += Math.max(0, clock - (theirs.get(client) ?? 0))
    for (const [client, clock] of theirs) behind += Math.max(0, clock - (ours.get(client) ?? 0))
    const answer = this.document.encodeUpdate({ since: vector })
    this.#send(new ByteWriter().writeVarUint(syncMessage).writeVarUint(syncStep2).writeVarBytes(answer))
    // The answer holds all that was written until now. What tells that it is stored is the empty update behind it.
    this.#sendUpdate(emptyUpdate)
    const changes = this.#offline.changes + this.#sent.reduce((sum, change) => sum + change.changes, 0)
    this.#offline = { changes: 0, units: 0 }
    // Empty updates before this one come back first, and say nothing of it.
    const earlier = this.#sent.filter(change => change.bytes === emptyUpdate)
    this.#sent = [
      ...earlier.map(({ bytes }) => ({ bytes, changes: 0, units: 0 })),
      { bytes: emptyUpdate, changes, units: 0, ahead }
    ]
    this.#aheadAtHandshake = ahead
    this.#behind = behind
    this.#tellProgress()
  }

  /** Whether an update is one of ours that comes back: the relay has stored it, and all before it. */
  #acknowledge(bytes) {
    const place = this.#sent.findIndex(change => isEqual(change.bytes, bytes))
    if (place < 0) return false
    const acknowledged = this.#sent.splice(0, place + 1)
    if (acknowledged.some(change => change.ahead !== undefined)) {
      this.#acknowledges = true
      this.#aheadAtHandshake = 0
    }
    return true
  }

  /** Ends the connection for good, says that this client leaves, and lets go of the document. */
  destroy() {
    if (this.#cleanUp.length === 0) return
    if (this.#isUsable && this.awareness.localState !== null) this.awareness.setLocalState(null)
    this.disconnect()
    for (const end of this.#cleanUp) end()
    this.#cleanUp = []
    this.removeAllListeners()
  }
}
