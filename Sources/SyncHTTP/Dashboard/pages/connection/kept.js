/**
 * Documents that this browser keeps, so that they are there without a relay: each in a database that is named after its room.
 *
 * @module
 */

import { connect, core } from '../../core.js'
import { IndexedDBPersistence } from '../../crdt/indexeddb-persistence.js'
import { openDocuments } from '../../open-documents.js'

const prefix = 'syncctl/'
const patienceMilliseconds = 20_000

/** @returns {Promise<string[]>} Rooms of which something is kept, by name. */
export async function keptRooms() {
  const databases = await indexedDB.databases()
  return databases.map(({ name }) => name).filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length)).sort()
}

/**
 * Deletes what is kept of a room. Whatever has it open, in any window, stops keeping it first.
 *
 * @param {string} room
 * @returns {Promise<void>}
 */
export const forget = room => new Promise((resolve, reject) => {
  const request = indexedDB.deleteDatabase(prefix + room)
  request.onsuccess = () => resolve()
  request.onerror = () => reject(request.error)
})

/**
 * Makes what is kept of a room and what the relay has of it the same.
 *
 * @param {string} room
 * @param {AbortSignal} signal
 * @returns {Promise<void>} Fulfilled when the relay has said that all is stored.
 */
export async function bringOver(room, signal) {
  const crdt = await core()
  const document = crdt.createDocument()
  let persistence, provider, close
  try {
    persistence = new IndexedDBPersistence(prefix + room, document)
    await persistence.whenLoaded
    provider = connect(room, document, { connects: false })
    // Nobody writes here.
    provider.awareness.setLocalState(null)
    close = openDocuments.add({ room, provider, persistence })
    const done = untilStored(provider, signal)
    provider.connect()
    await done
    await persistence.flushed()
  } finally {
    close?.()
    provider?.destroy()
    await persistence?.destroy()
    document.destroy()
  }
}

function untilStored(provider, signal) {
  const failed = (message, hint) => Object.assign(new Error(message), { title: 'Not everything is at the relay', hint })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failed('the relay has not said that it stored everything',
      'what is here stays here; try it again later, or see whether you may write in this room')), patienceMilliseconds)
    const settle = (settled, value) => {
      clearTimeout(timer)
      settled(value)
    }
    provider.on('progress', ({ isStored }) => { if (isStored && provider.isSynced) settle(resolve) })
    provider.on('synced', () => { if (provider.progress.isStored) settle(resolve) })
    provider.on('status', ({ status, reason }) => {
      if (status !== 'denied') return
      settle(reject, failed(reason || 'the relay does not let you in', 'sign in with a token for this room'))
    })
    signal.addEventListener('abort', () => settle(reject, signal.reason))
  })
}
