// Documents: transactions, updates, roots and events.

import { ByteWriter, encodeText } from './codec.js'
import { readContent, readPath, readTypeEvent } from './contents.js'
import { callAll, Emitter } from './emitter.js'
import { checkBytes, formatNumber } from './instance.js'
import { kinds, makeType } from './shared-type.js'
// These add their types to what is made.
import './array.js'
import './map.js'
import './text.js'
import './xml.js'

// What the outbox of the core holds: `EventTag` in Sources/CRDTWasm/DocumentBox.swift.
const updateTag = 1
const typeTag = 2
const deepTag = 3

const nothing = new Uint8Array(0)

/**
 * A document that merges by itself: shared text, arrays, maps and XML that replicas change independently, and that come
 * out equal wherever the same updates have been applied, in whatever order.
 *
 * Made by `crdt.createDocument()`. Events: `update` with `{ update, origin, isLocal }` after each transaction that
 * changed something, where `update` makes the same changes in another replica; `destroy`.
 */
export class Document extends Emitter {
  #types = new Map()
  #observers = new Map()
  #undoManagers = new Map()
  #depth = 0
  #isDelivering = false
  /** How many kinds of events are waited for; without any, nothing is asked for after an edit. */
  #observed = 0

  /** @internal */
  static create(crdt, { clientID = 0, collectsGarbage = true, guid = '' }) {
    if (!Number.isSafeInteger(clientID) || clientID < 0) {
      throw new RangeError('a client identifier is a number below 2^53')
    }
    const { instance } = crdt
    return new Document(crdt, instance.call('document_create', clientID, collectsGarbage ? 1 : 0, guid) >>> 0)
  }

  /** @internal */
  constructor(crdt, handle) {
    super()
    /** @type {import('./load.js').CRDT} What the document was made by. */
    this.crdt = crdt
    /** @internal */
    this.instance = crdt.instance
    /** @internal The document's address; 0 once it is destroyed. */
    this.handle = handle
    this.instance.watch(this, 'document_destroy', handle)
  }

  /** @internal Calls the core with the document. */
  call(name, ...values) {
    this.checkAlive()
    return this.instance.call(name, this.handle, ...values)
  }

  /** @internal */
  checkAlive() { if (this.handle === 0) throw new TypeError('the document was destroyed') }

  /** @type {number} Whom local changes are written as. It changes when somebody else turns out to write under it. */
  get clientID() { return this.call('document_client') }

  /** @type {number} How many units were written here, as {@link clientID}. */
  get ownClock() { return this.call('document_own_clock') }

  /** @type {string} Names the document wherever it is. */
  get guid() { return this.instance.text(this.call('document_guid')) }

  /** @type {boolean} Whether the document was destroyed. */
  get isDestroyed() { return this.handle === 0 }

  /** @type {number} About how many bytes of memory the document takes. */
  get memoryBytes() { return this.call('document_memory') >>> 0 }

  // MARK: Roots

