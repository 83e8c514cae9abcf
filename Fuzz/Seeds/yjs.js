// Writes what Yjs sends, as inputs of the fuzzer, to a folder: node yjs.js FOLDER
'use strict'

const fs = require('fs')
const path = require('path')
const Y = require('yjs')
const awareness = require('y-protocols/awareness')
const sync = require('y-protocols/sync')
const encoding = require('lib0/encoding')

const folder = process.argv[2]
// Places in the table of Harness/FuzzTarget.swift.
const decoders = {
  update: 0, updates: 1, stateVector: 2, awareness: 3, messages: 4, value: 5, json: 6, updateV2: 7, tools: 8, snapshot: 9,
  relativePosition: 10
}

/** SplitMix in 32 bits: the same inputs each time. */
let state = 1
const random = bound => {
  state = (state + 0x9e3779b9) | 0
  let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
  return ((bits ^ (bits >>> 15)) >>> 0) % bound
}
const pick = list => list[random(list.length)]

let count = 0
const save = (decoder, bytes) => {
  const input = Buffer.concat([Buffer.from([decoders[decoder]]), Buffer.from(bytes)])
  fs.writeFileSync(path.join(folder, `yjs-${decoder}-${count++}`), input)
}
const write = body => {
  const encoder = encoding.createEncoder()
  body(encoder)
  return encoding.toUint8Array(encoder)
}

// MARK: edits

const values = [null, true, false, 0, -1, 64, 2 ** 31, 0.5, 1e300, 'x', 'é😀', new Uint8Array([1, 2, 3]), [1, [2, []]],
  { a: 1, b: { c: [null] } }, 'a string that does not fit into a cell']
const texts = ['a', 'bc', 'é', '日本', '😀', 'the quick brown fox', '\n']
const nested = [() => new Y.Text('n'), () => Y.Array.from([1]), () => new Y.Map([['k', 1]]), () => new Y.XmlText('x'),
  () => new Y.XmlElement('p'), () => new Y.XmlFragment(), () => new Y.Doc({ guid: 'sub', meta: { a: 1 } })]

const edits = [
  doc => { const text = doc.getText('t'); text.insert(random(text.length + 1), pick(texts)) },
  doc => { const text = doc.getText('t'); text.insert(text.length, pick(texts)) },
  doc => { const text = doc.getText('t'); if (text.length) text.delete(random(text.length), 1) },
  doc => { const text = doc.getText('t'); if (text.length) text.format(0, random(text.length), { bold: pick([true, null]) }) },
  doc => { const text = doc.getText('t'); text.insertEmbed(random(text.length + 1), { image: 'i' }) },
  doc => { const array = doc.getArray('a'); array.insert(random(array.length + 1), [pick(values), pick(values)]) },
  doc => { const array = doc.getArray('a'); array.insert(random(array.length + 1), [pick(nested)()]) },
  doc => { const array = doc.getArray('a'); if (array.length) array.delete(random(array.length), 1) },
  doc => doc.getMap('m').set(pick(['k', 'l', '']), pick(values)),
  doc => doc.getMap('m').set(pick(['k', 'l']), pick(nested)()),
  doc => doc.getMap('m').delete(pick(['k', 'l', ''])),
  doc => { const type = doc.getMap('m').get('k'); if (type instanceof Y.Map) type.set('k', new Y.Map()) },
  doc => { const node = doc.getXmlFragment('x'); node.insert(0, [pick([() => new Y.XmlElement('a'), () => new Y.XmlText('b')])()]) },
  doc => { const node = doc.getXmlFragment('x').get(0); if (node instanceof Y.XmlElement) node.setAttribute('h', 'v') }
]

/** What a few clients send who edit at once and hear of each other now and then. */
const session = (clients, rounds, gc) => {
  const updates = []
  const docs = clients.map(client => {
    const doc = new Y.Doc({ gc })
    doc.clientID = client
    doc.on('update', (update, origin) => { if (origin !== 'peer') updates.push(update) })
    return doc
  })
  for (let round = 0; round < rounds; round++) {
    const doc = pick(docs)
    doc.transact(() => { for (let edit = 0; edit <= random(3); edit++) pick(edits)(doc) })
    if (random(3) === 0) Y.applyUpdate(pick(docs), Y.encodeStateAsUpdate(doc), 'peer')
  }
  return { docs, updates }
}

const framed = updates => write(encoder => updates.forEach(update => encoding.writeVarUint8Array(encoder, update)))

for (let number = 0; number < 40; number++) {
  const clients = pick([[1], [1, 2], [5, 300, 70000], [3, 4294967295]])
  const { docs, updates } = session(clients, 2 + random(12), random(3) > 0)
  const whole = Y.encodeStateAsUpdate(docs[0])
  save('update', whole)
  save('update', pick(updates) ?? whole)
  save('updates', framed(updates))
  save('updates', framed([...updates].sort(() => random(2) - 0.5)))
  save('updates', framed([whole, Y.encodeStateAsUpdate(docs[docs.length - 1])]))
  save('stateVector', Y.encodeStateVector(docs[0]))
  save('updateV2', Y.encodeStateAsUpdateV2(docs[0]))
  save('updateV2', Y.convertUpdateFormatV1ToV2(pick(updates) ?? whole))
  save('tools', whole)
  save('tools', pick(updates) ?? whole)
  save('snapshot', Y.encodeSnapshot(Y.snapshot(docs[0])))
  save('snapshot', Y.encodeSnapshotV2(Y.snapshot(docs[0])))
  save('messages', write(encoder => {
    encoding.writeVarUint(encoder, 0)
    sync.writeSyncStep1(encoder, docs[0])
    encoding.writeVarUint(encoder, 0)
    sync.writeSyncStep2(encoder, docs[0], Y.encodeStateVector(docs[docs.length - 1]))
    encoding.writeVarUint(encoder, 0)
    sync.writeUpdate(encoder, pick(updates) ?? whole)
  }))
}

// MARK: positions

const positions = new Y.Doc()
positions.clientID = 5
positions.getText('t').insert(0, 'text')
positions.getMap('m').set('k', new Y.Array())
for (const type of [positions.getText('t'), positions.getMap('m').get('k')]) {
  for (const index of [0, type.length]) {
    for (const side of [0, -1]) {
      save('relativePosition', Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(type, index, side)))
    }
  }
}

// MARK: the rest

const doc = new Y.Doc()
doc.clientID = 1
const presence = new awareness.Awareness(doc)
for (const state of [{}, { cursor: 1, name: 'é😀' }, null]) {
  presence.setLocalState(state)
  const update = awareness.encodeAwarenessUpdate(presence, [1])
  save('awareness', update)
  save('messages', write(encoder => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint8Array(encoder, update)
    encoding.writeVarUint(encoder, 3)
    encoding.writeVarUint(encoder, 2)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarString(encoder, 'denied')
  }))
}
presence.destroy()
for (const value of [...values, undefined, NaN, -0, Infinity, 10n, -(2n ** 63n), { a: undefined, 1: 2 }]) {
  save('value', write(encoder => encoding.writeAny(encoder, value)))
}
for (const value of values) save('json', Buffer.from(JSON.stringify(value)))
for (const text of ['undefined', ' [1 , 2.5e-3 , -0] ', '"\\u00e9\\ud83d\\ude00\\ud800\\n\\/"', '{"a":1,"a":{"2":[]}}', '1e999', '[[[[']) {
  save('json', Buffer.from(text))
}
