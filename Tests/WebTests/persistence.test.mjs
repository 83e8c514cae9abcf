// Documents that are kept in IndexedDB, of which node has only an imitation.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeIndexedDB } from './fake-indexeddb.mjs'
import { load, webModule } from './support.mjs'

const { IndexedDBPersistence } = await webModule('indexeddb-persistence.js')
const crdt = await load()

const records = (indexedDB, name) => [...indexedDB.databases.get(name).records.values()]

test('What was written is there when the document is opened again', async () => {
  const indexedDB = new FakeIndexedDB()
  const first = crdt.createDocument()
  const persistence = new IndexedDBPersistence('notes', first, { indexedDB })
  first.text('t').insert(0, 'before it was loaded, ')
  await persistence.whenLoaded
  first.text('t').append('after')
  first.map('m').set('k', 1)
  await persistence.destroy()
  const second = crdt.createDocument()
  const again = new IndexedDBPersistence('notes', second, { indexedDB })
  const origins = []
  second.on('update', ({ origin, isLocal }) => origins.push([origin, isLocal]))
  let loaded = 0
  again.on('loaded', () => loaded++)
  assert.equal(again.isLoaded, false)
  await again.whenLoaded
  assert.equal(again.isLoaded, true)
  assert.equal(loaded, 1)
  assert.equal(second.text('t').toString(), 'before it was loaded, after')
  assert.deepEqual(second.map('m').toJSON(), { k: 1 })
  // What was read is one change, is no change made here, and is not stored again.
  assert.deepEqual(origins, [[again, false]])
  await again.flushed()
  const count = records(indexedDB, 'notes').length
  second.text('t').append('!')
  await again.flushed()
  assert.equal(records(indexedDB, 'notes').length, count + 1)
  await again.destroy()
})

test('What a document had before is stored, too', async () => {
  const indexedDB = new FakeIndexedDB()
  const document = crdt.createDocument()
  document.text('t').insert(0, 'older')
  const persistence = new IndexedDBPersistence('older', document, { indexedDB })
  await persistence.whenLoaded
  await persistence.flushed()
  const copy = crdt.createDocument()
  for (const update of records(indexedDB, 'older')) copy.apply(update)
  assert.equal(copy.text('t').toString(), 'older')
  await persistence.clear()
  assert.equal(indexedDB.databases.has('older'), false)
})

test('Many updates become one, without those of another tab being lost', async () => {
  const indexedDB = new FakeIndexedDB()
  const [ours, theirs] = [crdt.createDocument(), crdt.createDocument()]
  const options = { indexedDB, updatesMax: 5 }
  const [first, second] = [ours, theirs].map(document => new IndexedDBPersistence('tabs', document, options))
  await Promise.all([first.whenLoaded, second.whenLoaded])
  for (let index = 0; index < 12; index++) {
    ours.text('t').append('a')
    theirs.text('t').append('b')
    await Promise.all([first.flushed(), second.flushed()])
  }
  assert.ok(records(indexedDB, 'tabs').length < 12)
  const all = crdt.createDocument()
  const reading = new IndexedDBPersistence('tabs', all, options)
  await reading.whenLoaded
  assert.equal([...all.text('t').toString()].sort().join(''), 'a'.repeat(12) + 'b'.repeat(12))
  await Promise.all([first.destroy(), second.destroy(), reading.destroy()])
})

test('What could not be stored is told, and stored with what comes after it', async () => {
  const indexedDB = new FakeIndexedDB()
  const document = crdt.createDocument()
  const persistence = new IndexedDBPersistence('full', document, { indexedDB })
  const errors = []
  persistence.on('error', error => errors.push(error.message))
  await persistence.whenLoaded
  const database = indexedDB.databases.get('full')
  database.failure = new Error('no room')
  document.text('t').insert(0, 'a')
  await assert.rejects(persistence.flushed(), /not all is stored/)
  assert.deepEqual(errors, ['no room'])
  database.failure = null
  document.text('t').append('b')
  await persistence.flushed()
  const copy = crdt.createDocument()
  for (const update of records(indexedDB, 'full')) copy.apply(update)
  assert.equal(copy.text('t').toString(), 'ab')
  await persistence.destroy()
})

test('A document that is destroyed is stored to the end', async () => {
  const indexedDB = new FakeIndexedDB()
  const document = crdt.createDocument()
  const persistence = new IndexedDBPersistence('end', document, { indexedDB })
  await persistence.whenLoaded
  document.text('t').insert(0, 'last words')
  document.destroy()
  await persistence.destroy()
  const copy = crdt.createDocument()
  for (const update of records(indexedDB, 'end')) copy.apply(update)
  assert.equal(copy.text('t').toString(), 'last words')
})
