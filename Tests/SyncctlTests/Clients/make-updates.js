// Prints updates by Yjs as one line of JSON: their bytes in hexadecimal, and what Yjs reads in them.
'use strict'

const Y = require('yjs')
const encoding = require('lib0/encoding')

const hex = bytes => Buffer.from(bytes).toString('hex')
const id = id => (id ? { client: id.client, clock: id.clock } : null)

const kinds = {
  ContentDeleted: 'deleted', ContentString: 'text', ContentAny: 'values', ContentJSON: 'legacy-values',
  ContentBinary: 'bytes', ContentEmbed: 'embed', ContentFormat: 'format', ContentType: 'type', ContentDoc: 'document'
}

const kind = struct => {
  if (struct instanceof Y.GC) return 'gc'
  return struct instanceof Y.Item ? kinds[struct.content.constructor.name] : 'skip'
}

/** Structs as Yjs' decoder sees them. */
const structs = update => Y.decodeUpdate(update).structs.map(struct => {
  const isItem = struct instanceof Y.Item
  const namesParent = isItem && !struct.origin && !struct.rightOrigin
  return {
    client: struct.id.client, clock: struct.id.clock, units: struct.length, content: kind(struct),
    origin: isItem ? id(struct.origin) : null, rightOrigin: isItem ? id(struct.rightOrigin) : null,
    root: namesParent && typeof struct.parent === 'string' ? struct.parent : null,
    item: namesParent && typeof struct.parent !== 'string' ? id(struct.parent) : null,
    key: namesParent ? struct.parentSub : null
  }
})

const deletions = update => [...Y.decodeUpdate(update).ds.clients].flatMap(([client, ranges]) =>
  ranges.map(({ clock, len }) => ({ client, clock, units: len })))

const describe = (name, v1) => ({
  name, v1: hex(v1), v2: hex(Y.convertUpdateFormatV1ToV2(v1)), structs: structs(v1), deletions: deletions(v1)
})

const documentOf = client => {
  const doc = new Y.Doc()
  doc.clientID = client
  return doc
}

/** All kinds of content that can be written, by two clients. */
const rich = () => {
  const doc = documentOf(7)
  const text = doc.getText('text')
  text.insert(0, 'Secret letter 日😀')
  text.format(0, 6, { bold: true, link: { href: 'https://secret.example' } })
  text.insertEmbed(6, { image: 'secret.png' })
  const map = doc.getMap('map')
  map.set('secretKey', 'secret value')
  map.set('secretKey', 'newer secret')
  map.set('nested', new Y.Map([['inner', new Y.Array()]]))
  map.get('nested').get('inner').push([1, null, { secret: [true] }])
  map.set('gone', new Y.Map([['secret', 1]]))
  map.delete('gone')
  map.set('document', new Y.Doc({ guid: 'secret-guid', meta: { secret: 1 } }))
  doc.getArray('list').insert(0, ['secret entry', Uint8Array.of(1, 2, 3), 0.5, new Y.Text('secret inside')])
  const fragment = doc.get('xml', Y.XmlFragment)
  fragment.insert(0, [new Y.XmlElement('secretNode'), new Y.XmlHook('secretHook'), new Y.XmlText('secret words')])
  fragment.get(0).setAttribute('class', 'secretClass')
  fragment.get(0).insert(0, [new Y.XmlFragment()])
  text.delete(8, 3)
  const other = documentOf(2 ** 40)
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
  other.getText('text').insert(3, 'theirs')
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other))
  return doc
}

const doc = rich()

/** Content from before version 13, which can no longer be made by editing. */
const legacy = () => {
  const encoder = new Y.UpdateEncoderV1()
  encoding.writeVarUint(encoder.restEncoder, 1)
  encoding.writeVarUint(encoder.restEncoder, 1)
  encoder.writeClient(3)
  encoding.writeVarUint(encoder.restEncoder, 0)
  encoder.writeInfo(2)
  encoder.writeParentInfo(true)
  encoder.writeString('legacy')
  new Y.ContentJSON(['old secret', 0.5, undefined]).write(encoder, 0)
  encoding.writeVarUint(encoder.restEncoder, 0)
  return encoder.toUint8Array()
}

/** Three updates of one client; without the second, there is a gap. */
const parts = () => {
  const doc = documentOf(9)
  const updates = []
  doc.on('update', update => updates.push(update))
  for (const letter of 'abc') doc.getText('text').insert(0, letter)
  return updates
}

const [first, second, third] = parts()
const whole = Y.encodeStateAsUpdate(doc)
const relative = Y.createRelativePositionFromTypeIndex(doc.getText('text'), 3)

process.stdout.write(JSON.stringify({
  updates: [
    describe('rich', whole), describe('legacy', legacy()), describe('skip', Y.mergeUpdates([first, third])),
    describe('empty', Y.encodeStateAsUpdate(new Y.Doc()))
  ],
  parts: [first, second, third].map(hex),
  partsV2: [first, second, third].map(update => hex(Y.convertUpdateFormatV1ToV2(update))),
  merged: hex(Y.mergeUpdates([first, second, third])),
  mergedV2: hex(Y.mergeUpdatesV2([first, second, third].map(Y.convertUpdateFormatV1ToV2))),
  text: doc.getText('text').toString(),
  stateVector: hex(Y.encodeStateVector(doc)),
  clocks: [...Y.decodeStateVector(Y.encodeStateVector(doc))],
  snapshot: hex(Y.encodeSnapshot(Y.snapshot(doc))),
  snapshotV2: hex(Y.encodeSnapshotV2(Y.snapshot(doc))),
  relativePosition: hex(Y.encodeRelativePosition(relative)),
  item: id(relative.item)
}) + '\n')
