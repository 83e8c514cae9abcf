// Writes yjs-updates.txt: updates of every kind of content as Yjs writes them, in V1 and in V2.
// Run with: NODE_PATH=/usr/share/nodejs node make-yjs-updates.js
'use strict'

const fs = require('fs')
const path = require('path')
const Y = require('yjs')
const encoding = require('lib0/encoding')

const programs = {
  empty: () => {},
  string: doc => doc.getText('t').insert(0, 'aé日😀'),
  deleted: doc => {
    doc.getText('t').insert(0, 'abcdef')
    doc.getText('t').delete(2, 3)
  },
  collected: doc => {
    doc.getMap('m').set('n', new Y.Map())
    doc.getMap('m').get('n').set('a', 1)
    doc.getMap('m').delete('n')
  },
  binary: doc => doc.getArray('a').insert(0, [Uint8Array.of(0, 1, 255), new Uint8Array(0)]),
  embed: doc => doc.getText('t').insertEmbed(0, { image: 'x.png', size: [0.1, 1e21, -1e-7, 2 ** 53], 2: null, 1: true }),
  format: doc => {
    doc.getText('t').insert(0, 'plain bold', {})
    doc.getText('t').format(6, 4, { bold: true, link: { href: 'x' }, size: 1.5 })
    doc.getText('t').format(8, 2, { bold: null })
  },
  array: doc => doc.getArray('a').insert(0, [new Y.Array()]),
  map: doc => doc.getArray('a').insert(0, [new Y.Map()]),
  text: doc => doc.getArray('a').insert(0, [new Y.Text('inside')]),
  xmlElement: doc => {
    const element = new Y.XmlElement('p')
    doc.get('x', Y.XmlFragment).insert(0, [element])
    element.setAttribute('class', 'note')
    element.insert(0, [new Y.XmlText('words')])
  },
  xmlFragment: doc => doc.getMap('m').set('f', new Y.XmlFragment()),
  xmlHook: doc => doc.get('x', Y.XmlFragment).insert(0, [new Y.XmlHook('hook')]),
  xmlText: doc => doc.get('x', Y.XmlFragment).insert(0, [new Y.XmlText('words')]),
  any: doc => doc.getArray('a').insert(0, [
    null, true, false, 0, -0, 1, -64, 2147483647, 2147483648, 0.5, 0.1, 2 ** 53, NaN, Infinity, '', 'é😀',
    [], [1, [2]], {}, { b: 1, a: [{ c: undefined }], 10: 0 }, [Uint8Array.of(7)], [12345678901234567890n % 2n ** 62n]
  ]),
  subdocument: doc => doc.getMap('m').set('d', new Y.Doc({ guid: 'the-guid', autoLoad: true, gc: false, meta: { a: 1 } })),
  plainSubdocument: doc => doc.getMap('m').set('d', new Y.Doc({ guid: 'other' })),
  overwritten: doc => {
    for (let value = 0; value < 3; value++) doc.getMap('m').set('k', value)
  },
  wideClient: doc => {
    doc.clientID = 2 ** 53 - 1
    doc.getText('t').insert(0, 'wide')
  },
  prepended: doc => {
    for (const letter of 'abcdefgh') doc.getText('t').insert(0, letter)
    doc.getText('t').delete(1, 6)
  },
  concurrent: doc => {
    const other = new Y.Doc()
    other.clientID = 2
    doc.getText('t').insert(0, 'shared')
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
    doc.getText('t').insert(3, '11')
    other.getText('t').insert(3, '22')
    other.getMap('m').set('k', 'v')
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other))
  },
  splitPair: doc => {
    doc.getText('t').insert(0, 'a😀b')
    doc.getText('t').insert(2, '|')
  }
}

const lines = []
const add = (name, v1, v2) => lines.push([name, Buffer.from(v1).toString('hex'), Buffer.from(v2).toString('hex')].join(' '))

for (const [name, program] of Object.entries(programs)) {
  const doc = new Y.Doc()
  doc.clientID = 1
  program(doc)
  add(name, Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc))
}

// Content from before version 13, which can no longer be made by editing.
{
  const encoder = new Y.UpdateEncoderV1()
  encoding.writeVarUint(encoder.restEncoder, 1)
  encoding.writeVarUint(encoder.restEncoder, 1)
  encoder.writeClient(1)
  encoding.writeVarUint(encoder.restEncoder, 0)
  encoder.writeInfo(2)
  encoder.writeParentInfo(true)
  encoder.writeString('a')
  new Y.ContentJSON([1, 0.5, 'é', null, undefined, { b: [1], a: 2 }]).write(encoder, 0)
  encoding.writeVarUint(encoder.restEncoder, 0)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, encoder.toUint8Array())
  add('json', Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc))
}

// A gap between what was written first and last.
{
  const doc = new Y.Doc()
  doc.clientID = 1
  const updates = []
  doc.on('update', update => updates.push(update))
  for (const letter of 'abc') doc.getText('t').insert(0, letter)
  const merged = Y.mergeUpdates([updates[0], updates[2]])
  add('skip', merged, Y.convertUpdateFormatV1ToV2(merged))
}

fs.writeFileSync(path.join(__dirname, 'yjs-updates.txt'), lines.join('\n') + '\n')
