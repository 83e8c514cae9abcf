import { Awareness, TrapError, UndoManager } from '../../crdt/crdt.js'
import { Emitter } from '../../crdt/emitter.js'
import { connect, core } from '../../core.js'
import { openDocuments } from '../../open-documents.js'
import { session } from '../../session.js'
import { LocalCopy } from './local-copy.js'
import { identity } from './people.js'
import { isReadOnly } from './rights.js'

/** Close codes of the relay: `CloseCode` in Sources/SyncNode/Transport. */
export const closeCodes = Object.freeze({ unauthorized: 4401, forbidden: 4403, outdated: 4409, largeDocument: 4413, largeMessage: 1009 })

/** What is written under this origin is one's own, and can be undone. */
export const editorOrigin = 'editor'

/** The root of the outline. */
export const outlineRoot = 'outline'

/** Documents that go on after their page was left, until the relay has all that was written in them. */
const lingering = new Map()

/**
 * A room's document as the page has it open: kept in the browser, shared through the relay while that is wanted, with who is
 * present and with undo. It outlives connections, tokens and failures of storage: what was typed stays in it.
 *
 * Event: `change` whenever a property is another one.
 */
export class SharedDocument extends Emitter {
  #provider = null
  #undo = new Map()
  #cleanUp = []
  #isLeft = false
  #hasTrapped = false
  /** Changes that an earlier provider could not hand over, until this one has. */
  #carried = 0

  /** @type {string} */
  room
  /** @type {import('../../crdt/document.js').Document} */
  document
  /** @type {Awareness} */
  awareness
  /** @type {boolean} Whether nothing is shared because somebody wants it so. */
  isOffline = false
  /** @type {'connecting' | 'connected' | 'disconnected' | 'denied'} */
  status = 'disconnected'
  /** @type {{ code: number | null, reason: string }} Why the last connection ended. */
  ending = { code: null, reason: '' }
  /** @type {number | null} When the next attempt to connect is made, in milliseconds since 1970. */
  retryAt = null
  /** @type {boolean} Whether all that the relay had has come. */
  isSynced = false
  /** @type {import('../../crdt/websocket-provider.js').Progress} */
  progress = { behind: null, ahead: 0, unacknowledged: 0, isStored: null }
  /** @type {LocalCopy} */
  localCopy

  /**
   * Opens the document of a room.
   *
   * @param {string} room
   */
  static async open(room) {
    const kept = lingering.get(room)
    lingering.delete(room)
    if (kept?.return()) return kept
    kept?.#end()
    const shared = new SharedDocument(room, await core())
    await shared.#start()
    return shared
  }

