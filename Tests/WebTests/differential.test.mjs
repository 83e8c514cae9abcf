// The same random programs on the core in WebAssembly and on Yjs, in one process. Three pairs of twins, a document here
// and one of Yjs in each, make the same edits under the same client, and exchange updates that now the one, now the
// other has written. In each pair both must be the same at all times: values, events, state vectors, and updates byte
// for byte.
//
//     CRDT_SEEDS=1000 node --test differential.test.mjs    so many seeds
//     CRDT_SEED=17 node --test differential.test.mjs       one seed; a failure prints its own

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, hex, SeededRandom } from './support.mjs'
import { deltaOf, normalized, pathOf, Y } from './yjs.mjs'

const crdt = await load()

// MARK: Values

const byUTF8 = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

const number = value => {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value)
  const bits = Buffer.alloc(8)
  bits.writeDoubleBE(Number.isNaN(value) ? NaN : value)
  return `f:${bits.toString('hex')}`
}

const members = (names, get) =>
  `{${names.sort(byUTF8).map(name => `${JSON.stringify(name)}:${form(get(name))}`).join()}}`

const object = value => members(Object.keys(value), name => value[name])

const attributesForm = attributes =>
  attributes === undefined || Object.keys(attributes).length === 0 ? '' : object(attributes)

/** Steps of a text: neighbours with the same formats are one. */
const textForm = delta => {
  const parts = []
  for (const { insert, attributes } of delta) {
    const formats = attributesForm(attributes)
    const last = parts[parts.length - 1]
    const isText = typeof insert === 'string' && typeof last?.insert === 'string'
    if (isText && last.formats === formats) last.insert += insert
    else parts.push({ insert, formats })
  }
  return parts.map(({ insert, formats }) =>
    (typeof insert === 'string' ? JSON.stringify(insert) : `<${form(insert)}>`) + formats).join('')
}

/** What a type is, in words that are the same for both. */
const kindOf = value => {
  if (value instanceof Y.XmlText) return 'xmlText'
  if (value instanceof Y.Text) return 'text'
  if (value instanceof Y.XmlElement) return 'element'
  if (value instanceof Y.XmlFragment) return 'fragment'
  if (value instanceof Y.XmlHook) return 'hook'
  if (value instanceof Y.Array) return 'array'
  if (value instanceof Y.Map) return 'map'
  if (!value?.isSharedType) return null
  return {
    SharedXMLText: 'xmlText', SharedText: 'text', SharedXMLElement: 'element', SharedXMLFragment: 'fragment',
    SharedXMLHook: 'hook', SharedArray: 'array', SharedMap: 'map'
  }[value.constructor.name]
}

const form = value => {
  switch (kindOf(value)) {
    case 'xmlText': return `xmlText(${textForm(value.toDelta())})`
    case 'text': return `text(${textForm(value.toDelta())})`
    case 'element': {
      const name = value instanceof Y.XmlElement ? value.nodeName : value.name
      return `element(${name}${object(value.getAttributes())}[${value.toArray().map(form).join()}])`
    }
    case 'fragment': return `fragment[${value.toArray().map(form).join()}]`
    case 'hook': return `hook(${value instanceof Y.XmlHook ? value.hookName : value.name})`
    case 'array': return `array[${value.toArray().map(form).join()}]`
    case 'map': return `map${members([...value.keys()], key => value.get(key))}`
    default:
  }
  if (value instanceof Uint8Array) return `bytes(${hex(value)})`
  if (Array.isArray(value)) return `[${Array.from(value, form).join()}]`
  switch (typeof value) {
    case 'undefined': return 'undefined'
    case 'bigint': return `${value}n`
    case 'number': return number(value)
    case 'object': return value === null ? 'null' : object(value)
    default: return JSON.stringify(value)
  }
}

const children = type => {
  switch (kindOf(type)) {
    case 'text': case 'xmlText': return type.toDelta().map(({ insert }) => insert)
    case 'map': case 'hook': return [...type.keys()].sort(byUTF8).map(key => type.get(key))
    default: return type.toArray()
  }
}

/** All types, in an order that is the same for both. */
const typesOf = roots => {
  const found = []
  const visit = type => {
    found.push(type)
    children(type).filter(kindOf).forEach(visit)
  }
  roots.forEach(visit)
  return found
}

