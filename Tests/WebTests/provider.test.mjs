// The provider against a real relay, with stock clients of Yjs beside it. CRDT_RELAY is the path of `syncctl`.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { load, require, until, webModule } from './support.mjs'
import { Y } from './yjs.mjs'

const relayPath = process.env.CRDT_RELAY
const skip = relayPath ? false : 'CRDT_RELAY names no relay'

const WebSocket = require('ws')
const { WebSocketProvider } = await webModule('websocket-provider.js')
const crdt = await load()
const folder = mkdtempSync(join(tmpdir(), 'crdt-web-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A relay of its own on a free port. */
class Relay {
  static async start(name, words = [], port = 0) {
    const relay = new Relay()
    relay.process = spawn(
      relayPath, ['serve', '--host', '127.0.0.1', '--port', String(port), '--store', join(folder, name), ...words],
      { stdio: ['ignore', 'pipe', 'ignore'] })
    relay.ended = new Promise(resolve => relay.process.on('exit', resolve))
    const line = await new Promise((resolve, reject) => {
      createInterface({ input: relay.process.stdout }).once('line', resolve)
      relay.process.once('exit', code => reject(new Error(`the relay ended with ${code}`)))
    })
    relay.url = line.match(/ws:\/\/\S+/)[0]
    relay.port = Number(new URL(relay.url).port)
    return relay
  }

  async stop(signal = 'SIGTERM') {
    this.process.kill(signal)
    await this.ended
  }
}

const open = []

/** A document with a provider. */
function client(relay, room, options = {}) {
  const document = crdt.createDocument()
  const provider = new WebSocketProvider(
    relay.url, room, document, { WebSocket, retryMilliseconds: 20, retryMillisecondsMax: 200, ...options })
  provider.on('error', error => provider.errors.push(error))
  provider.errors = []
  provider.statuses = []
  provider.on('status', event => provider.statuses.push(event))
  const body = document.text('body')
  open.push(provider, document)
  return { document, provider, body, get text() { return body.toString() } }
}

/** A stock client. */
function stockClient(relay, room) {
  const { WebsocketProvider } = require('y-websocket')
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(relay.url, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true })
  open.push(provider, { destroy: () => doc.destroy() })
  const body = doc.getText('body')
  return { doc, provider, body, get text() { return body.toString() } }
}

/** Ends all clients, so that nothing keeps the process alive. */
const closing = body => async () => {
  try {
    await body()
  } finally {
    for (const opened of open.splice(0)) opened.destroy()
  }
}

test('Two clients and a stock one edit a room, over a restart and offline edits', { skip }, closing(async () => {
  let relay = await Relay.start('rooms.sqlite')
  try {
    const [ada, bob] = [client(relay, 'notes'), client(relay, 'notes')]
    const stock = stockClient(relay, 'notes')
    await until(() => ada.provider.isSynced && bob.provider.isSynced && stock.provider.synced, 'all are synced')
    ada.body.insert(0, 'Ada. ')
    bob.body.append('Bob. ')
    stock.body.insert(stock.body.length, 'Stock 🎉. ')
    const equal = () => ada.text === bob.text && bob.text === stock.text
    await until(() => equal() && ['Ada', 'Bob', 'Stock 🎉'].every(word => ada.text.includes(word)), 'all have all')
    await until(() => ada.provider.progress.isStored && bob.provider.progress.isStored, 'all is stored')
    assert.deepEqual(ada.provider.progress, { behind: 0, ahead: 0, unacknowledged: 0, isStored: true })

    // The relay goes away, all write, and it comes back.
    const { port } = relay
    await relay.stop('SIGKILL')
    await until(() => ada.provider.status !== 'connected' && bob.provider.status !== 'connected', 'the end is noticed')
    ada.body.insert(0, 'offline Ada. ')
    ada.body.delete(0, 2)
    bob.body.append('offline Bob. ')
    stock.body.insert(0, 'offline stock. ')
    assert.equal(ada.provider.progress.unacknowledged, 2)
    assert.equal(ada.provider.progress.ahead, 13)
    assert.equal(ada.provider.progress.isStored, false)
    relay = await Relay.start('rooms.sqlite', [], port)
    const offline = ['fline Ada', 'offline Bob', 'offline stock']
    await until(() => equal() && offline.every(word => ada.text.includes(word)), 'all have all')
    await until(() => ada.provider.progress.isStored && bob.provider.progress.isStored, 'all is stored')
    assert.deepEqual(ada.provider.progress, { behind: 0, ahead: 0, unacknowledged: 0, isStored: true })
    assert.deepEqual(ada.provider.errors, [])

    // Who is switched off keeps what was written, and brings it when switched on.
    ada.provider.disconnect()
    assert.equal(ada.provider.status, 'disconnected')
    ada.document.map('meta').set('title', 'T')
    bob.body.append('meanwhile. ')
    await until(() => bob.provider.progress.isStored, 'it is stored')
    const behind = []
    ada.provider.on('progress', progress => behind.push(progress.behind))
    ada.provider.connect()
    await until(() => ada.text === bob.text && bob.document.map('meta').get('title') === 'T', 'both have both')
    assert.ok(behind.includes('meanwhile. '.length), String(behind))
    assert.equal(stock.doc.getMap('meta').get('title'), 'T')
  } finally {
    await relay.stop()
  }
}))

test('Presence comes and goes with the connection', { skip }, closing(async () => {
  const relay = await Relay.start('presence.sqlite')
  try {
    const [ada, bob] = [client(relay, 'room'), client(relay, 'room')]
    const stock = stockClient(relay, 'room')
    ada.provider.awareness.setLocalState({ name: 'Ada' })
    const stateOf = (map, { document }) => map.get(document.clientID)?.name
    await until(() => stateOf(bob.provider.awareness.states, ada) === 'Ada', 'Bob sees Ada')
    await until(() => stateOf(stock.provider.awareness.getStates(), ada) === 'Ada', 'the stock client sees Ada')
    stock.provider.awareness.setLocalState({ name: 'Stock' })
    const stockState = () => bob.provider.awareness.states.get(stock.doc.clientID)
    await until(() => stockState()?.name === 'Stock', 'Bob sees the stock client')
    ada.provider.destroy()
    await until(() => !bob.provider.awareness.states.has(ada.document.clientID), 'Ada is gone')
    bob.provider.disconnect()
    assert.equal(bob.provider.awareness.states.size, 0)
  } finally {
    await relay.stop()
  }
}))

test('A token goes with the handshake, and one that is refused is not shown again', { skip }, closing(async () => {
  const secret = join(folder, 'secret.txt')
  writeFileSync(secret, 'a secret of at least thirty-two bytes, for a test')
  const mint = (...words) =>
    execFileSync(relayPath, ['token', 'mint', '--secret', secret, '--subject', 'ada', ...words]).toString().trim()
  const relay = await Relay.start('access.sqlite', ['--jwt-secret', secret])
  try {
    const ada = client(relay, 'notes', { token: mint('--room', 'notes=write', '--lifetime', '1h') })
    await until(() => ada.provider.isSynced, 'a good token is taken')
    assert.ok(!ada.provider.url.includes('token'))
    ada.body.insert(0, 'written')
    await until(() => ada.provider.progress.isStored, 'it is stored')

    const stranger = client(relay, 'notes', { token: 'none' })
    await until(() => stranger.provider.status === 'denied', 'a bad token is refused')
    assert.equal(stranger.provider.statuses.at(-1).code, 4401)
    assert.ok(stranger.provider.statuses.at(-1).reason.length > 0)

    // Who may only read gets what there is, and is put out when it writes.
    const reader = client(relay, 'notes', { token: mint('--room', 'notes=read', '--lifetime', '1h') })
    await until(() => reader.text === 'written', 'a reader reads')
    assert.equal(reader.provider.progress.isStored, null)
    reader.body.append('!')
    await until(() => reader.provider.status === 'denied', 'a reader may not write')
    assert.equal(reader.provider.statuses.at(-1).code, 4403)

    // A function is asked again, and told that its last token was refused.
    const attempts = []
    const renewing = client(relay, 'notes', {
      token: async ({ wasDenied }) => {
        attempts.push(wasDenied)
        return wasDenied ? mint('--room', 'notes=write', '--lifetime', '1h') : 'outdated'
      }
    })
    await until(() => renewing.provider.isSynced, 'a new token is taken')
    assert.deepEqual(attempts, [false, true])
  } finally {
    await relay.stop()
  }
}))

test('A connection is tried again at random times that become longer', closing(async () => {
  const delays = []
  // Nothing listens there, and nothing is waited for: attempts fail at once.
  class Failing { constructor() { queueMicrotask(() => this.onclose?.({ code: 1006, reason: '' })) } close() {} }
  const document = crdt.createDocument()
  const provider = new WebSocketProvider('ws://127.0.0.1:1', 'room', document, {
    WebSocket: Failing, retryMilliseconds: 1, retryMillisecondsMax: 8
  })
  open.push(provider, document)
  provider.on('status', ({ retryMilliseconds }) => { if (retryMilliseconds !== null) delays.push(retryMilliseconds) })
  await until(() => delays.length >= 40, 'there were 40 attempts')
  delays.slice(0, 4).forEach((delay, index) => assert.ok(delay <= 2 ** index, `${delays}`))
  assert.ok(delays.every(delay => delay >= 0 && delay <= 8))
  assert.ok(new Set(delays).size > 3, `${delays}`)
}))

test('What a relay sends that cannot be read ends the connection and changes nothing', closing(async () => {
  let socket
  class Fake {
    readyState = 1
    constructor() { socket = this; queueMicrotask(() => this.onopen?.()) }
    send() {}
    close() {}
  }
  const document = crdt.createDocument()
  const options = { WebSocket: Fake, retryMilliseconds: 60_000 }
  const provider = new WebSocketProvider('ws://127.0.0.1:1', 'room', document, options)
  open.push(provider, document)
  const errors = []
  provider.on('error', error => errors.push(error))
  for (const bytes of [[0, 2, 3, 1, 1, 1], [0, 9, 0], [0, 2], [9], [1, 2, 1, 1], [0, 0, 1, 7]]) {
    await until(() => provider.status === 'connected', 'it is connected')
    socket.onmessage({ data: new Uint8Array(bytes).buffer })
    assert.equal(errors.length, 1, `${bytes}: ${errors}`)
    assert.equal(provider.status, 'disconnected')
    assert.equal(document.encodeUpdate().length, 2)
    errors.length = 0
    provider.disconnect()
    provider.connect()
  }
}))

test('A core that traps ends the connection, and is not connected again', closing(async () => {
  let socket, isClosed = false
  class Fake {
    readyState = 1
    constructor() { socket = this; queueMicrotask(() => this.onopen?.()) }
    send() {}
    close() { isClosed = true }
  }
  const broken = await load()
  const document = broken.createDocument()
  const provider = new WebSocketProvider('ws://127.0.0.1:1', 'room', document, { WebSocket: Fake, retryMilliseconds: 1 })
  provider.awareness.setLocalState({ name: 'Ada' })
  const statuses = []
  provider.on('status', event => statuses.push(event))
  provider.on('error', () => {})
  await until(() => provider.status === 'connected', 'it is connected')
  assert.throws(() => broken.instance.call('document_client', 0xFFFF_FFF0))
  socket.onmessage({ data: new Uint8Array([0, 0, 1, 0]).buffer })
  assert.equal(isClosed, true)
  assert.deepEqual(statuses.at(-1).status, 'disconnected')
  assert.equal(statuses.at(-1).retryMilliseconds, null)
  provider.destroy()
}))
