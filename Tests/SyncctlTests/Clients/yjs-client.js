// Drives Yjs clients for the end-to-end tests: the WebsocketProvider of y-websocket, and one for Hocuspocus' protocol.
//
// Every line on stdin is a request {"id", "do", "client", ...}; every line on stdout is its reply {"id", "value"} or
// {"id", "error"}. A reply never waits for the network: the test asks for "state" until it sees what it expects.
'use strict'

const readline = require('readline')
const WebSocket = require('ws')
const Y = require('yjs')
const { WebsocketProvider } = require('y-websocket')
const { MultiplexedProvider } = require('./multiplexed-provider.js')

/** One document and its connection to one room. */
class Client {
  constructor({ url, room, awareness, isMultiplexed, session, token, tokenIn }) {
    this.doc = new Y.Doc()
    this.text = this.doc.getText('text')
    this.list = this.doc.getArray('list')
    this.map = this.doc.getMap('map')
    this.markers = new Map() // bytes of an update, in hex -> the marker that it adds to the list
    this.acknowledged = []
    this.unfinished = 0 // edits of bursts that are still to be made
    this.closures = []
    this.doc.on('update', (update, origin) => {
      if (origin && origin.marker) this.markers.set(hex(update), origin.marker)
    })
    this.provider = isMultiplexed ? this.multiplexed(url, room, session, token) : this.single(url, room, token, tokenIn)
    if (awareness) this.provider.awareness.setLocalState(awareness)
  }

  /** By the way that a token goes: a query parameter, a header, or a subprotocol. */
  single(url, room, token, tokenIn) {
    const client = this
    const subprotocols = tokenIn === 'subprotocol' ? [`bearer.${token}`] : []
    const headers = tokenIn === 'header' ? { Authorization: `Bearer ${token}` } : {}
    class ObservedWebSocket extends WebSocket {
      constructor(address) {
        super(address, subprotocols, { headers })
        this.on('message', data => client.noteEcho(data))
        this.on('close', (code, reason) => client.closures.push(`${code} ${reason}`))
      }
    }
    return new WebsocketProvider(url, room, this.doc, {
      WebSocketPolyfill: ObservedWebSocket,
      params: tokenIn === 'parameter' ? { token } : {},
      disableBc: true // or clients of one process would meet without the relay
    })
  }

  multiplexed(url, room, session, token) {
    const provider = new MultiplexedProvider(url, room, this.doc, {
      WebSocketPolyfill: WebSocket,
      session,
      token,
      onAcknowledged: update => this.noteStored(hex(update))
    })
    this.closures = provider.closures
    return provider
  }

  /** A sync update with exactly our bytes is the relay's acknowledgement that it has stored them. */
  noteEcho(data) {
    const [kind, step, ...payload] = new Uint8Array(data)
    if (kind !== 0 || step !== 2) return
    const skipped = payload.findIndex(byte => byte < 0x80) + 1 // the length prefix
    this.noteStored(hex(Uint8Array.from(payload.slice(skipped))))
  }

  noteStored(key) {
    const marker = this.markers.get(key)
    if (marker === undefined) return
    this.markers.delete(key)
    this.acknowledged.push(marker)
  }

  burst(prefix, count) {
    this.unfinished += count
    const edit = index => {
      const marker = `${prefix}-${index}`
      this.doc.transact(() => {
        this.text.insert(index % (this.text.length + 1), 'x')
        this.list.push([marker])
      }, { marker })
      this.unfinished -= 1
      if (index + 1 < count) setImmediate(edit, index + 1)
    }
    setImmediate(edit, 0)
  }

  state() {
    return {
      clientID: this.doc.clientID,
      isConnected: this.provider.wsconnected,
      isSynced: this.provider.synced,
      unfinished: this.unfinished,
      acknowledgedCount: this.acknowledged.length,
      closures: this.closures,
      awareness: Object.fromEntries(this.provider.awareness.getStates()),
      scope: this.provider.scope,
      denials: this.provider.denials,
      stateless: this.provider.stateless
    }
  }
}

/** A bare socket, to send what no stock client sends. */
class RawSocket {
  constructor({ url, room }) {
    this.frames = []
    this.closures = []
    this.socket = new WebSocket(`${url}/${room}`)
    this.socket.on('error', () => {})
    this.socket.on('message', data => this.frames.push(hex(data)))
    this.socket.on('close', (code, reason) => this.closures.push(`${code} ${reason}`))
  }

  state() {
    return {
      isConnected: this.socket.readyState === WebSocket.OPEN,
      frames: this.frames,
      closures: this.closures
    }
  }
}

const hex = bytes => Buffer.from(bytes).toString('hex')
const content = doc => ({
  text: doc.getText('text').toString(),
  list: doc.getArray('list').toJSON(),
  map: doc.getMap('map').toJSON()
})

/** A plain JSON value, or for {"$text": "…"} and {"$map": {…}} a nested shared type. */
function sharedValue(value) {
  if (value !== null && typeof value === 'object') {
    if ('$text' in value) return new Y.Text(value.$text)
    if ('$map' in value) return new Y.Map(Object.entries(value.$map).map(([key, inner]) => [key, sharedValue(inner)]))
  }
  return value
}

const clients = new Map()
const actions = {
  open: (_, request) => { clients.set(request.client, new Client(request)) },
  openRaw: (_, request) => { clients.set(request.client, new RawSocket(request)) },
  sendRaw: (client, { hex }) => { client.socket.send(Buffer.from(hex, 'hex')) },
  connect: client => client.provider.connect(),
  disconnect: client => client.provider.disconnect(),
  sendStateless: (client, { payload }) => client.provider.sendStateless(payload),
  cut: client => client.provider.ws.terminate(), // no closing handshake, as when the power goes
  insertText: (client, { at, string }) => client.text.insert(Math.min(at, client.text.length), string),
  deleteText: (client, { at, count }) => client.text.delete(at, Math.min(count, client.text.length - at)),
  push: (client, { value }) => client.list.push([sharedValue(value)]),
  set: (client, { key, value }) => { client.map.set(key, sharedValue(value)) },
  remove: (client, { key }) => client.map.delete(key),
  append: (client, { root, value }) => client.doc.getArray(root).push([value]),
  elements: (client, { root }) => client.doc.getArray(root).toJSON(),
  setAwareness: (client, { value }) => client.provider.awareness.setLocalState(value),
  burst: (client, { prefix, count }) => client.burst(prefix, count),
  state: client => client.state(),
  acknowledged: client => client.acknowledged,
  content: client => content(client.doc),
  array: (client, { root }) => client.doc.getArray(root).toJSON(),
  forge: (client, { root, value }) => client.doc.getArray(root).push([value]),
  load: (_, { base64 }) => { // what a fresh document shows after one update
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Buffer.from(base64, 'base64'))
    return content(doc)
  }
}

readline.createInterface({ input: process.stdin }).on('line', line => {
  const request = JSON.parse(line)
  let reply
  try {
    reply = { id: request.id, value: actions[request.do](clients.get(request.client), request) ?? true }
  } catch (error) {
    reply = { id: request.id, error: String(error.stack) }
  }
  process.stdout.write(JSON.stringify(reply) + '\n')
}).on('close', () => process.exit(0))
