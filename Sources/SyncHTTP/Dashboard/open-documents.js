import { Emitter } from './crdt/emitter.js'

/**
 * Documents that are open in this page, whichever part of it opened them: so that it can be told what is not stored yet.
 * Their properties are read again and again, so they may be getters where they change.
 *
 * @typedef {object} OpenDocument
 * @property {string} room
 * @property {import('./crdt/websocket-provider.js').WebSocketProvider | null} provider What shares it.
 * @property {import('./crdt/indexeddb-persistence.js').IndexedDBPersistence | null} [persistence] What keeps it in this browser.
 */

/** Event: `change` when a document is opened or closed. */
class OpenDocuments extends Emitter {
  #entries = new Set()

  /** @type {OpenDocument[]} In the order in which they were opened. */
  get entries() { return [...this.#entries] }

  /**
   * To be called when a document is opened.
   *
   * @param {OpenDocument} entry
   * @returns {() => void} To be called when it is closed.
   */
  add(entry) {
    this.#entries.add(entry)
    this.emit('change', this)
    return () => { if (this.#entries.delete(entry)) this.emit('change', this) }
  }
}

export const openDocuments = new OpenDocuments()