// MARK: Events

/** Steps of a text that do the same are joined, and formats that a retained unit had before are left out. */
const textDeltaForm = (delta, before) => {
  const steps = []
  const push = (kind, value, formats) => {
    const last = steps[steps.length - 1]
    if (last?.kind === kind && last.formats === formats && kind !== '<') last.value += value
    else steps.push({ kind, value, formats })
  }
  let index = 0
  for (const { retain, delete: deleted, insert, attributes } of delta) {
    if (retain !== undefined) {
      for (let unit = 0; unit < retain; unit++, index++) {
        const old = before[index] ?? {}
        const changed = Object.entries(attributes ?? {}).filter(([name, value]) => (old[name] ?? null) !== value)
        push('=', 1, attributesForm(Object.fromEntries(changed)))
      }
    } else if (deleted !== undefined) {
      index += deleted
      push('-', deleted, '')
    } else if (typeof insert === 'string') push('+', insert, attributesForm(attributes))
    else push('<', insert, attributesForm(attributes))
  }
  const last = steps[steps.length - 1]
  if (last?.kind === '=' && last.formats === '') steps.pop()
  return steps.map(({ kind, value, formats }) =>
    (kind === '<' ? `<${form(value)}>` : kind + (kind === '+' ? JSON.stringify(value) : value)) + formats).join(' ')
}

const listDeltaForm = delta => delta.map(({ retain, delete: deleted, insert }) => {
  if (retain !== undefined) return `=${retain}`
  return deleted !== undefined ? `-${deleted}` : `+[${insert.map(form)}]`
}).join(' ')

const keysForm = keys => [...keys].sort((a, b) => byUTF8(a[0], b[0])).map(([key, { action, oldValue }]) =>
  `${JSON.stringify(key)} ${action} ${kindOf(oldValue) ? 'type' : form(oldValue)}`).join(' ')

/** The formats of each unit of a text. */
const formatsOf = text => text.toDelta().flatMap(({ insert, attributes = {} }) =>
  Array.from({ length: typeof insert === 'string' ? insert.length : 1 }, () => attributes))

/** The formats of each unit after a delta. */
const formatsAfter = (formats, delta) => {
  const after = []
  let index = 0
  for (const { retain, delete: deleted, insert, attributes = {} } of delta) {
    if (deleted !== undefined) index += deleted
    else if (retain === undefined) {
      for (let unit = 0; unit < (typeof insert === 'string' ? insert.length : 1); unit++) after.push(attributes)
    } else {
      for (let unit = 0; unit < retain; unit++) after.push({ ...formats[index++], ...attributes })
    }
  }
  return [...after, ...formats.slice(index)]
}

const isText = type => ['text', 'xmlText'].includes(kindOf(type))

// MARK: Twins

const rootNames = ['text', 'array', 'map', 'xml']

/** A document here and one of Yjs that do the same. */
class Twins {
  constructor(client) {
    this.ours = crdt.createDocument({ clientID: client })
    this.yjs = new Y.Doc()
    this.yjs.clientID = client
    const { ours, yjs } = this
    this.ourRoots = [ours.text('text'), ours.array('array'), ours.map('map'), ours.xmlFragment('xml')]
    this.yjsRoots = [yjs.getText('text'), yjs.getArray('array'), yjs.getMap('map'), yjs.getXmlFragment('xml')]
    this.ourLog = []
    this.yjsLog = []
    this.ourUpdates = []
    this.yjsUpdates = []
    this.ourRoots.forEach((root, index) => {
      root.observe(({ delta, keys }) => this.ourLog.push({ index, delta, keys }))
      this.yjsRoots[index].observe(event => {
        this.yjsLog.push({ index, delta: deltaOf(event), keys: event.changes.keys })
      })
      // Yjs also tells of texts in which nothing changed that one could see, so texts are left out.
      const inside = (log, events, path) => {
        const seen = events.filter(event => !isText(event.target))
        if (seen.length > 0) log.push(`inside ${index}: ${seen.map(event => JSON.stringify(path(event)))}`)
      }
      root.observeDeep(events => inside(this.ourLog, events, event => event.path))
      this.yjsRoots[index].observeDeep(events => {
        inside(this.yjsLog, events.filter(event => deltaOf(event).length + event.changes.keys.size > 0), pathOf)
      })
    })
    this.ours.on('update', ({ update }) => this.ourUpdates.push(update))
    this.yjs.on('update', update => this.yjsUpdates.push(update))
  }

