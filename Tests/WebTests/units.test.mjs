// The units of a type, tombstones among them, unit by unit as Yjs has them. Twins, a document here and one of Yjs, hear the
// same updates in the same order, and now the one, now the other makes the next edit: what is left of deleted content
// must be the same in both.
//
//     CRDT_SEEDS=1000 node --test units.test.mjs    so many seeds
//     CRDT_SEED=17 node --test units.test.mjs       one seed

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, SeededRandom, UndoManager } from './support.mjs'
import { Y } from './yjs.mjs'

const crdt = await load()

// MARK: The same form for both: `[key] client:clock deleted? content` for each unit

const types = [
  [Y.XmlText, 'SharedXMLText'], [Y.Text, 'SharedText'], [Y.XmlElement, 'SharedXMLElement'],
  [Y.XmlFragment, 'SharedXMLFragment'], [Y.Array, 'SharedArray'], [Y.Map, 'SharedMap']
]

const form = value => {
  if (value?.isSharedType) return value.constructor.name
  const type = types.find(([type]) => value instanceof type)
  if (type) return type[1]
  return value instanceof Uint8Array ? `bytes ${[...value]}` : String(JSON.stringify(value))
}

/** What each unit of an item of Yjs holds. */
const contentsOf = ({ content, length }) => {
  if (content instanceof Y.ContentString) return Array.from({ length }, (_, unit) => `text ${content.str.charCodeAt(unit)}`)
  if (content instanceof Y.ContentFormat) return [`format ${content.key} ${form(content.value)}`]
  if (content instanceof Y.ContentDeleted) return Array(length).fill('collected')
  return content.getContent().map(value => `value ${form(value)}`)
}

function* unitsOfItem(item, key = '') {
  for (const [unit, content] of contentsOf(item).entries()) {
    yield `${key} ${item.id.client}:${item.id.clock + unit}${item.deleted ? ' deleted' : ''} ${content}`
  }
}

/** The units of a type of Yjs. */
function unitsOfYjs(type) {
  const units = []
  for (let item = type._start; item !== null; item = item.right) units.push(...unitsOfItem(item))
  for (const key of [...type._map.keys()].sort()) {
    const chain = []
    for (let item = type._map.get(key); item !== null; item = item.left) chain.unshift(item)
    for (const item of chain) units.push(...unitsOfItem(item, key))
  }
  return units
}

const contentsOfRun = ({ kind, content, length }) => {
  switch (kind) {
    case 'text': return Array.from({ length }, (_, unit) => `text ${content.charCodeAt(unit)}`)
    case 'format': return [`format ${content.name} ${form(content.value)}`]
    case 'values': return content.map(value => `value ${form(value)}`)
    default: return Array(length).fill(kind)
  }
}

/** All runs of a type, read in pages. */
function allRuns(type, limit) {
  const runs = []
  let after
  for (;;) {
    const page = type.units({ after, limit })
    if (page.length === 0) return runs
    const size = page.reduce((size, { kind, length }) => size + (kind === 'values' ? length : 1), 0)
    assert.ok(size <= limit, `a page of ${limit} has ${size}`)
    runs.push(...page)
    after = page.at(-1)
  }
}

/** The units of a type here. */
function unitsOfOurs(type, limit) {
  const list = []
  const keys = new Map()
  for (const run of allRuns(type, limit)) {
    const { client, clock, length, isDeleted, key = '' } = run
    const contents = contentsOfRun(run)
    assert.equal(contents.length, length)
    const units = contents.map((content, unit) =>
      `${key} ${client}:${clock + unit}${isDeleted ? ' deleted' : ''} ${content}`)
    if (run.key === undefined) list.push(...units)
    else keys.set(key, [...keys.get(key) ?? [], ...units])
  }
  return [...list, ...[...keys.keys()].sort().flatMap(key => keys.get(key))]
}

// MARK: Random programs

const keys = ['a', 'b', '\u{1F600}']
const letters = ['x', 'yz', 'ä', '\u{1F600}', 'a longer piece of text']

const valueOf = random => random.of([1, -2.5, 'text', '', null, true, [1, 2], { a: 1 }, new Uint8Array([1, 2])])

/** Edits that have the same names here and in Yjs. */
const edits = {
  text(text, random) {
    const index = random.below(text.length + 1)
    const length = random.below(Math.min(5, text.length - index) + 1)
    switch (random.below(6)) {
      case 0: return text.delete(index, length)
      case 1:
        // Where it formats, Yjs cuts pairs in two, even when nothing changes that others would hear of.
        if (/[\uD800-\uDFFF]/.test(text.toString())) return
        return text.format(index, length, { [random.of(['bold', 'link'])]: random.of([true, null, 'x']) })
      case 2: return text.insertEmbed(index, { image: random.below(3) })
      default: return text.insert(index, random.of(letters))
    }
  },
  array(array, random) {
    const index = random.below(array.length + 1)
    if (random.chance(35)) return array.delete(index, random.below(Math.min(4, array.length - index) + 1))
    array.insert(index, Array.from({ length: 1 + random.below(4) }, () => valueOf(random)))
  },
  map(map, random) {
    if (random.chance(25)) map.delete(random.of(keys))
    else map.set(random.of(keys), valueOf(random))
  }
}

