import { TrapError } from '../../crdt/crdt.js'
import { Emitter } from '../../crdt/emitter.js'
import { IndexedDBPersistence } from '../../crdt/indexeddb-persistence.js'

/** How long the browser may take to read what it keeps, before the relay is asked for everything. */
const loadingMilliseconds = 2000

/**
 * What this browser keeps of a document, and whether it does: private windows and full disks do not.
 *
 * Events: `change` whenever a property is another one; `trap` when the core has stopped.
 */
export class LocalCopy extends Emitter {
  #document
  #awaitsChange = false

  /** @type {'reading' | 'kept' | 'failed'} */
  state = 'reading'
  /** @type {any} Why nothing is kept. */
  error = null
  /** @type {IndexedDBPersistence | null} */
  persistence = null

  /** @param {import('../../crdt/document.js').Document} document */
  constructor(document) {
    super()
    this.#document = document
  }

  /**
   * Reads what is kept of the document, and keeps it from now on.
   *
   * @param {string} name Names the database.
   * @returns {Promise<void>} Fulfilled when it is in the document, cannot be read, or takes too long to be waited for.
   */
  async start(name) {
    try {
      this.persistence = new IndexedDBPersistence(name, this.#document)
    } catch (error) {
      return this.#set('failed', error)
    }
    this.persistence.on('error', error => {
      if (error instanceof TrapError) this.emit('trap', error)
      else this.#set('failed', error)
    })
    this.persistence.on('loaded', () => this.#set('kept'))
    let timer
    const patience = new Promise(resolve => { timer = setTimeout(resolve, loadingMilliseconds) })
    await Promise.race([this.persistence.whenLoaded.catch(() => {}), patience])
    clearTimeout(timer)
  }

  #set(state, error = null) {
    this.state = state
    this.error = error
    this.emit('change', this)
    // What could not be stored is stored with the next change.
    if (state !== 'failed' || !this.persistence?.isLoaded || this.#awaitsChange) return
    this.#awaitsChange = true
    this.#document.once('update', async () => {
      this.#awaitsChange = false
      try {
        await this.persistence.flushed()
        this.#set('kept')
      } catch { /* It was reported, and is tried again after the change that follows. */ }
    })
  }

  /** Stops keeping the document, when what was written until now is stored. */
  async close() { await this.persistence?.destroy() }

  /** Stops keeping the document, and deletes what is kept. */
  async clear() { await this.persistence?.clear() }
}
