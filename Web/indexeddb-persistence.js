// Keeps a document in the browser, so that it is there without a relay.

import { Emitter } from './emitter.js'

const storeName = 'updates'

/** An outcome of IndexedDB as a promise. */
const outcome = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

const completion = transaction => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve()
  transaction.onabort = transaction.onerror = () => reject(transaction.error)
})

/**
 * Keeps a document in IndexedDB: what was written is there when the page is opened again, with or without a connection.
 * Several tabs may keep the same document.
 *
 * Events: `loaded` when what was stored is in the document; `error` with an error when the browser does not store
 * something, as for want of room; what was not stored is stored with the next change.
 */
export class IndexedDBPersistence extends Emitter {
  #options
  #database = null
  #opening
  #writing = Promise.resolve()
  #stored = 0
  /** Updates that are not stored yet. */
  #waiting = []
  #isScheduled = false
  #isLoaded = false
  #isDestroyed = false
  #destroying = null
  #end = []

  /**
   * @param {string} name Names the database.
   * @param {import('./document.js').Document} document
   * @param {object} [options]
   * @param {number} [options.updatesMax] So many updates are stored before they are made one.
   * @param {IDBFactory} [options.indexedDB] Where to store.
   */
  constructor(name, document, { updatesMax = 500, indexedDB = globalThis.indexedDB } = {}) {
    super()
    if (indexedDB === undefined) throw new TypeError('there is no IndexedDB here')
    /** @type {string} */
    this.name = name
    /** @type {import('./document.js').Document} */
    this.document = document
    this.#options = { updatesMax, indexedDB }
    this.#end = [
      document.on('update', ({ update, origin }) => { if (origin !== this) this.#add(update) }),
      document.once('destroy', () => this.destroy())
    ]
    this.#opening = this.#open()
    /**
     * Fulfilled when what was stored is in the document; rejected when it cannot be read.
     *
     * @type {Promise<void>}
     */
    this.whenLoaded = this.#opening
    this.whenLoaded.catch(error => this.#report(error))
  }

  /** @type {boolean} Whether what was stored is in the document. */
  get isLoaded() { return this.#isLoaded }

  async #open() {
    const request = this.#options.indexedDB.open(this.name, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(storeName, { autoIncrement: true })
    const database = await outcome(request)
    if (this.#isDestroyed) return database.close()
    this.#database = database
    // Another tab wants to delete it.
    database.onversionchange = () => this.destroy()
    const before = this.document.stateVector
    const updates = await outcome(database.transaction(storeName).objectStore(storeName).getAll())
    if (this.#isDestroyed) return
    this.#stored = updates.length
    if (updates.length > 0) {
      const merged = this.document.crdt.mergeUpdates(updates.map(update => new Uint8Array(update)))
      this.document.apply(merged, { origin: this })
    }
    // What was in the document before is not stored yet, if there was anything.
    if (before.length > 1) this.#add(this.document.encodeUpdate())
    this.#isLoaded = true
    this.emit('loaded', this)
    if (this.#waiting.length > 0) this.#schedule()
  }

  #report(error) {
    if (this.hasListeners('error')) this.emit('error', error)
    else console.error(`${this.name}:`, error)
  }

  #add(update) {
    this.#waiting.push(update)
    this.#schedule()
  }

  /** Writes what waits, once for all that is changed at one go. */
  #schedule() {
    if (this.#isScheduled || this.#database === null) return
    this.#isScheduled = true
    this.#writing = this.#writing.then(() => this.#write()).catch(error => this.#report(error))
  }

  async #write() {
    this.#isScheduled = false
    if (this.#database === null || this.#waiting.length === 0) return
    const updates = this.#waiting
    this.#waiting = []
    const update = updates.length === 1 ? updates[0] : this.document.crdt.mergeUpdates(updates)
    try {
      const transaction = this.#database.transaction(storeName, 'readwrite')
      transaction.objectStore(storeName).add(update)
      await completion(transaction)
      this.#stored++
    } catch (error) {
      this.#waiting.unshift(update)
      throw error
    }
    if (this.#stored >= this.#options.updatesMax && !this.#isDestroyed) await this.#compact()
  }

  /** Puts one update in the place of all that are stored, those of other tabs among them. */
  async #compact() {
    const transaction = this.#database.transaction(storeName, 'readwrite')
    const store = transaction.objectStore(storeName)
    const done = completion(transaction)
    const updates = await outcome(store.getAll())
    store.clear()
    store.add(this.document.crdt.mergeUpdates(updates.map(update => new Uint8Array(update))))
    await done
    this.#stored = 1
  }

  /** @returns {Promise<void>} Fulfilled when all that was written until now is stored. */
  async flushed() {
    await this.#opening
    let writing
    do {
      writing = this.#writing
      await writing
    } while (writing !== this.#writing)
    if (this.#waiting.length > 0) throw new Error(`${this.name}: not all is stored`)
  }

  /**
   * Stops keeping the document, when what was written until now is stored. The document goes on.
   *
   * @returns {Promise<void>}
   */
  destroy() { return this.#destroying ??= this.#finish() }

  async #finish() {
    this.#isDestroyed = true
    for (const end of this.#end) end()
    await this.#opening.catch(() => {})
    await this.#writing
    this.#database?.close()
    this.#database = null
    this.removeAllListeners()
  }

  /**
   * Stops keeping the document, and deletes what is stored.
   *
   * @returns {Promise<void>}
   */
  async clear() {
    await this.destroy()
    await outcome(this.#options.indexedDB.deleteDatabase(this.name))
  }
}