class Twins {
  constructor(number, collectsGarbage) {
    this.ours = crdt.createDocument({ clientID: 2 * number + 1, collectsGarbage })
    this.yjs = new Y.Doc({ gc: collectsGarbage })
    this.yjs.clientID = 2 * number + 2
    const { ours, yjs } = this
    this.ourRoots = { text: ours.text('text'), array: ours.array('array'), map: ours.map('map') }
    this.yjsRoots = { text: yjs.getText('text'), array: yjs.getArray('array'), map: yjs.getMap('map') }
    this.ourXML = ours.xmlFragment('xml')
    this.yjsXML = yjs.getXmlFragment('xml')
    ours.on('update', ({ update, isLocal }) => { if (isLocal) Y.applyUpdate(yjs, update) })
    yjs.on('update', (update, origin, _, { local }) => { if (local) ours.apply(update) })
  }

  edit(random) {
    const isOurs = random.chance(50)
    const kind = random.of(['text', 'array', 'map', 'nest', 'xml'])
    const change = () => {
      if (kind === 'nest') this.#nest(isOurs, random)
      else if (kind === 'xml') this.#editXML(isOurs, random)
      else edits[kind]((isOurs ? this.ourRoots : this.yjsRoots)[kind], random)
    }
    isOurs ? this.ours.transact(change) : this.yjs.transact(change)
  }

  #nest(isOurs, random) {
    const key = random.of(keys)
    if (isOurs) this.ourRoots.map.setText(key).insert(0, 'inside')
    else this.yjsRoots.map.set(key, new Y.Text('inside'))
  }

  #editXML(isOurs, random) {
    const xml = isOurs ? this.ourXML : this.yjsXML
    const index = random.below(xml.length + 1)
    if (xml.length > 0 && random.chance(40)) return xml.delete(Math.min(index, xml.length - 1), 1)
    if (isOurs) this.ourXML.insertElement(index, 'p')
    else this.yjsXML.insert(index, [new Y.XmlElement('p')])
    xml.get(index).setAttribute('class', random.of(['a', 'b']))
    xml.get(index).setAttribute('class', 'c')
  }

  /** Takes what another pair has. */
  hear(other) {
    const update = Y.encodeStateAsUpdate(other.yjs, Y.encodeStateVector(this.yjs))
    Y.applyUpdate(this.yjs, update)
    this.ours.apply(update)
  }

  check(limit) {
    for (const name of ['text', 'array', 'map']) {
      assert.deepEqual(unitsOfOurs(this.ourRoots[name], limit), unitsOfYjs(this.yjsRoots[name]), name)
    }
    assert.deepEqual(unitsOfOurs(this.ourXML, limit), unitsOfYjs(this.yjsXML), 'xml')
    const nodes = this.yjsXML.toArray()
    this.ourXML.toArray().forEach((node, index) => {
      assert.deepEqual(unitsOfOurs(node, limit), unitsOfYjs(nodes[index]), 'element')
    })
    for (const key of keys) {
      const [ours, yjs] = [this.ourRoots.map.get(key), this.yjsRoots.map.get(key)]
      if (ours?.isSharedType) assert.deepEqual(unitsOfOurs(ours, limit), unitsOfYjs(yjs), 'nested')
    }
  }
}

const seeds = process.env.CRDT_SEED !== undefined
  ? [Number(process.env.CRDT_SEED)]
  : Array.from({ length: Number(process.env.CRDT_SEEDS ?? 40) }, (_, seed) => seed)

for (const seed of seeds) {
  test(`units are those of Yjs, deleted ones too: seed ${seed}`, () => {
    const random = new SeededRandom(seed)
    const all = [0, 1, 2].map(number => new Twins(number, random.chance(50)))
    for (let step = 0; step < 60; step++) {
      const twins = random.of(all)
      twins.edit(random)
      if (random.chance(30)) random.of(all.filter(other => other !== twins)).hear(twins)
      if (step % 15 === 14) all.forEach(twins => twins.check(1 + random.below(8)))
    }
    all.forEach(twins => twins.check(1000))
  })
}

// MARK: By example

