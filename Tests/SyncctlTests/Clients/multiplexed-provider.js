// A provider for Hocuspocus' protocol: any number of documents over one socket. It has the interface of y-websocket's
// WebsocketProvider, so that the driver treats both alike.
'use strict'

const { createEncoder, toUint8Array, writeVarUint, writeVarString, writeVarUint8Array } = require('lib0/encoding')
const { createDecoder, hasContent, readVarUint, readVarString, readVarUint8Array } = require('lib0/decoding')
const syncProtocol = require('y-protocols/sync')
const { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } = require('y-protocols/awareness')

const SYNC = 0, AWARENESS = 1, AUTHENTICATION = 2, QUERY_AWARENESS = 3, STATELESS = 5, CLOSE = 7, SYNC_STATUS = 8
const TOKEN = 0, DENIED = 1, AUTHENTICATED = 2

/** One socket, shared by all providers of the same address. */
class SharedSocket {
  static sockets = new Map()

  static at(url, WebSocket) {
    if (!this.sockets.has(url)) this.sockets.set(url, new SharedSocket(url, WebSocket))
    return this.sockets.get(url)
  }

  constructor(url, WebSocket) {
    this.url = url
    this.WebSocket = WebSocket
    this.providers = new Map() // by address
    this.attempts = 0
  }

  attach(provider) {
    this.providers.set(provider.address, provider)
    if (this.isOpen) provider.start()
    else if (!this.socket) this.connect()
  }

  detach(provider) {
    this.providers.delete(provider.address)
    if (this.providers.size === 0) {
      clearTimeout(this.retry)
      this.socket?.close()
      this.socket = undefined
    }
  }

  get isOpen() { return this.socket?.readyState === 1 }

  connect() {
    const socket = new this.WebSocket(this.url)
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    socket.on('open', () => {
      this.attempts = 0
      for (const provider of this.providers.values()) provider.start()
    })
    socket.on('message', data => {
      const decoder = createDecoder(new Uint8Array(data))
      this.providers.get(readVarString(decoder))?.receive(decoder)
    })
    socket.on('error', () => {})
    socket.on('close', (code, reason) => {
      for (const provider of this.providers.values()) provider.stop(`${code} ${reason}`)
      if (this.socket !== socket) return
      this.socket = undefined
      if (this.providers.size > 0) {
        this.retry = setTimeout(() => { this.socket ?? this.connect() }, Math.min(100 * 2 ** this.attempts++, 2500))
      }
    })
  }

  send(bytes) { if (this.isOpen) this.socket.send(bytes) }
}

class MultiplexedProvider {
  constructor(url, name, doc, { WebSocketPolyfill, session, token, onAcknowledged }) {
    this.socket = SharedSocket.at(url, WebSocketPolyfill)
    this.address = session ? `${name}\0${session}` : name
    this.doc = doc
    this.token = token ?? ''
    this.onAcknowledged = onAcknowledged
    this.awareness = new Awareness(doc)
    this.wsconnected = false
    this.synced = false
    this.scope = undefined
    this.denials = []
    this.stateless = []
    this.closures = []
    this.unstored = [] // updates of ours that the server has not said to be stored
    this.sent = [] // for each message that will be answered by a status: the updates that are stored then
    doc.on('update', (update, origin) => {
      if (origin === this) return
      this.unstored.push(update)
      if (!this.wsconnected) return
      this.sent.push([update])
      this.send(SYNC, encoder => syncProtocol.writeUpdate(encoder, update))
    })
    this.awareness.on('update', ({ added, updated, removed }, origin) => {
      if (origin !== this) this.sendAwareness([...added, ...updated, ...removed])
    })
    this.connect()
  }

  connect() { this.socket.attach(this) }

  disconnect() {
    removeAwarenessStates(this.awareness, [this.doc.clientID], 'leaving')
    this.send(CLOSE, () => {})
    this.socket.detach(this)
    this.stop('detached')
  }

  get ws() { return this.socket.socket }

  start() {
    this.wsconnected = true
    this.sent = []
    this.send(AUTHENTICATION, encoder => {
      writeVarUint(encoder, TOKEN)
      writeVarString(encoder, this.token)
      writeVarString(encoder, '4.5.0')
    })
    this.send(SYNC, encoder => syncProtocol.writeSyncStep1(encoder, this.doc))
    if (this.awareness.getLocalState() !== null) this.sendAwareness([this.doc.clientID])
  }

  stop(reason) {
    if (!this.wsconnected) return
    this.wsconnected = false
    this.synced = false
    this.closures.push(reason)
    const others = [...this.awareness.getStates().keys()].filter(client => client !== this.doc.clientID)
    removeAwarenessStates(this.awareness, others, this)
  }

  send(type, write) {
    const encoder = createEncoder()
    writeVarString(encoder, this.address)
    writeVarUint(encoder, type)
    write(encoder)
    this.socket.send(toUint8Array(encoder))
  }

  sendAwareness(clients) {
    this.send(AWARENESS, encoder => writeVarUint8Array(encoder, encodeAwarenessUpdate(this.awareness, clients)))
  }

  sendStateless(payload) { this.send(STATELESS, encoder => writeVarString(encoder, payload)) }

  receive(decoder) {
    switch (readVarUint(decoder)) {
      case SYNC: return this.receiveSync(decoder)
      case AWARENESS: return applyAwarenessUpdate(this.awareness, readVarUint8Array(decoder), this)
      case QUERY_AWARENESS: return this.sendAwareness([...this.awareness.getStates().keys()])
      case AUTHENTICATION: return this.receiveAuthentication(decoder)
      case STATELESS: return this.stateless.push(readVarString(decoder))
      case CLOSE: return this.stop(readVarString(decoder))
      case SYNC_STATUS: {
        const stored = this.sent.shift() ?? []
        if (readVarUint(decoder) !== 1) return
        this.unstored = this.unstored.filter(update => !stored.includes(update))
        return stored.forEach(update => this.onAcknowledged?.(update))
      }
    }
  }

  receiveSync(decoder) {
    const answer = createEncoder()
    const type = syncProtocol.readSyncMessage(decoder, answer, this.doc, this)
    if (type === syncProtocol.messageYjsSyncStep2) this.synced = true
    if (type !== syncProtocol.messageYjsSyncStep1) return
    // Our answer holds all that the server lacks: whatever was not stored yet.
    this.sent.push([...this.unstored])
    const encoder = createEncoder()
    writeVarString(encoder, this.address)
    writeVarUint(encoder, SYNC)
    const prefix = toUint8Array(encoder), content = toUint8Array(answer)
    this.socket.send(Buffer.concat([prefix, content]))
  }

  receiveAuthentication(decoder) {
    switch (readVarUint(decoder)) {
      case DENIED: return this.denials.push(readVarString(decoder))
      case AUTHENTICATED: this.scope = hasContent(decoder) ? readVarString(decoder) : undefined
    }
  }
}

module.exports = { MultiplexedProvider }
