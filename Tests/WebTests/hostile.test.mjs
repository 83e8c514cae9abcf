// Bytes that nobody should send: each is refused with a reason and an offset, and changes nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, Awareness, CRDTError, hex, SeededRandom, UpdateError } from './support.mjs'
import { Y } from './yjs.mjs'

const crdt = await load()

/** Updates with something of everything, in both formats. */
function samples() {
  const doc = new Y.Doc()
  doc.clientID = 77
  const updates = []
  doc.on('update', update => updates.push(update))
  doc.getText('t').insert(0, 'Hello 🎉 world')
  doc.getText('t').format(0, 5, { bold: true })
  doc.getText('t').insertEmbed(3, { image: 'x' })
  doc.getText('t').delete(2, 4)
  doc.getArray('a').insert(0, [1, 'x', { y: [1.5, null] }, new Uint8Array([1, 2])])
  doc.getMap('m').set('k', new Y.Map())
  doc.getMap('m').get('k').set('deep', [true])
  doc.getMap('m').set('sub', new Y.Doc({ guid: 'inner' }))
  doc.getXmlFragment('x').insert(0, [new Y.XmlElement('p'), new Y.XmlText('text'), new Y.XmlHook('h')])
  const whole = Y.encodeStateAsUpdate(doc)
  return { v1: [...updates, whole], v2: [...updates, whole].map(update => Y.convertUpdateFormatV1ToV2(update)) }
}

const { v1, v2 } = samples()

/** Whether bytes are taken or refused; throws when it is neither, or when a refusal left something behind. */
function offer(document, bytes, format) {
  const before = hex(document.encodeUpdate())
  let told = 0
  const end = document.on('update', () => told++)
  try {
    document.apply(bytes, { format })
    return true
  } catch (error) {
    assert.ok(error instanceof UpdateError, String(error.stack))
    const { byteOffset } = error
    assert.ok(byteOffset >= 0 && byteOffset <= bytes.length, `offset ${byteOffset} of ${bytes.length}`)
    assert.ok(error.reason.length > 0)
    assert.equal(hex(document.encodeUpdate()), before)
    assert.equal(told, 0)
    return false
  } finally {
    end()
  }
}

test('Updates that are cut off are refused', () => {
  const document = crdt.createDocument()
  for (const [format, updates] of [[1, v1], [2, v2]]) {
    for (const update of updates) {
      for (let length = 0; length < update.length; length++) {
        const isTaken = offer(document, update.subarray(0, length), format)
        assert.equal(isTaken, false, `${format}: ${length} of ${hex(update)}`)
      }
    }
  }
  document.destroy()
})

test('Updates with changed bytes are taken or refused, and the document goes on', () => {
  const random = new SeededRandom(Number(process.env.CRDT_SEED ?? 1))
  const rounds = Number(process.env.CRDT_SEEDS ?? 4000)
  let document = crdt.createDocument({ clientID: 5 })
  let [taken, refused] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    if (round % 100 === 0) {
      document.destroy()
      document = crdt.createDocument({ clientID: 5 })
    }
    const format = 1 + random.below(2)
    const bytes = random.of(format === 1 ? v1 : v2).slice()
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      bytes[random.below(bytes.length)] = random.chance(50) ? random.below(256) : random.of([0, 1, 127, 128, 255])
    }
    if (offer(document, bytes, format)) taken++
    else refused++
    // What was taken can be read in every way.
    if (round % 20 === 0) {
      document.toJSON()
      const copy = crdt.createDocument()
      copy.apply(document.encodeUpdate({ format: 2 }), { format: 2 })
      copy.destroy()
    }
  }
  assert.ok(taken > 0 && refused > 0)
  document.text('own').insert(0, 'still works')
  assert.equal(document.text('own').toString(), 'still works')
  assert.equal(crdt.hasFailed, false)
  document.destroy()
})

test('Random bytes are refused or taken, never fatal', () => {
  const random = new SeededRandom(2)
  const document = crdt.createDocument()
  const awareness = new Awareness(document, { checks: false })
  const refusing = read => {
    try { read() } catch (error) { assert.ok(error instanceof UpdateError, String(error.stack)) }
  }
  for (let round = 0; round < 2000; round++) {
    const length = random.below(40)
    const bytes = Uint8Array.from({ length }, () => random.below(random.chance(30) ? 4 : 256))
    offer(document, bytes, 1)
    offer(document, bytes, 2)
    refusing(() => crdt.mergeUpdates([v1[0], bytes]))
    refusing(() => crdt.diffUpdate(bytes, new Uint8Array([0])))
    refusing(() => crdt.diffUpdate(v1[0], bytes))
    refusing(() => crdt.stateVectorOfUpdate(bytes))
    refusing(() => crdt.convertUpdate(bytes, 2, 1))
    refusing(() => crdt.decodeStateVector(bytes))
    refusing(() => crdt.decodeRelativePosition(bytes))
    refusing(() => { if (bytes.length > 0) document.encodeUpdate({ since: bytes }) })
    refusing(() => awareness.apply(bytes))
  }
  assert.equal(crdt.hasFailed, false)
  document.destroy()
})

test('Snapshots and positions that make no sense are refused or lead nowhere', () => {
  const random = new SeededRandom(3)
  const document = crdt.createDocument({ clientID: 5, collectsGarbage: false })
  for (const update of v1) document.apply(update)
  document.text('t').delete(0, 3)
  const snapshot = document.snapshot()
  const numbers = [-1, 0, 1, 5, 77, 1.5, NaN, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, '1', null]
  const id = () => random.chance(20) ? random.of(numbers) : { client: random.of(numbers), clock: random.of(numbers) }
  for (let round = 0; round < 3000; round++) {
    const bytes = snapshot.slice()
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      bytes[random.below(bytes.length)] = random.below(256)
    }
    for (const use of [past => document.openSnapshot(past).destroy(), past => document.restore(past)]) {
      try { use(bytes) } catch (error) { assert.ok(error instanceof CRDTError, String(error.stack)) }
    }
    const tname = random.of(['t', 'x', 5, null, undefined])
    document.resolve({ item: id(), type: id(), tname, assoc: random.of(numbers) })
  }
  assert.equal(crdt.hasFailed, false)
  document.toJSON()
  document.destroy()
})

test('An update that claims to be enormous is refused without taking memory for it', () => {
  const document = crdt.createDocument()
  const before = crdt.memoryBytes
  // 2^53 − 1 clients; a string of as many bytes; 2^31 − 1 units that were collected.
  for (const bytes of [
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    [1, 1, 1, 0, 4, 1, 1, 0x74, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    [1, 1, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0]
  ]) assert.equal(offer(document, new Uint8Array(bytes), 1), false)
  assert.ok(crdt.memoryBytes - before < 1 << 20)
  document.destroy()
})