test('deleted text is there as long as its content is', () => {
  for (const collectsGarbage of [true, false]) {
    const document = crdt.createDocument({ clientID: 7, collectsGarbage })
    const text = document.text('text')
    text.insert(0, 'Hello')
    text.delete(1, 3)
    const gone = { client: 7, clock: 1, length: 3, isDeleted: true }
    assert.deepEqual(text.units(), [
      { client: 7, clock: 0, length: 1, isDeleted: false, kind: 'text', content: 'H' },
      collectsGarbage ? { ...gone, kind: 'collected' } : { ...gone, kind: 'text', content: 'ell' },
      { client: 7, clock: 4, length: 1, isDeleted: false, kind: 'text', content: 'o' }
    ])
    document.destroy()
  }
})

test('what an undo may want back has its content', () => {
  const document = crdt.createDocument({ clientID: 7 })
  const text = document.text('text')
  text.insert(0, 'Hello')
  const undo = new UndoManager(text)
  text.delete(0, 5)
  const [run] = text.units()
  assert.deepEqual(run, { client: 7, clock: 0, length: 5, isDeleted: true, kind: 'text', content: 'Hello' })
  undo.destroy()
})

test('a key has all the values that it ever had, the present one last', () => {
  const document = crdt.createDocument({ clientID: 7, collectsGarbage: false })
  const map = document.map('map')
  map.set('title', 'first')
  map.set('title', 'second')
  const nested = map.setMap('more')
  const runs = map.units()
  assert.deepEqual(runs.map(({ key, isDeleted }) => [key, isDeleted]), [
    ['title', true], ['title', false], ['more', false]
  ])
  assert.deepEqual(runs.map(({ content }) => content), [['first'], ['second'], [nested]])
})

test('attributes stand behind the children of an element', () => {
  const document = crdt.createDocument({ clientID: 7 })
  const element = document.xmlFragment('xml').insertElement(0, 'p')
  element.setAttribute('class', 'a')
  const child = element.insertText(0)
  assert.deepEqual(element.units().map(({ key, content }) => [key, content]), [
    [undefined, [child]], ['class', ['a']]
  ])
})

test('a page is bounded, and the next one goes on behind it whatever comes between', () => {
  const document = crdt.createDocument({ clientID: 7 })
  const array = document.array('array')
  array.insert(0, Array.from({ length: 2500 }, (_, index) => index))
  const first = array.units()
  assert.deepEqual([first.length, first[0].length], [1, 1000])
  array.insert(0, ['before'])
  array.insert(1001, ['at the edge'])
  const second = array.units({ after: first.at(-1), limit: 2 })
  assert.deepEqual(second.map(({ content }) => content), [['at the edge'], [1000]])
  assert.deepEqual(array.units({ after: { client: 7, clock: 2498 } }).map(({ content }) => content), [[2499]])
  assert.deepEqual(array.units({ after: array.units({ after: { client: 7, clock: 2498 } })[0] }), [])
})

test('tombstones by the million are one run', () => {
  const yjs = new Y.Doc()
  yjs.clientID = 9
  yjs.getText('text').insert(0, 'x'.repeat(1_000_000))
  yjs.getText('text').delete(0, 1_000_000)
  const document = crdt.createDocument()
  document.apply(Y.encodeStateAsUpdate(yjs))
  assert.deepEqual(document.text('text').units(), [
    { client: 9, clock: 0, length: 1_000_000, isDeleted: true, kind: 'collected' }
  ])
})

test('a unit of elsewhere has nothing behind it, and what is no unit is refused', () => {
  const document = crdt.createDocument({ clientID: 7 })
  const text = document.text('text')
  document.map('map').set('key', 1)
  text.insert(0, 'Hello')
  assert.deepEqual(text.units({ after: { client: 7, clock: 0 } }), [])
  assert.deepEqual(text.units({ after: { client: 7, clock: 100 } }), [])
  assert.deepEqual(text.units({ after: { client: 8, clock: 0 } }), [])
  for (const after of [{}, { client: 7 }, { client: -1, clock: 0 }, { client: 7, clock: 0.5 }, { client: '7', clock: 0 }]) {
    assert.throws(() => text.units({ after }), TypeError)
  }
  for (const limit of [0, -1, 1.5, NaN, 2 ** 31]) assert.throws(() => text.units({ limit }), RangeError)
})

test('a deleted type has no units once its content is given up', () => {
  const document = crdt.createDocument({ clientID: 7 })
  const nested = document.map('map').setText('key')
  nested.insert(0, 'Hello')
  const [run] = nested.units()
  document.map('map').delete('key')
  assert.deepEqual(nested.units(), [])
  assert.deepEqual(nested.units({ after: run }), [])
})

test('a deleted subdocument is listed and does not come to live', () => {
  const yjs = new Y.Doc({ gc: false })
  yjs.getArray('array').insert(0, [new Y.Doc({ guid: 'inside' })])
  yjs.getArray('array').delete(0, 1)
  const document = crdt.createDocument({ collectsGarbage: false })
  document.apply(Y.encodeStateAsUpdate(yjs))
  const [run] = document.array('array').units()
  assert.equal(run.isDeleted, true)
  assert.equal(run.content[0].guid, 'inside')
})