  /** @internal */
  constructor(room, crdt) {
    super()
    this.room = room
    this.document = crdt.createDocument()
    this.awareness = new Awareness(this.document)
    this.localCopy = new LocalCopy(this.document)
    this.localCopy.on('change', () => this.emit('change', this))
    this.localCopy.on('trap', () => this.#trap())
  }

  async #start() {
    const introduce = () => {
      if (!this.#isLeft) this.awareness.setLocalStateField('user', { name: identity.name, color: identity.color })
    }
    introduce()
    // Whoever calls the core meets it first.
    const noteFailure = () => { if (this.crdtHasFailed) this.#trap() }
    const guard = event => { if (this.isAtRisk) event.preventDefault() }
    addEventListener('beforeunload', guard)
    addEventListener('error', noteFailure)
    addEventListener('unhandledrejection', noteFailure)
    this.#cleanUp = [
      openDocuments.add(this),
      () => removeEventListener('beforeunload', guard),
      identity.on('change', introduce),
      session.on('change', () => this.#connect()),
      () => removeEventListener('error', noteFailure),
      () => removeEventListener('unhandledrejection', noteFailure),
    ]
    // The relay is then asked for the rest only.
    await this.localCopy.start(`syncctl/${this.room}`)
    this.#connect()
  }

  /** Shares the document, with the token that counts now. */
  #connect() {
    this.#disconnect()
    this.#carried = this.progress.unacknowledged
    if (this.document.isDestroyed || this.isOutdated) return
    this.ending = { code: null, reason: '' }
    const provider = connect(this.room, this.document, { awareness: this.awareness, connects: false })
    this.#provider = provider
    provider.on('status', ({ status, retryMilliseconds, code, reason }) => {
      this.status = status
      this.retryAt = retryMilliseconds === null ? null : Date.now() + retryMilliseconds
      if (code !== null) this.ending = { code, reason: reason || this.ending.reason }
      this.emit('change', this)
    })
    provider.on('synced', isSynced => {
      this.isSynced = isSynced
      // A document that is too large is refused only after it was compared.
      if (isSynced && !this.isTooLarge) this.ending = { code: null, reason: '' }
      this.emit('change', this)
    })
    provider.on('progress', progress => {
      if (progress.isStored) {
        this.#carried = 0
        this.ending = { code: null, reason: '' }
      }
      this.progress = { ...progress, unacknowledged: progress.unacknowledged + this.#carried }
      this.emit('change', this)
    })
    provider.on('error', error => {
      if (error instanceof TrapError) this.#trap()
      else this.ending = { ...this.ending, reason: error.message }
    })
    if (this.isOffline) this.status = 'disconnected'
    else provider.connect()
    this.emit('change', this)
  }

  #disconnect() {
    const { localState } = this.awareness
    try { this.#provider?.destroy() } catch (error) { if (!(error instanceof TrapError)) throw error }
    this.#provider = null
    this.isSynced = false
    // A provider that goes says that its client leaves; this one goes on.
    if (localState && !this.#isLeft && !this.crdtHasFailed) this.awareness.setLocalState(localState)
  }

  /** @type {boolean} Whether the core has stopped. */
  get crdtHasFailed() { return this.document.crdt.hasFailed }

  #trap() {
    if (this.#hasTrapped) return
    this.#hasTrapped = true
    // Only sockets and timers are left to be ended.
    try { this.#provider?.disconnect() } catch { /* The core has stopped. */ }
    this.#provider = null
    this.emit('change', this)
  }

  /** @type {boolean} Whether the room was made anew, so that this document has no place in it. */
  get isOutdated() { return this.ending.code === closeCodes.outdated }

  /** @type {boolean} Whether the relay has no room for what was written. */
  get isTooLarge() { return this.ending.code === closeCodes.largeDocument || this.ending.code === closeCodes.largeMessage }

  /** @type {boolean} Whether nothing may be written here. */
  get isReadOnly() { return this.isOutdated || this.isForbidden || this.crdtHasFailed || isReadOnly(this.room) }

  /** @type {boolean} Whether the relay lets nobody in with this token: what is written now would never go over. */
  get isForbidden() { return this.ending.code === closeCodes.forbidden && !this.isAhead }

  /** @type {boolean} Whether something was written here that the relay does not have. */
  get isAhead() { return this.progress.unacknowledged > 0 || this.progress.ahead > 0 }

  /** @type {boolean} Whether something was written here that nothing but this window has. */
  get isAtRisk() { return this.localCopy.state !== 'kept' && this.isAhead }

  /** @type {import('../../crdt/websocket-provider.js').WebSocketProvider | null} What shares the document. */
  get provider() { return this.#provider }

  /** @type {import('../../crdt/indexeddb-persistence.js').IndexedDBPersistence | null} What keeps it in this browser. */
  get persistence() { return this.localCopy.persistence }

  /** @param {boolean} isOffline Whether to share nothing for now. */
  setOffline(isOffline) {
    if (isOffline === this.isOffline || !this.#provider || this.isOutdated) return
    this.isOffline = isOffline
    if (isOffline) this.#provider.disconnect()
    else this.#provider.connect()
    this.emit('change', this)
  }

  /** Connects now, instead of when the time has come. */
  retry() {
    if (this.isOffline || !this.#provider || this.isOutdated) return
    this.#provider.disconnect()
    this.#provider.connect()
  }

  /**
   * What undoes one's own changes of types.
   *
   * @param {import('../../crdt/shared-type.js').SharedType[]} types
   */
  undo(types) {
    const key = types.map(type => type.number).join()
    if (!this.#undo.has(key)) this.#undo.set(key, new UndoManager(types, { trackedOrigins: [editorOrigin] }))
    return this.#undo.get(key)
  }

  /** Gives up what the browser keeps of the room, as after it was made anew. */
  async forget() {
    this.#isLeft = true
    this.#end()
    await this.localCopy.clear()
    this.document.destroy()
  }

  /** @internal Whether the document can be used again after it was left. */
  return() {
    if (this.document.isDestroyed || this.crdtHasFailed) return false
    this.removeAllListeners()
    this.#isLeft = false
    this.awareness.setLocalState({ user: { name: identity.name, color: identity.color } })
    return true
  }

  /** Lets go of the document, once the relay has what was written in it: that may be after its page was left. */
  async leave() {
    this.removeAllListeners()
    if (this.crdtHasFailed) return this.#end()
    this.#isLeft = true
    this.awareness.setLocalState(null)
    if (this.isAhead && !this.isOutdated) {
      lingering.set(this.room, this)
      const end = this.on('change', () => {
        if (this.isAhead) return
        end()
        lingering.delete(this.room)
        this.close()
      })
    } else {
      await this.close()
    }
  }

  /** Lets go of the document now, once this browser has it. */
  async close() {
    this.#isLeft = true
    this.#end()
    await this.localCopy.close()
    this.document.destroy()
  }

  #end() {
    for (const end of this.#cleanUp) end()
    this.#cleanUp = []
    this.#disconnect()
  }
}