  /** Events in words, those that say nothing left out. */
  static #eventForms(log, formats) {
    return log.map(entry => {
      if (typeof entry === 'string') return entry
      const { index, delta, keys } = entry
      const steps = index === 0 ? textDeltaForm(delta, formats) : listDeltaForm(delta)
      if (index === 0) formats = formatsAfter(formats, delta)
      return `${index}: ${steps} ${keysForm(keys)}`.trimEnd()
    }).filter(line => !/^\d:$/.test(line))
  }

  /** Makes the same change on both, and compares all that can be seen of it. */
  change(onOurs, onYjs) {
    const formats = formatsOf(this.yjsRoots[0])
    this.ourLog.length = this.yjsLog.length = this.ourUpdates.length = this.yjsUpdates.length = 0
    onOurs()
    onYjs()
    if (this.#isYjsLate()) return Y.applyUpdate(this.yjs, this.ours.encodeUpdate())
    assert.deepEqual(Twins.#eventForms(this.ourLog, formats), Twins.#eventForms(this.yjsLog, formats))
    assert.deepEqual(this.ourUpdates.map(hex), this.yjsUpdates.map(update => hex(normalized(update))))
  }

  /**
   * Whether Yjs still waits with structs though all that they need is there: it waits for what the first of several
   * updates has lacked. It gets what is here then; all else must be the same.
   */
  #isYjsLate() {
    if (this.yjs.store.pendingStructs === null) return false
    const ours = this.ours.clocks
    const theirs = Y.decodeStateVector(Y.encodeStateVector(this.yjs))
    const isBehind = [...ours].some(([client, clock]) => clock > (theirs.get(client) ?? 0))
    return isBehind && [...theirs].every(([client, clock]) => clock <= (ours.get(client) ?? 0))
  }

  compare() {
    assert.equal(this.ourRoots.map(form).join('\n'), this.yjsRoots.map(form).join('\n'))
    assert.equal(hex(this.ours.stateVector), hex(orderedStateVector(this.yjs)))
    // What waits is put into updates by other rules in Yjs.
    if (this.yjs.store.pendingStructs === null && this.yjs.store.pendingDs === null) {
      const update = Y.encodeStateAsUpdate(this.yjs)
      assert.equal(hex(this.ours.encodeUpdate()), hex(normalized(update)))
      // A conversion loses the bit for a key that no key follows, so both sides go through one.
      const v2 = this.ours.encodeUpdate({ format: 2 })
      const converted = Y.convertUpdateFormatV2ToV1(Y.convertUpdateFormatV1ToV2(update))
      assert.equal(hex(normalized(Y.convertUpdateFormatV2ToV1(v2))), hex(normalized(converted)))
    }
  }
}

