// The interface in JavaScript, part by part.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import {
  load, folder, Awareness, CRDTError, hex, require, Subdocument, TrapError, UndoManager, UpdateError
} from './support.mjs'
import { Y } from './yjs.mjs'

const crdt = await load()
const create = (clientID, options = {}) => crdt.createDocument({ clientID, ...options })

test('A document writes the bytes of Yjs', () => {
  const document = create(1)
  document.text('t').insert(0, 'abc')
  assert.equal(hex(document.encodeUpdate()), '01010100040101740361626300')
  document.text('t').delete(1, 1)
  assert.equal(hex(document.encodeUpdate()), '010301000401017401618101000184010101630101010101')
  assert.equal(hex(document.stateVector), '010103')
  assert.deepEqual(document.clocks, new Map([[1, 3]]))
  assert.equal(document.ownClock, 3)
  document.destroy()
})

test('A client identifier is drawn at random, and may have 53 bits', () => {
  const [first, second] = [crdt.createDocument(), crdt.createDocument()]
  assert.notEqual(first.clientID, second.clientID)
  assert.match(first.guid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const large = create(Number.MAX_SAFE_INTEGER)
  large.text('t').insert(0, 'x')
  assert.deepEqual(large.clocks, new Map([[Number.MAX_SAFE_INTEGER, 1]]))
  assert.throws(() => create(2 ** 53), RangeError)
  assert.throws(() => create(-1), RangeError)
  assert.equal(crdt.createDocument({ guid: 'room' }).guid, 'room')
})

test('What an apply did is returned, and what waits is named', () => {
  const [source, target] = [create(1), create(2)]
  const updates = []
  source.on('update', ({ update }) => updates.push(update))
  source.text('t').insert(0, 'a')
  source.text('t').insert(1, 'b')
  assert.deepEqual(target.apply(updates[1]), { changed: false, isPending: true, pendingChanged: true })
  assert.deepEqual(target.missing, new Map([[1, 1]]))
  assert.deepEqual(target.apply(updates[0]), { changed: true, isPending: false, pendingChanged: true })
  assert.equal(target.missing, null)
  assert.deepEqual(target.apply(updates[0]), { changed: false, isPending: false, pendingChanged: false })
  assert.equal(target.text('t').toString(), 'ab')
})

test('Updates go over in both formats, whole and since a state vector', () => {
  const [source, target] = [create(1), create(2)]
  source.text('t').insert(0, 'one')
  target.apply(source.encodeUpdate({ format: 2 }), { format: 2 })
  source.text('t').insert(3, ' two')
  const difference = source.encodeUpdate({ since: target.stateVector })
  assert.ok(difference.length < source.encodeUpdate().length)
  target.apply(difference)
  assert.equal(target.text('t').toString(), 'one two')
  assert.throws(() => source.encodeUpdate({ format: 3 }), RangeError)
  assert.throws(() => target.apply('text'), TypeError)
})

test('Updates are merged, differed and converted without a document', () => {
  const document = create(1)
  const updates = []
  document.on('update', ({ update }) => updates.push(update))
  for (const word of ['a', 'b', 'c']) document.text('t').append(word)
  const merged = crdt.mergeUpdates(updates)
  const target = create(2)
  target.apply(merged)
  assert.equal(target.text('t').toString(), 'abc')
  assert.deepEqual(crdt.decodeStateVector(crdt.stateVectorOfUpdate(merged)), new Map([[1, 3]]))
  const rest = crdt.diffUpdate(merged, new Uint8Array([1, 1, 2]))
  assert.deepEqual([...rest], [...Y.diffUpdate(merged, new Uint8Array([1, 1, 2]))])
  assert.deepEqual([...crdt.convertUpdate(crdt.convertUpdate(merged, 1, 2), 2, 1)], [...merged])
})

test('A transaction is one update and one event, with its origin', () => {
  const document = create(1)
  const [updates, events] = [[], []]
  document.on('update', event => updates.push(event))
  document.text('t').observe(event => events.push(event))
  const origin = { editor: 1 }
  const result = document.transact(() => {
    document.text('t').insert(0, 'ab')
    document.transact(() => document.text('t').insert(2, 'c'))
    return 'result'
  }, origin)
  assert.equal(result, 'result')
  assert.equal(updates.length, 1)
  assert.equal(updates[0].origin, origin)
  assert.equal(updates[0].isLocal, true)
  assert.deepEqual(events.map(({ delta, origin: from, isLocal }) => ({ delta, from, isLocal })),
    [{ delta: [{ insert: 'abc' }], from: origin, isLocal: true }])
  const other = create(2)
  other.on('update', event => updates.push(event))
  other.apply(updates[0].update, { origin: 'network' })
  assert.equal(updates[1].origin, 'network')
  assert.equal(updates[1].isLocal, false)
  assert.throws(() => document.transact(() => {}, 5), TypeError)
})

test('What a transaction changed before it threw stays', () => {
  const document = create(1)
  assert.throws(() => document.transact(() => {
    document.text('t').insert(0, 'kept')
    throw new Error('stop')
  }), /stop/)
  assert.equal(document.text('t').toString(), 'kept')
  document.text('t').append('!')
  assert.equal(document.text('t').toString(), 'kept!')
})

test('An observer may change the document, and one that throws keeps nobody from being told', () => {
  const document = create(1)
  const text = document.text('t')
  const told = []
  text.observe(() => { throw new Error('observer') })
  text.observe(event => {
    told.push(event.delta)
    if (text.length < 3) text.append('x')
  })
  assert.throws(() => text.insert(0, 'a'), /observer/)
  assert.deepEqual(told, [[{ insert: 'a' }], [{ retain: 1 }, { insert: 'x' }], [{ retain: 2 }, { insert: 'x' }]])
  assert.equal(text.toString(), 'axx')
})

test('An observer is called until its observation ends', () => {
  const document = create(1)
  let count = 0
  const end = document.text('t').observe(() => count++)
  const endUpdates = document.on('update', () => count++)
  document.once('update', () => count++)
  document.text('t').append('a')
  assert.equal(count, 3)
  document.text('t').append('a')
  assert.equal(count, 5)
  end()
  endUpdates()
  document.text('t').append('a')
  assert.equal(count, 5)
})

test('Indices of text are UTF-16 units', () => {
  const text = create(1).text('t')
  text.insert(0, 'a🎉b')
  assert.equal(text.length, 4)
  assert.equal(text.slice(1, 3), '🎉')
  text.insert(4, '\uFEFFé')
  assert.equal(text.toString(), 'a🎉b\uFEFFé')
  text.insert(2, '-')
  assert.equal(text.toString(), 'a\uFFFD-\uFFFDb\uFEFFé')
  text.insert(0, '\uD800')
  assert.equal(text.slice(0, 1), '\uFFFD')
  const long = 'ä'.repeat(100_000)
  text.append(long)
  assert.ok(text.toString().endsWith(long))
})

test('Text has formats and embedded content, and changes by deltas', () => {
  const text = create(1).text('t')
  const bold = { bold: true }
  text.applyDelta([{ insert: 'Hello ' }, { insert: 'world', attributes: bold }, { insert: { image: 'x.png' } }])
  text.format(0, 5, { italic: true })
  const map = text.insertMap(0, { bold: true })
  map.set('k', 1)
  assert.deepEqual(text.toDelta(), [
    { insert: map, attributes: { bold: true } }, { insert: 'Hello', attributes: { italic: true } }, { insert: ' ' },
    { insert: 'world', attributes: { bold: true } }, { insert: { image: 'x.png' } }
  ])
  text.format(7, 5, { bold: null })
  text.applyDelta([{ retain: 1 }, { delete: 6 }])
  assert.equal(text.toString(), 'world')
  assert.equal(map.toJSON().k, 1)
  text.attributes.set('kind', 'heading')
  assert.deepEqual(text.attributes.toJSON(), { kind: 'heading' })
  assert.throws(() => text.applyDelta([{ insert: map }]), TypeError)
  assert.throws(() => text.applyDelta([{ retain: -1 }]), RangeError)
  assert.throws(() => text.applyDelta([{}]), TypeError)
})

test('Arrays and maps hold values and nested types to any depth', () => {
  const document = create(1)
  const array = document.array('a')
  array.push([1, 'two', { three: [3] }, null, undefined, 4n, new Uint8Array([5])])
  const map = array.insertMap(1)
  map.set('x', true)
  map.setArray('list').insertText(0).insert(0, 'deep')
  map.setText('text').insert(0, 'T')
  assert.deepEqual(array.toJSON(),
    [1, { x: true, list: ['deep'], text: 'T' }, 'two', { three: [3] }, null, undefined, 4n, new Uint8Array([5])])
  assert.equal(array.get(1), map)
  assert.equal(map.parent, array)
  assert.deepEqual(map.get('list').get(0).path, [1, 'list', 0])
  assert.equal(array.get(99), undefined)
  array.delete(0)
  assert.deepEqual([...array].length, 7)
  assert.deepEqual(map.keys().sort(), ['list', 'text', 'x'])
  assert.equal(map.has('x'), true)
  map.delete('x')
  assert.equal(map.has('x'), false)
  assert.equal(map.get('x'), undefined)
  assert.equal(map.size, 2)
  map.set('__proto__', { own: 1 })
  assert.deepEqual(Object.getOwnPropertyNames(map.toJSON()).sort(), ['__proto__', 'list', 'text'])
  assert.equal({}.own, undefined)
  array.delete(0)
  assert.equal(map.isDeleted, true)
  map.set('ignored', 1)
  assert.deepEqual(map.toJSON(), {})
  assert.throws(() => document.map('m').set('f', () => {}), TypeError)
  assert.throws(() => document.map('m').set('t', array), TypeError)
  assert.throws(() => document.map('m').set(1, 1), TypeError)
  assert.throws(() => document.map('m').set('b', 2n ** 64n), RangeError)
  const cyclic = []
  cyclic.push(cyclic)
  assert.throws(() => document.map('m').set('c', cyclic), TypeError)
  assert.throws(() => document.text('a'), TypeError)
})

test('XML has elements with attributes, text and hooks, and is shown as markup', () => {
  const document = create(1)
  const fragment = document.xmlFragment('x')
  const paragraph = fragment.appendElement('p')
  paragraph.setAttribute('class', 'a "b"')
  paragraph.appendText().insert(0, 'x < y', { bold: { level: 1 } })
  paragraph.insertHook(1, 'clock').set('zone', 'UTC')
  assert.equal(fragment.toString(),
    '<p class="a &quot;b&quot;"><bold level="1">x &lt; y</bold><clock zone="UTC"></clock></p>')
  assert.equal(paragraph.name, 'p')
  assert.equal(paragraph.getAttribute('class'), 'a "b"')
  paragraph.removeAttribute('class')
  assert.deepEqual(paragraph.getAttributes(), {})
  paragraph.delete(0, 2)
  assert.equal(fragment.get(0), paragraph)
  assert.equal(paragraph.length, 0)
})

test('Deep events have ways and keys have old values', () => {
  const document = create(1)
  const root = document.map('m')
  const list = root.setArray('list')
  const seen = []
  root.observeDeep(events => seen.push(events.map(({ path, delta, keys, target }) => [target, path, delta, [...keys]])))
  document.transact(() => {
    list.push([1])
    root.set('a', 1)
  })
  root.set('a', 2)
  root.delete('a')
  assert.deepEqual(seen, [
    [[root, [], [], [['a', { action: 'add', oldValue: undefined }]]], [list, ['list'], [{ insert: [1] }], []]],
    [[root, [], [], [['a', { action: 'update', oldValue: 1 }]]]],
    [[root, [], [], [['a', { action: 'delete', oldValue: 2 }]]]]
  ])
})

test('Roots that came from others are found, and subdocuments are named', () => {
  const yjs = new Y.Doc()
  yjs.getMap('m').set('sub', new Y.Doc({ guid: 'inner', meta: { title: 'T' } }))
  yjs.getText('t').insert(0, 'x')
  const document = create(1)
  document.apply(Y.encodeStateAsUpdate(yjs))
  assert.deepEqual([...document.roots.keys()].sort(), ['m', 't'])
  const sub = document.map('m').get('sub')
  assert.ok(sub instanceof Subdocument)
  assert.deepEqual({ ...sub }, { guid: 'inner', meta: { title: 'T' } })
  assert.deepEqual(document.toJSON().t, 'x')
})

test('Undo takes back what tracked origins did, and only that', () => {
  let now = 0
  return load(undefined, { now: () => now }).then(timed => {
    const document = timed.createDocument({ clientID: 1 })
    const text = document.text('t')
    const editor = { name: 'editor' }
    const undo = new UndoManager(text, { trackedOrigins: [editor, null] })
    const log = []
    for (const name of ['added', 'updated', 'popped', 'cleared']) undo.on(name, event => log.push([name, event.type]))
    undo.on('added', ({ item, type }) => { if (type === 'undo') item.meta.set('cursor', text.length) })
    let cursor
    undo.on('popped', ({ item }) => { cursor = item.meta.get('cursor') })
    document.transact(() => text.insert(0, 'Hello'), editor)
    document.transact(() => text.insert(5, '!'), 'somebody else')
    now += 100
    text.insert(0, '> ')
    assert.equal(undo.undoCount, 1)
    now += 1000
    document.transact(() => text.insert(0, '# '), editor)
    assert.equal(undo.undoCount, 2)
    const origins = []
    document.on('update', ({ origin }) => origins.push(origin))
    assert.equal(undo.undo(), true)
    assert.equal(text.toString(), '> Hello!')
    assert.equal(cursor, 10)
    assert.equal(undo.undo(), true)
    assert.equal(text.toString(), '!')
    assert.equal(undo.undo(), false)
    assert.equal(undo.redo(), true)
    assert.equal(undo.redo(), true)
    assert.equal(text.toString(), '# > Hello!')
    assert.deepEqual(origins, [undo, undo, undo, undo])
    assert.equal(undo.canUndo, true)
    undo.stopCapturing()
    text.append('a')
    undo.stopCapturing()
    text.append('b')
    assert.equal(undo.undoCount, 4)
    undo.clear()
    assert.equal(undo.canUndo, false)
    undo.untrackOrigin(editor)
    document.transact(() => text.append('c'), editor)
    assert.equal(undo.canUndo, false)
    undo.trackOrigin('keyboard')
    document.transact(() => text.append('d'), 'keyboard')
    assert.equal(undo.canUndo, true)
    assert.deepEqual(log.slice(0, 5).map(([name]) => name), ['added', 'updated', 'added', 'popped', 'added'])
    undo.destroy()
    assert.throws(() => undo.undo(), TypeError)
    text.append('still works')
  })
})

test('Relative positions are those of Yjs', () => {
  const document = create(1)
  const text = document.text('t')
  text.insert(0, 'abc')
  const position = text.positionAt(1)
  assert.equal(hex(crdt.encodeRelativePosition(position)), '00010100')
  assert.equal(hex(crdt.encodeRelativePosition(text.positionAt(3))), '01017400')
  assert.equal(hex(crdt.encodeRelativePosition(text.positionAt(1, -1))), '00010041')
  const yjs = new Y.Doc()
  Y.applyUpdate(yjs, document.encodeUpdate())
  const theirs = Y.createRelativePositionFromTypeIndex(yjs.getText('t'), 1)
  assert.deepEqual([...crdt.encodeRelativePosition(position)], [...Y.encodeRelativePosition(theirs)])
  assert.deepEqual(document.resolve(JSON.parse(JSON.stringify(theirs))), { type: text, index: 1, assoc: 0 })
  text.insert(0, '>> ')
  assert.equal(text.indexOf(position), 4)
  assert.equal(document.text('other').indexOf(position), null)
  const decoded = crdt.decodeRelativePosition(new Uint8Array([0, 1, 1, 0]))
  assert.deepEqual(decoded, { item: { client: 1, clock: 1 }, assoc: 0 })
  assert.equal(document.resolve({ item: { client: 9, clock: 9 }, assoc: 0 }), null)
  assert.throws(() => crdt.encodeRelativePosition({}), TypeError)
  assert.throws(() => crdt.decodeRelativePosition(new Uint8Array([9])), UpdateError)
  assert.throws(() => text.positionAt(99), RangeError)
})

test('A document that keeps all is opened as it was, and restored', () => {
  const document = create(1, { collectsGarbage: false })
  const text = document.text('t')
  text.insert(0, 'first')
  const moment = document.snapshot()
  text.delete(0, 5)
  text.insert(0, 'second')
  const past = document.openSnapshot(moment)
  assert.equal(past.text('t').toString(), 'first')
  past.destroy()
  document.restore(moment, 'time travel')
  assert.equal(text.toString(), 'first')
  assert.throws(() => create(2).openSnapshot(moment), CRDTError)
  assert.throws(() => create(3, { collectsGarbage: false }).openSnapshot(moment), CRDTError)
  assert.throws(() => document.openSnapshot(new Uint8Array([7])), UpdateError)
})

test('Awareness tells who is present', () => {
  let now = 0
  const options = { now: () => now, checks: false }
  const [ada, bob] = [create(1), create(2)].map(document => new Awareness(document, options))
  const log = []
  ada.on('update', ({ update, origin }) => { if (['local', 'timeout'].includes(origin)) bob.apply(update, 'network') })
  bob.on('change', ({ added, updated, removed, origin }) => log.push({ added, updated, removed, origin }))
  ada.setLocalState({ name: 'Ada' })
  ada.setLocalStateField('cursor', { line: 1 })
  assert.deepEqual(bob.states, new Map([[1, { name: 'Ada', cursor: { line: 1 } }]]))
  // The same again is an update without a change.
  now += 15_000
  ada.check()
  assert.deepEqual(log, [
    { added: [1], updated: [], removed: [], origin: 'network' },
    { added: [], updated: [1], removed: [], origin: 'network' }
  ])
  now += 31_000
  bob.check()
  assert.deepEqual(bob.states, new Map())
  bob.apply(ada.encode())
  ada.setLocalState(null)
  ada.setLocalState({ name: 'Ada' })
  bob.apply(ada.encode([1]))
  assert.equal(bob.states.size, 1)
  bob.remove([1], 'disconnected')
  assert.equal(bob.states.size, 0)
  assert.throws(() => bob.apply(new Uint8Array([1, 2])), UpdateError)
  ada.destroy()
  assert.equal(ada.isDestroyed, true)
  bob.document.destroy()
  assert.equal(bob.isDestroyed, true)
})

test('Awareness and y-protocols understand each other', () => {
  const protocol = require('y-protocols/awareness')
  const ours = new Awareness(create(7), { checks: false })
  const theirs = new protocol.Awareness(new Y.Doc())
  try {
    ours.setLocalState({ name: 'Ada', emoji: '🎉' })
    protocol.applyAwarenessUpdate(theirs, ours.encode(), null)
    assert.deepEqual(theirs.getStates().get(7), { name: 'Ada', emoji: '🎉' })
    theirs.setLocalState({ name: 'Bob' })
    ours.apply(protocol.encodeAwarenessUpdate(theirs, [theirs.clientID]))
    assert.deepEqual(ours.states.get(theirs.clientID), { name: 'Bob' })
  } finally {
    // Its timer would keep the process alive.
    theirs.destroy()
  }
})

test('Indices that are none are refused, and change nothing', () => {
  const document = create(1)
  const text = document.text('t')
  text.insert(0, 'abc')
  const before = hex(document.encodeUpdate())
  const array = document.array('a')
  const xml = document.xmlFragment('x')
  for (const index of [-1, 4, 1.5, NaN, 2 ** 32, '1', undefined, null]) {
    assert.throws(() => text.insert(index, 'x'), RangeError)
    assert.throws(() => text.insert(index, 'x', { bold: true }), RangeError)
    assert.throws(() => text.insertEmbed(index, 1), RangeError)
    assert.throws(() => text.insertMap(index), RangeError)
    assert.throws(() => text.delete(index, 1), RangeError)
    assert.throws(() => text.format(index, 1, { bold: true }), RangeError)
    if (index !== undefined) assert.throws(() => text.slice(index, 3), RangeError)
    assert.throws(() => array.insert(index, [1]), RangeError)
    if (index !== undefined) assert.throws(() => array.insertMap(index), RangeError)
    assert.throws(() => array.delete(index), RangeError)
    assert.throws(() => xml.insertElement(index, 'p'), RangeError)
  }
  assert.throws(() => text.delete(1, 3), RangeError)
  assert.throws(() => text.delete(1, -1), RangeError)
  assert.throws(() => text.insert(0, 5), TypeError)
  assert.equal(hex(document.encodeUpdate()), before)
})

test('Wrong arguments are told, and harm nothing', () => {
  const document = create(1)
  const [text, map] = [document.text('t'), document.map('m')]
  for (const use of [
    () => document.text(undefined), () => map.get(undefined), () => map.set('k', Symbol('s')), () => text.observe(null),
    () => document.on('update', {}), () => document.apply([0, 0]), () => crdt.mergeUpdates([undefined]),
    () => document.array('a').insert(0, 'no array'), () => document.xmlFragment('x').insertElement(0),
    () => text.format(0, 0, 'bold'),
    () => new UndoManager([]), () => new UndoManager([text, create(2).text('t')]),
    () => new UndoManager(text, { captureTimeout: '5' }),
    () => new Awareness(document, { checks: false }).setLocalState(undefined), () => document.resolve(undefined).index
  ]) assert.throws(use, error => error instanceof TypeError || error instanceof RangeError, String(use))
  assert.equal(crdt.hasFailed, false)
  text.insert(0, 'works')
  assert.equal(text.toString(), 'works')
})

test('A destroyed document says so', () => {
  const document = create(1)
  const text = document.text('t')
  let ended = 0
  document.on('destroy', () => ended++)
  assert.throws(() => document.transact(() => document.destroy()), TypeError)
  document.destroy()
  document.destroy()
  assert.equal(ended, 1)
  assert.equal(document.isDestroyed, true)
  for (const use of [
    () => text.insert(0, 'a'), () => text.delete(0, 0), () => text.toString(), () => document.encodeUpdate(),
    () => document.transact(() => {}), () => document.text('u'), () => document.on('update', () => {}),
    () => text.observe(() => {})
  ]) assert.throws(use, /destroyed/)
})

test('The core is loaded over HTTP, whatever the server calls it, and from bytes or a module', async () => {
  const bytes = readFileSync(new URL('crdt.wasm', folder))
  const server = createServer((request, response) => {
    if (request.url === '/missing.wasm') return response.writeHead(404).end()
    const type = request.url === '/typed.wasm' ? 'application/wasm' : 'application/octet-stream'
    response.writeHead(200, { 'content-type': type, connection: 'close' }).end(bytes)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const base = `http://127.0.0.1:${server.address().port}/`
    const sources = [
      base + 'typed.wasm', new URL('untyped.wasm', base), fetch(base + 'typed.wasm'), bytes,
      new WebAssembly.Module(bytes)
    ]
    for (const source of sources) (await load(source)).createDocument().text('t').insert(0, 'works')
    await assert.rejects(load(base + 'missing.wasm'), /404/)
  } finally {
    server.close()
  }
})

test('A trap makes the instance unusable, and no other', async () => {
  const broken = await load()
  const document = broken.createDocument()
  document.text('t').insert(0, 'a')
  // Nothing that is known traps, so a call gets an address that is none.
  assert.throws(() => broken.instance.call('document_client', 0xFFFF_FFF0), TrapError)
  assert.equal(broken.hasFailed, true)
  for (const use of [
    () => document.text('t').insert(0, 'b'), () => document.encodeUpdate(), () => broken.createDocument(),
    () => document.transact(() => {}), () => broken.usedBytes
  ]) assert.throws(use, TrapError)
  document.destroy()
  create(1).text('t').insert(0, 'works')
})
