// Memory is given back: by destroy(), and when nothing refers to a document any more.

import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'node:test'
import { load, Awareness, UndoManager, until } from './support.mjs'

// The flag of node that gives access to the collector, for this file alone.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

/** A document that has had something of everything. */
function use(crdt, size) {
  const document = crdt.createDocument()
  const text = document.text('t')
  const undo = new UndoManager(text)
  const awareness = new Awareness(document, { checks: false })
  awareness.setLocalState({ name: 'Ada' })
  const updates = []
  document.on('update', ({ update }) => updates.push(update))
  text.observe(() => {})
  document.map('m').observeDeep(() => {})
  for (let index = 0; index < size; index++) text.insert(index, 'x')
  document.map('m').setArray('list').push([1, 'two', { three: 3 }])
  text.format(0, size, { bold: true })
  document.xmlFragment('x').appendElement('p').setAttribute('a', 'b')
  undo.undo()
  text.toDelta()
  const copy = crdt.createDocument()
  copy.apply(crdt.mergeUpdates(updates))
  copy.destroy()
  return document
}

test('10,000 documents are created and destroyed in the memory of one', async () => {
  const crdt = await load()
  const round = size => use(crdt, size).destroy()
  for (let index = 0; index < 50; index++) round(1 + index % 20)
  const [memory, used] = [crdt.memoryBytes, crdt.usedBytes]
  for (let index = 0; index < 10_000; index++) round(1 + index % 20)
  assert.equal(crdt.memoryBytes, memory)
  assert.ok(crdt.usedBytes - used < 1024, `${crdt.usedBytes - used} bytes are left`)
})

test('What a large document took serves for others', async () => {
  const crdt = await load()
  const large = () => {
    const document = crdt.createDocument()
    document.text('t').insert(0, 'x'.repeat(1_000_000))
    for (let index = 0; index < 2000; index++) document.text('t').insert(index * 7, 'y')
    document.encodeUpdate()
    document.destroy()
  }
  // What is between the pieces of the first ones is found by the next.
  for (let count = 0; count < 3; count++) large()
  const memory = crdt.memoryBytes
  for (let count = 0; count < 10; count++) large()
  assert.equal(crdt.memoryBytes, memory)
})

test('Documents that are forgotten are given back', async () => {
  const crdt = await load()
  use(crdt, 10).destroy()
  const used = crdt.usedBytes
  for (let index = 0; index < 200; index++) use(crdt, 50)
  assert.ok(crdt.usedBytes > used + 200 * 500)
  await until(() => {
    collectGarbage()
    return crdt.usedBytes - used < 20_000
  }, 'all forgotten documents are freed')
})

test('Refused bytes leave nothing behind', async () => {
  const crdt = await load()
  const document = crdt.createDocument()
  const refused = Uint8Array.from({ length: 100_000 }, (_, index) => index % 2)
  const refuse = () => assert.throws(() => document.apply(refused))
  for (let count = 0; count < 50; count++) refuse()
  const [memory, used] = [crdt.memoryBytes, crdt.usedBytes]
  for (let count = 0; count < 1000; count++) refuse()
  assert.equal(crdt.memoryBytes, memory)
  assert.ok(crdt.usedBytes - used < 1024)
})