  /**
   * The root text of a name; it exists in every replica without being made.
   *
   * @param {string} name
   * @returns {import('./text.js').SharedText}
   * @throws {TypeError} When the root is known here as something else.
   */
  text(name) { return this.#root(kinds.text, name) }

  /**
   * The root array of a name; it exists in every replica without being made.
   *
   * @param {string} name
   * @returns {import('./array.js').SharedArray}
   * @throws {TypeError} When the root is known here as something else.
   */
  array(name) { return this.#root(kinds.array, name) }

  /**
   * The root map of a name; it exists in every replica without being made.
   *
   * @param {string} name
   * @returns {import('./map.js').SharedMap}
   * @throws {TypeError} When the root is known here as something else.
   */
  map(name) { return this.#root(kinds.map, name) }

  /**
   * The root list of XML nodes of a name; it exists in every replica without being made.
   *
   * @param {string} name
   * @returns {import('./xml.js').SharedXMLFragment}
   * @throws {TypeError} When the root is known here as something else.
   */
  xmlFragment(name) { return this.#root(kinds.xmlFragment, name) }

  /**
   * The root XML element of a name; it exists in every replica without being made.
   *
   * @param {string} name
   * @returns {import('./xml.js').SharedXMLElement}
   * @throws {TypeError} When the root is known here as something else.
   */
  xmlElement(name) { return this.#root(kinds.xmlElement, name) }

  /**
   * The root text of XML of a name; it exists in every replica without being made.
   *
   * @param {string} name
   * @returns {import('./xml.js').SharedXMLText}
   * @throws {TypeError} When the root is known here as something else.
   */
  xmlText(name) { return this.#root(kinds.xmlText, name) }

  #root(kind, name) {
    if (typeof name !== 'string') throw new TypeError('a root is named by a string')
    return this.type(kind, this.instance.check(this.call('document_root', kind, name)))
  }

  /** @internal What stands for a type; always the same object. */
  type(kind, number) {
    let type = this.#types.get(number)
    if (type === undefined || type.kind !== kind) {
      type = makeType(this, kind, number)
      this.#types.set(number, type)
    }
    return type
  }

  /**
   * All roots by name: those that were asked for here, and those that came from others, which are told by their
   * content. As in Yjs, the latter have no events until they are asked for by {@link text} and the like.
   *
   * @type {Map<string, import('./shared-type.js').SharedType>}
   */
  get roots() {
    const reader = this.instance.reader(this.call('document_roots'))
    const roots = new Map()
    for (let count = reader.readVarUint(); count > 0; count--) {
      roots.set(reader.readVarString(), readContent(reader, this))
    }
    return roots
  }

  /** @returns {object} All roots as JSON, in the form of `toJSON` of the types. */
  toJSON() { return Object.fromEntries([...this.roots].map(([name, type]) => [name, type.toJSON()])) }

  // MARK: Transactions

  /**
   * Runs `body` and makes all its changes one: observers get one event, and one update is made. A transaction inside
   * another one is part of it, and a single change outside of any makes its own.
   *
   * @template Result
   * @param {(document: Document) => Result} body Makes changes. They stay when it throws.
   * @param {string | object} [origin] Handed to observers, and told by to undo managers.
   * @returns {Result} What `body` returns.
   */
  transact(body, origin) {
    const { instance, handle } = this
    if (handle === 0) this.checkAlive()
    const name = origin === undefined || origin === null ? '' : instance.origins.name(origin)
    const count = name === '' ? 0 : instance.writeText(name)
    if (count < 0) throw new RangeError('the origin of a change is named too long')
    try { instance.begin(handle, instance.scratch, count) } catch (error) { throw instance.fail(error) }
    this.#depth++
    try {
      return body(this)
    } finally {
      this.#depth--
      try { instance.end(handle) } catch (error) { throw instance.fail(error) }
      this.settle()
    }
  }

  /** @internal Whether a transaction is open. */
  get isInTransaction() { return this.#depth > 0 }

  // MARK: Updates

  /**
   * Merges an update. Updates may come in any order and more than once; what depends on updates that have not come is
   * kept and merged when they do.
   *
   * @param {Uint8Array} update
   * @param {object} [options]
   * @param {1 | 2} [options.format] Yjs' format V1 or V2.
   * @param {string | object} [options.origin] Handed to observers.
   * @returns {{ changed: boolean, isPending: boolean, pendingChanged: boolean }} Whether the document changed, whether
   *   something waits for missing updates, and whether more or less waits than before.
   * @throws {import('./errors.js').UpdateError} When the bytes are no update; the document is unchanged then.
   */
  apply(update, { format = 1, origin } = {}) {
    const { instance, handle } = this
    if (handle === 0) this.checkAlive()
    checkBytes(update)
    formatNumber(format)
    let status
    if ((origin === undefined || origin === null) && instance.writeBytes(update)) {
      try {
        status = instance.applyUpdate(handle, instance.scratch, update.length, format, 0, 0)
      } catch (error) {
        throw instance.fail(error)
      }
    } else {
      status = instance.call('document_apply', handle, update, format, instance.origins.name(origin))
    }
    if (status < 0) instance.raise(status)
    this.settle()
    return { changed: (status & 1) !== 0, isPending: (status & 2) !== 0, pendingChanged: (status & 4) !== 0 }
  }

  /**
   * What a peer lacks, as an update.
   *
   * @param {object} [options]
   * @param {Uint8Array} [options.since] The peer's state vector; everything unless it is given.
   * @param {1 | 2} [options.format] Yjs' format V1 or V2.
   * @returns {Uint8Array}
   * @throws {import('./errors.js').UpdateError} When the bytes are no state vector.
   */
  encodeUpdate({ since = nothing, format = 1 } = {}) {
    return this.instance.take(this.call('document_encode', checkBytes(since), formatNumber(format)))
  }

  /** @type {Uint8Array} How much of each client's history is known, encoded. */
  get stateVector() { return this.instance.take(this.call('document_state_vector')) }

  /** @type {Map<number, number>} How much of each client's history is known: next clocks by client. */
  get clocks() { return this.crdt.decodeStateVector(this.stateVector) }

  /**
   * The clocks that clients have to reach for what waits to go on; null when nothing waits.
   *
   * @type {Map<number, number> | null}
   */
  get missing() {
    const vector = this.instance.take(this.call('document_missing'))
    return vector && this.crdt.decodeStateVector(vector)
  }

  // MARK: Positions and the past

  /**
   * Where a relative position is now.
   *
   * @param {import('./shared-type.js').RelativePosition} position
   * @returns {{ type: import('./shared-type.js').SharedType, index: number, assoc: number } | null} Null when its
   *   content has not come yet, or nothing is left of it.
   */
  resolve(position) {
    const json = new ByteWriter().writeAny(position).bytes
    const reader = this.instance.reader(this.call('position_resolve', json))
    if (reader === null) return null
    const index = reader.readVarUint()
    const assoc = reader.readByte() === 0 ? 0 : -1
    return { type: readContent(reader, this), index, assoc }
  }

  /**
   * This moment, as Yjs encodes it. It holds no content, and says something only of documents that do not collect
   * garbage.
   *
   * @returns {Uint8Array}
   */
  snapshot() { return this.instance.take(this.call('snapshot_create')) }

  /**
   * A document as this one was at a moment, which can be edited on its own.
   *
   * @param {Uint8Array} snapshot
   * @returns {Document}
   * @throws {import('./errors.js').CRDTError} When the document collects garbage, or does not know all of it.
   */
  openSnapshot(snapshot) {
    const handle = this.call('snapshot_open', checkBytes(snapshot))
    if (handle < 0 && handle > -32) this.instance.raise(handle)
    return new Document(this.crdt, handle >>> 0)
  }

  /**
   * Makes all roots hold what they held at a moment, by a new change that merges with what others write meanwhile.
   *
   * @param {Uint8Array} snapshot
   * @param {string | object} [origin] Handed to observers.
   * @throws {import('./errors.js').CRDTError} When the document collects garbage, or does not know all of it.
   */
  restore(snapshot, origin) {
    const name = encodeText(this.instance.origins.name(origin))
    this.instance.check(this.call('snapshot_restore', checkBytes(snapshot), name))
    this.settle()
  }

  // MARK: Events

  /** @inheritdoc */
  on(name, listener) {
    this.checkAlive()
    const isFirst = name === 'update' && !this.hasListeners(name)
    const end = super.on(name, listener)
    if (isFirst) this.#observeUpdates(true)
    return end
  }

  /** @inheritdoc */
  off(name, listener) {
    const had = this.hasListeners(name)
    super.off(name, listener)
    if (name === 'update' && had && !this.hasListeners(name) && this.#isUsable) this.#observeUpdates(false)
  }

  /** Whether the core has the document: to stop listening never fails. */
  get #isUsable() { return this.handle !== 0 && !this.crdt.hasFailed }

  #observeUpdates(isOn) {
    this.call('document_observe_updates', isOn ? 1 : 0)
    this.#observed += isOn ? 1 : -1
  }

  /**
   * @internal Calls a handler of a type's events, or of those of all inside it, until the returned function is called.
   */
  observe(type, isDeep, handler) {
    if (typeof handler !== 'function') throw new TypeError('an observer has to be a function')
    this.checkAlive()
    const key = type.number * 2 + (isDeep ? 1 : 0)
    let handlers = this.#observers.get(key)
    if (handlers === undefined) {
      handlers = new Set()
      this.#observers.set(key, handlers)
      this.call('document_observe_type', type.number, isDeep ? 1 : 0, 1)
      this.#observed++
    }
    // One object for each call, so that a handler can be added twice.
    const entry = event => handler(event)
    handlers.add(entry)
    return () => {
      if (!handlers.delete(entry) || handlers.size > 0 || !this.#isUsable) return
      this.#observers.delete(key)
      this.call('document_observe_type', type.number, isDeep ? 1 : 0, 0)
      this.#observed--
    }
  }

  /** @internal Has the events of an undo manager handed to it. */
  addUndoManager(handle, manager) {
    this.#undoManagers.set(handle, new WeakRef(manager))
    this.#observed++
  }

  /** @internal */
  removeUndoManager(handle) { if (this.#undoManagers.delete(handle)) this.#observed-- }

  /** @internal Tells observers what has happened, unless a transaction is still open. */
  settle() {
    if (this.#observed === 0 || this.#depth > 0 || this.#isDelivering) return
    this.#deliver()
  }

  #deliver() {
    this.#isDelivering = true
    let failure
    try {
      // Observers may make changes, whose events come after these, and may destroy the document.
      while (this.handle !== 0) {
        let result
        try { result = this.instance.events(this.handle) } catch (error) { throw this.instance.fail(error) }
        const reader = this.instance.reader(result)
        if (reader === null) break
        try {
          if (!this.#tellOfUpdate(reader)) callAll(this.#readEvents(reader))
        } catch (error) {
          failure ??= { error }
        }
      }
    } finally {
      this.#isDelivering = false
    }
    if (failure) throw failure.error
  }

  /**
   * Tells of an update if there is nothing else to tell, as when somebody types; otherwise the reader stays where it
   * is.
   */
  #tellOfUpdate(reader) {
    const start = reader.byteOffset
    if (reader.readByte() === updateTag) {
      const origin = this.instance.origins.named(reader.readVarString())
      const isLocal = reader.readByte() === 1
      const update = reader.copyVarBytes()
      if (reader.isAtEnd) {
        this.emit('update', { update, origin, isLocal })
        return true
      }
    }
    reader.byteOffset = start
    return false
  }

  /** All events as functions that tell of them: observers may call the core, which writes the next events there. */
  #readEvents(reader) {
    const events = []
    while (!reader.isAtEnd) {
      switch (reader.readByte()) {
        case updateTag: {
          const { origin, isLocal } = this.#readSource(reader)
          const update = reader.copyVarBytes()
          events.push(() => this.emit('update', { update, origin, isLocal }))
          break
        }
        case typeTag: {
          const source = this.#readSource(reader)
          const event = Object.freeze({ ...readTypeEvent(reader, this), path: [], ...source })
          events.push(() => callAll([...this.#observers.get(event.target.number * 2) ?? []], event))
          break
        }
        case deepTag: {
          const type = reader.readVarUint()
          const source = this.#readSource(reader)
          const inside = Array.from({ length: reader.readVarUint() }, () => {
            const path = readPath(reader)
            return Object.freeze({ ...readTypeEvent(reader, this), path, ...source })
          })
          events.push(() => callAll([...this.#observers.get(type * 2 + 1) ?? []], inside))
          break
        }
        default: {
          const manager = this.#undoManagers.get(reader.readVarUint())?.deref()
          const origin = this.instance.origins.named(reader.readVarString())
          const [change, item] = [reader.readByte(), reader.readVarUint()]
          events.push(() => manager?.handle(change, item, origin))
        }
      }
    }
    return events
  }

  #readSource(reader) {
    return { origin: this.instance.origins.named(reader.readVarString()), isLocal: reader.readByte() === 1 }
  }

  /**
   * Gives the document's memory back, and ends its undo managers. Types of it can no longer be used. What is not
   * destroyed is given back some time after it was forgotten.
   */
  destroy() {
    if (this.handle === 0) return
    if (this.#depth > 0) throw new TypeError('a document cannot be destroyed in one of its transactions')
    for (const manager of [...this.#undoManagers.values()]) manager.deref()?.destroy()
    const handle = this.handle
    this.handle = 0
    this.instance.destroy(this, 'document_destroy', handle)
    this.#types.clear()
    this.#observers.clear()
    this.emit('destroy', this)
    this.removeAllListeners()
  }
}