const orderedStateVector = doc => {
  const clocks = [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort((a, b) => b[0] - a[0])
  const encoding = [clocks.length, ...clocks.flat()].flatMap(number => {
    const bytes = []
    for (; number > 127; number = Math.floor(number / 128)) bytes.push(number % 128 | 128)
    return [...bytes, number]
  })
  return new Uint8Array(encoding)
}

// MARK: Edits

const texts = ['a', 'hello ', 'ä', '漢字', '🎉', 'x\n', 'tom & <jerry>', '\uFEFF', '👨‍👩‍👧',
  '0123456789'.repeat(8)]
const keys = ['a', 'b', 'ключ', '1', '__proto__', '']
const values = [
  null, true, false, 0, -0, 1, -1, 63, 64, -64, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 1.5, 0.1, NaN, Infinity,
  'text', '🎉', '',
  [1, [2, [3]]], { x: 1, y: { z: [] } }, new Uint8Array([1, 2, 255]), [undefined, 5n, -(2n ** 63n)]
]
const formats = [
  { bold: true }, { bold: null }, { italic: true }, { italic: null, bold: true },
  { link: 'https://example.org' }, { link: null }, { size: 12 }, {}
]

const isInsidePair = (string, index) =>
  index > 0 && /[\uD800-\uDBFF]/.test(string[index - 1]) && /[\uDC00-\uDFFF]/.test(string[index] ?? '')

const unitsOf = text => text.toDelta().map(({ insert }) => typeof insert === 'string' ? insert : '\uFFFC').join('')

const newTypes = { text: () => new Y.Text(), array: () => new Y.Array(), map: () => new Y.Map() }
const ourNames = { text: 'Text', array: 'Array', map: 'Map' }

/** An edit of a text, for both. */
const textEdit = (random, ours, yjs) => {
  const string = unitsOf(yjs)
  const choice = random.below(string.length === 0 ? 5 : 12)
  const inserts = choice < 5
  let start = random.below(string.length + (inserts ? 1 : 0))
  let end = Math.min(start + 1 + random.below(8), string.length)
  if (choice >= 4 && choice < 9) {
    // Formats that begin or end inside a pair would split it at one replica, and say nothing of it to the others.
    if (isInsidePair(string, start)) start -= 1
    if (isInsidePair(string, end)) end += 1
  }
  const text = random.of(texts)
  const attributes = random.of(formats)
  const both = edit => [() => edit(ours), () => edit(yjs)]
  switch (choice) {
    case 0: case 1: return both(type => type.insert(start, text))
    case 2: return both(type => type.insert(start, text, { ...attributes }))
    case 3: return both(type => type.insertEmbed(start, { image: text }, { ...attributes }))
    case 4:
      return [
        () => ours.insertMap(start, { ...attributes }), () => yjs.insertEmbed(start, new Y.Map(), { ...attributes })
      ]
    case 5: case 6: case 7: return both(type => type.format(start, end - start, { ...attributes }))
    case 8:
      return both(type => type.applyDelta([
        ...(start > 0 ? [{ retain: start }] : []), { retain: end - start, attributes: { ...attributes } },
        { insert: text, attributes: { bold: true } }
      ]))
    default: return both(type => type.delete(start, end - start))
  }
}

// Yjs 13.5 refuses these at the top level of a type, though it reads them there.
const storable = value => value === undefined || typeof value === 'bigint' ? [value] : value

const arrayEdit = (random, ours, yjs) => {
  const index = random.below(yjs.length + 1)
  const choice = random.below(8)
  if (choice === 4) {
    const kind = random.of(Object.keys(newTypes))
    return [() => ours['insert' + ourNames[kind]](index), () => yjs.insert(index, [newTypes[kind]()])]
  }
  if (choice === 3) {
    const list = [storable(random.of(values))]
    return [() => ours.push(list), () => yjs.push(list)]
  }
  if (choice < 4 || yjs.length === 0) {
    const list = Array.from({ length: 1 + random.below(4) }, () => storable(random.of(values)))
    return [() => ours.insert(index, list), () => yjs.insert(index, list)]
  }
  const start = random.below(yjs.length)
  const length = Math.min(1 + random.below(4), yjs.length - start)
  return [() => ours.delete(start, length), () => yjs.delete(start, length)]
}

const mapEdit = (random, ours, yjs) => {
  const key = random.of(keys)
  const choice = random.below(8)
  if (choice < 4) {
    const value = storable(random.of(values))
    return [() => ours.set(key, value), () => yjs.set(key, value)]
  }
  if (choice < 6) {
    const kind = random.of(Object.keys(newTypes))
    return [() => ours['set' + ourNames[kind]](key), () => yjs.set(key, newTypes[kind]())]
  }
  return [() => ours.delete(key), () => yjs.delete(key)]
}

const nodeEdit = (random, ours, yjs) => {
  const choice = random.below(8)
  const index = random.below(yjs.length + 1)
  if (choice >= 6 && yjs.length > 0) {
    const start = random.below(yjs.length)
    const length = Math.min(1 + random.below(3), yjs.length - start)
    return [() => ours.delete(start, length), () => yjs.delete(start, length)]
  }
  if (choice >= 4 && kindOf(yjs) === 'element') {
    const name = random.of(['id', 'class', 'href'])
    if (choice === 5) return [() => ours.removeAttribute(name), () => yjs.removeAttribute(name)]
    const value = random.of(texts)
    return [() => ours.setAttribute(name, value), () => yjs.setAttribute(name, value)]
  }
  if (choice === 2) return [() => ours.insertText(index), () => yjs.insert(index, [new Y.XmlText()])]
  const name = random.of(['p', 'h1', 'div'])
  if (choice === 3) return [() => ours.insertHook(index, name), () => yjs.insert(index, [new Y.XmlHook(name)])]
  return [() => ours.insertElement(index, name), () => yjs.insert(index, [new Y.XmlElement(name)])]
}

const editOf = (random, ours, yjs) => {
  switch (kindOf(yjs)) {
    case 'text': case 'xmlText': return textEdit(random, ours, yjs)
    case 'array': return arrayEdit(random, ours, yjs)
    case 'map': case 'hook': return mapEdit(random, ours, yjs)
    default: return nodeEdit(random, ours, yjs)
  }
}

// MARK: Programs

/** An edit, chosen by what is there: by Yjs' types, whose number is the same as ours. */
const edit = (random, twins) => {
  const yjsTypes = typesOf(twins.yjsRoots)
  const place = random.chance(40) ? 0 : random.below(yjsTypes.length)
  const [ours, yjs] = editOf(random, typesOf(twins.ourRoots)[place], yjsTypes[place])
  // One after the other: the second must not see what the first one has read.
  return [ours, yjs]
}

function run(seed) {
  const random = new SeededRandom(seed)
  const all = [0, 1, 2].map(index => new Twins(1 + index * 1000 + random.below(1000)))
  const inboxes = all.map(() => [])
  try {
    for (let step = 0; step < 60; step++) {
      const place = random.below(3)
      const twins = all[place]
      if (random.chance(60)) {
        // One transaction of some edits. Each is made on both before the next is chosen.
        const edits = 1 + random.below(3)
        twins.change(
          () => {},
          () => {
            twins.ours.transact(() => twins.yjs.transact(() => {
              for (let count = 0; count < edits; count++) {
                const [ours, yjs] = edit(random, twins)
                ours()
                yjs()
              }
            }))
          })
        if (twins.ourUpdates.length > 0) {
          const versions = [twins.ourUpdates[0], twins.yjsUpdates[0]]
          inboxes.forEach((inbox, other) => { if (other !== place) inbox.push(random.of(versions)) })
        }
      } else if (random.chance(70) && inboxes[place].length > 0) {
        // In any order: what comes too early waits.
        const inbox = inboxes[place]
        const [update] = inbox.splice(random.chance(70) ? 0 : random.below(inbox.length), 1)
        const usesV2 = random.chance(30)
        const bytes = usesV2 ? Y.convertUpdateFormatV1ToV2(update) : update
        twins.change(
          () => twins.ours.apply(bytes, { format: usesV2 ? 2 : 1 }),
          () => (usesV2 ? Y.applyUpdateV2 : Y.applyUpdate)(twins.yjs, bytes))
      } else {
        synchronise(random, twins, all[random.below(3)])
      }
      twins.compare()
    }
    // At last all have all.
    for (const twins of [...all, ...all]) for (const other of all) synchronise(random, twins, other)
    for (const twins of all) twins.compare()
    const [first, ...others] = all.map(({ ourRoots }) => ourRoots.map(form).join('\n'))
    for (const other of others) assert.equal(other, first)
  } finally {
    for (const { ours } of all) ours.destroy()
  }
}

/** Gives twins all that others have. */
function synchronise(random, twins, other) {
  if (twins === other) return
  const vector = twins.ours.stateVector
  const update = random.chance(50)
    ? other.ours.encodeUpdate({ since: vector }) : Y.encodeStateAsUpdate(other.yjs, vector)
  twins.change(() => twins.ours.apply(update), () => Y.applyUpdate(twins.yjs, update))
}

const seeds = process.env.CRDT_SEED !== undefined
  ? [Number(process.env.CRDT_SEED)]
  : Array.from({ length: Number(process.env.CRDT_SEEDS ?? 40) }, (_, index) => index)

test('The core in WebAssembly and Yjs do the same in random programs', () => {
  for (const seed of seeds) {
    try {
      run(seed)
    } catch (error) {
      error.message = `seed ${seed} (CRDT_SEED=${seed}): ${error.message}`
      throw error
    }
  }
})
