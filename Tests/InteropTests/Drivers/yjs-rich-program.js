// A seeded program on several Yjs documents that makes every kind of content: formats, embeds, XML, subdocuments, bytes.
'use strict'

const Y = require('yjs')

/** Random numbers that a seed repeats (mulberry32). */
class Random {
  constructor (seed) { this.state = seed >>> 0 }

  next () {
    this.state = (this.state + 0x6D2B79F5) >>> 0
    let bits = this.state
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return (bits ^ (bits >>> 14)) >>> 0
  }

  below (bound) { return this.next() % bound }
  pick (values) { return values[this.below(values.length)] }
}

// A split pair of surrogates is replaced only where it was split, so the text that is edited has none.
const narrowTexts = ['a', 'bc', 'the quick brown fox', 'é', '日本', '\n', 'e\u0301']
const texts = ['a', 'bc', 'the quick brown fox', 'é', '日本', '😀', '👩‍👩‍👧', '\n', 'e\u0301']
const keys = ['k', 'key', 'é', '😀', 'x y', '10', '']
const numbers = [
  0, 1, -1, 63, 64, 2147483647, -2147483648, 9007199254740991, 0.1, -0.5, 1e21, 1e-7, 123456789.125, 1.7976931348623157e308,
  5e-324, 3.4028234663852886e38, 1 / 3
]

class RichProgram {
  constructor (seed) {
    this.random = new Random(seed)
    this.updatesV1 = []
    this.updatesV2 = []
    this.guid = 0
    const wide = this.random.below(4) === 0
    this.docs = [0, 1, 2].map(number => {
      const doc = new Y.Doc({ gc: number === 0 || this.random.below(3) > 0 })
      doc.clientID = wide ? 2 ** 53 - 1 - number * 5 : (this.random.next() >>> this.random.pick([0, 8, 24])) * 4 + number + 1
      doc.on('update', (update, origin) => { if (origin !== 'sync') this.updatesV1.push(update) })
      doc.on('updateV2', (update, origin) => { if (origin !== 'sync') this.updatesV2.push(update) })
      return doc
    })
  }

  get doc () { return this.docs[0] }

  run (steps) {
    for (let step = 0; step < steps; step++) {
      const doc = this.random.pick(this.docs)
      if (this.random.below(4) === 0) this.sync(this.random.pick(this.docs), doc)
      doc.transact(() => {
        for (let left = 1 + this.random.below(3); left > 0; left--) this.edit(doc)
      })
    }
    this.docs.slice(1).forEach(doc => this.sync(doc, this.doc))
  }

  sync (from, to) {
    if (from === to) return
    if (this.random.below(2) === 0) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'sync')
    else Y.applyUpdateV2(to, Y.encodeStateAsUpdateV2(from, Y.encodeStateVector(to)), 'sync')
  }

  number () {
    if (this.random.below(3) > 0) return this.random.pick(numbers)
    const bits = Buffer.alloc(8)
    bits.writeUInt32BE(this.random.next(), 0)
    bits.writeUInt32BE(this.random.next(), 4)
    const number = bits.readDoubleBE()
    return Number.isFinite(number) ? number : 0.25
  }

  /** A value that JSON can say. */
  plain (depth = 0) {
    switch (this.random.below(depth < 2 ? 8 : 6)) {
      case 0: return null
      case 1: return this.random.below(2) === 0
      case 2: case 3: return this.number()
      case 4: return this.random.pick(texts)
      case 5: return 'quote " and \\ and \u0001 and \u2028'
      case 6: return Array.from({ length: this.random.below(3) }, () => this.plain(depth + 1))
      default: return Object.fromEntries(
        Array.from({ length: this.random.below(4) }, () => [this.random.pick(keys), this.plain(depth + 1)]))
    }
  }

  value () { return this.random.below(5) === 0 ? Uint8Array.from([1, 2, this.random.below(256)]) : this.plain() }

  subdocument () {
    return new Y.Doc({
      guid: 'subdocument-' + this.guid++,
      autoLoad: this.random.below(3) === 0,
      gc: this.random.below(3) > 0,
      meta: this.random.below(2) === 0 ? null : this.plain(1)
    })
  }

  attributes () {
    const attributes = {}
    for (let left = this.random.below(3); left > 0; left--) {
      attributes[this.random.pick(['bold', 'color', 'link', 'é'])] = this.random.pick([true, null, 'red', 0.5, { href: 'x', 2: 1, 1: 2 }])
    }
    return attributes
  }

  edit (doc) {
    switch (this.random.below(4)) {
      case 0: return this.editText(doc.getText('text'))
      case 1: return this.editArray(doc.getArray('array'))
      case 2: return this.editMap(doc.getMap('map'))
      default: return this.editXML(doc.get('xml', Y.XmlFragment), 0)
    }
  }

  editText (text) {
    const start = this.random.below(text.length + 1)
    const count = Math.min(text.length - start, 1 + this.random.below(5))
    switch (this.random.below(5)) {
      case 0: return text.insert(start, this.random.pick(narrowTexts))
      case 1: return text.insert(start, this.random.pick(narrowTexts), this.attributes())
      case 2: return text.insertEmbed(start, this.random.below(2) === 0 ? { image: this.plain() } : [this.plain(), this.plain()])
      case 3: if (count > 0) text.format(start, count, this.attributes()); return
      default: if (count > 0) text.delete(start, count)
    }
  }

  editArray (array) {
    const start = this.random.below(array.length + 1)
    const count = Math.min(array.length - start, 1 + this.random.below(3))
    switch (this.random.below(6)) {
      case 0: case 1: return array.insert(start, Array.from({ length: 1 + this.random.below(3) }, () => this.value()))
      case 2: return array.insert(start, [this.newType()])
      case 3: return array.insert(start, [this.subdocument()])
      default: if (count > 0) array.delete(start, count)
    }
  }

  editMap (map) {
    const key = this.random.pick(keys)
    switch (this.random.below(5)) {
      case 0: case 1: return map.set(key, this.value())
      case 2: return map.set(key, this.newType())
      case 3: return map.set(key, this.subdocument())
      default: return map.delete(key)
    }
  }

  newType () {
    switch (this.random.below(4)) {
      case 0: { const text = new Y.Text(); text.insert(0, this.random.pick(texts), { bold: true }); return text }
      case 1: { const array = new Y.Array(); array.insert(0, [this.value()]); return array }
      case 2: { const map = new Y.Map(); map.set('nested', this.value()); return map }
      default: return new Y.XmlElement('in-' + this.random.below(3))
    }
  }

  editXML (parent, depth) {
    const children = parent.toArray()
    const nested = children.filter(child => child instanceof Y.XmlElement)
    if (nested.length > 0 && depth < 3 && this.random.below(2) === 0) return this.editXML(this.random.pick(nested), depth + 1)
    const start = this.random.below(children.length + 1)
    switch (this.random.below(6)) {
      case 0: return parent.insert(start, [new Y.XmlElement(this.random.pick(['p', 'h1', 'é']))])
      case 1: {
        const text = new Y.XmlText()
        text.insert(0, this.random.pick(texts), this.attributes())
        return parent.insert(start, [text])
      }
      case 2: return parent.insert(start, [new Y.XmlHook(this.random.pick(['hook', 'other']))])
      case 3: if (parent instanceof Y.XmlElement) parent.setAttribute(this.random.pick(['class', 'id']), this.random.pick(texts)); return
      default: if (children.length > start) parent.delete(start, 1)
    }
  }
}

module.exports = { RichProgram }
