// Who is present in a document, and what each says of itself.

import { ByteReader, ByteWriter, decodeText } from './codec.js'
import { Emitter } from './emitter.js'
import { checkBytes } from './instance.js'

/** How often to look whether the own state is to be renewed, and who has fallen silent. */
const checkMilliseconds = 3000

const monotonicNow = () => performance.now()

const isEqual = (left, right) => {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const names = Object.keys(left)
  return names.length === Object.keys(right).length &&
    names.every(name => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
}

/** What a state says; null when it is no JSON, which only its client can have meant. */
function parsed(text) {
  try { return JSON.parse(text) } catch { return null }
}

/**
 * Cursors, names, colours: a state for each client that is present. Nothing of it is history. A state disappears when
 * its client says so, or has been silent for 30 seconds; the own one is renewed by itself, as long as the awareness
 * lives.
 *
 * Events: `change` with `{ added, updated, removed, origin }`, lists of clients, when something is different; `update`
 * with the same and `update`, what others have to hear, also when a client has said the same again.
 */
export class Awareness extends Emitter {
  #instance
  #handle
  #states = new Map()
  #now
  #timer

  /**
   * @param {import('./document.js').Document} document Its client is whom this awareness speaks for.
   * @param {object} [options]
   * @param {() => number} [options.now] Milliseconds from any start, never going back.
   * @param {boolean} [options.checks] Whether a timer does what time asks for; otherwise {@link check} has to be
   *   called.
   */
  constructor(document, { now = monotonicNow, checks = true } = {}) {
    super()
    /** @type {import('./document.js').Document} */
    this.document = document
    /** @type {number} Whom this awareness speaks for. */
    this.clientID = document.clientID
    this.#instance = document.instance
    this.#now = now
    this.#handle = this.#instance.call('awareness_create', this.clientID) >>> 0
    this.#instance.watch(this, 'awareness_destroy', this.#handle)
    if (checks) {
      // The timer must not keep alive what nobody else does.
      const self = new WeakRef(this)
      const timer = setInterval(() => {
        const awareness = self.deref()
        if (awareness === undefined || awareness.#instance.failure !== null) return clearInterval(timer)
        awareness.check()
      }, checkMilliseconds)
      timer.unref?.()
      this.#timer = timer
    }
    document.once('destroy', () => this.destroy())
  }

  #call(name, ...values) {
    if (this.#handle === 0) throw new TypeError('the awareness was destroyed')
    return this.#instance.call(name, this.#handle, ...values)
  }

  /** @type {boolean} Whether the awareness was destroyed. */
  get isDestroyed() { return this.#handle === 0 }

  /** @type {object | null} What this client says of itself; null when it is not present. */
  get localState() { return this.#states.get(this.clientID) ?? null }

  /** @type {Map<number, any>} What all present clients say of themselves, this one among them. */
  get states() { return new Map(this.#states) }

  /**
   * Says something of this client.
   *
   * @param {object | null} state What JSON can say; null says that the client leaves.
   */
  setLocalState(state) {
    const json = state === null ? '' : JSON.stringify(state)
    if (json === undefined) throw new TypeError('a state is an object, or null')
    this.#settle(this.#call('awareness_set', json, this.#now()), 'local')
  }

  /**
   * Changes one member of what this client says of itself.
   *
   * @param {string} name
   * @param {any} value
   */
  setLocalStateField(name, value) { this.setLocalState({ ...this.localState, [name]: value }) }

  /**
   * Takes what others say.
   *
   * @param {Uint8Array} update
   * @param {any} [origin] Handed to listeners.
   * @throws {import('./errors.js').UpdateError} When the bytes are no update; nothing has changed then.
   */
  apply(update, origin = null) {
    return this.#settle(this.#call('awareness_apply', checkBytes(update), this.#now()), origin)
  }

  /** Does what time asks for: renews the own state, removes clients that have fallen silent. */
  check() { this.#settle(this.#call('awareness_check', this.#now()), 'timeout') }

  /**
   * Removes clients, as when the connection to them has ended.
   *
   * @param {Iterable<number>} clients
   * @param {any} [origin] Handed to listeners.
   */
  remove(clients, origin = null) {
    this.#settle(this.#call('awareness_remove', encodeClients(clients), this.#now()), origin)
  }

  /**
   * What others have to hear: the latest of clients, or of all that are present.
   *
   * @param {Iterable<number>} [clients]
   * @returns {Uint8Array}
   */
  encode(clients) {
    return this.#instance.take(this.#call('awareness_encode', clients === undefined ? '' : encodeClients(clients)))
  }

  /** Takes over what the core says of a call, and tells listeners. */
  #settle(result, origin) {
    // A copy, since listeners may call the core.
    const reader = new ByteReader(this.#instance.take(result))
    const update = reader.readVarBytes()
    reader.readVarBytes() // what the sender has to hear is a relay's business
    const readClients = () => Array.from({ length: reader.readVarUint() }, () => reader.readVarUint())
    const [added, updated, removed] = [readClients(), readClients(), readClients()]
    if (added.length + updated.length + removed.length === 0) return
    const visible = this.#takeOver(update, updated)
    for (const client of removed) this.#states.delete(client)
    const changed = visible.length + added.length + removed.length > 0
    if (changed) this.emit('change', { added, updated: visible, removed, origin })
    this.emit('update', { added, updated, removed, origin, update })
  }

  /** Reads the states of an update; says which of the updated ones are different from before. */
  #takeOver(update, updated) {
    const reader = new ByteReader(update)
    const visible = []
    for (let count = reader.readVarUint(); count > 0; count--) {
      const client = reader.readVarUint()
      reader.readVarUint()
      const text = decodeText(reader.readVarBytes())
      if (text === 'null') continue
      const state = parsed(text)
      if (updated.includes(client) && !isEqual(state, this.#states.get(client))) visible.push(client)
      this.#states.set(client, state)
    }
    return visible
  }

  /** Says that this client leaves, and gives the memory back. */
  destroy() {
    if (this.#handle === 0) return
    if (this.localState !== null && this.#instance.failure === null) this.setLocalState(null)
    clearInterval(this.#timer)
    const handle = this.#handle
    this.#handle = 0
    this.#instance.destroy(this, 'awareness_destroy', handle)
    this.emit('destroy', this)
    this.removeAllListeners()
  }
}

function encodeClients(clients) {
  const list = [...clients]
  const writer = new ByteWriter().writeVarUint(list.length)
  for (const client of list) writer.writeVarUint(client)
  return writer.bytes
}
