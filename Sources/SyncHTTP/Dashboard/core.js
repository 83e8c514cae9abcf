import { load } from './crdt/crdt.js'
import { WebSocketProvider } from './crdt/websocket-provider.js'
import { relay } from './relay.js'
import { session } from './session.js'

let loading = null

/**
 * The Swift core, compiled to WebAssembly: loaded once, and anew after it has failed.
 *
 * @returns {Promise<import('./crdt/load.js').CRDT>}
 */
export async function core() {
  const crdt = await (loading ??= start())
  if (!crdt.hasFailed) return crdt
  loading = null
  return core()
}

async function start() {
  try {
    const response = await fetch(new URL('crdt/crdt.wasm', import.meta.url))
    if (response.status === 404) {
      throw Object.assign(new Error('this relay was built without its core for browsers'), {
        title: 'Documents cannot be opened here', hint: '`make web` compiles it, and `make serve` does so by itself',
      })
    }
    return await load(response)
  } catch (error) {
    loading = null
    throw error
  }
}

/**
 * Shares a document with a room of the relay, with the token of whoever is signed in. When it is denied, that is final:
 * another one is to be made for another token.
 *
 * @param {string} room
 * @param {import('./crdt/document.js').Document} document
 * @param {object} [options] Of the provider.
 */
export function connect(room, document, options = {}) {
  return new WebSocketProvider(relay.socketURL.href.replace(/\/$/, ''), room, document, {
    token: session.token ?? undefined, retryMilliseconds: 500, retryMillisecondsMax: 15_000, ...options,
  })
}
