// Holds Yjs documents for the differential tests; PROTOCOL.md says what it is asked and how it answers.
'use strict'

// First: the clock before lib0, and corrections before Yjs.
const history = require('./yjs-history.js')
const comfort = require('./yjs-comfort.js')
const Y = require('yjs')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')
const structures = require('./yjs-structures.js')
const updateCommands = require('./yjs-updates.js')

// Yjs 13.5 forgets the formats in force before a search marker, so what it does depends on where it has been before.
// Later versions do without markers wherever formats count, and so does this driver.
Object.defineProperty(Y.Text.prototype, '_searchMarker', { get: () => null, set () {} })

const documents = new Map()
const rootNames = ['text', 'array', 'map', 'xml']

const root = (doc, name) => {
  switch (name) {
    case 'text': return doc.getText(name)
    case 'array': return doc.getArray(name)
    case 'map': return doc.getMap(name)
    default: return doc.getXmlFragment(name)
  }
}

const compareUTF8 = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

// MARK: Walking

const isShared = value => value instanceof Y.AbstractType

const children = type => {
  if (type instanceof Y.Text) return type.toDelta().map(part => part.insert)
  if (type instanceof Y.Array || type instanceof Y.XmlFragment) return type.toArray()
  if (type instanceof Y.Map) return [...type.keys()].sort(compareUTF8).map(key => type.get(key))
  return []
}

/** All shared types in the order that operations count them. */
const sharedTypes = doc => {
  const found = []
  const visit = type => {
    found.push(type)
    children(type).filter(isShared).forEach(visit)
  }
  rootNames.forEach(name => visit(root(doc, name)))
  return found
}

// MARK: Canonical form

const canonicalNumber = number => {
  if (Number.isNaN(number)) return 'nan'
  if (Number.isSafeInteger(number) && !Object.is(number, -0)) return String(number)
  const bits = Buffer.alloc(8)
  bits.writeDoubleBE(number)
  return 'f:' + bits.toString('hex')
}

const canonicalMembers = (keys, get) =>
  '{' + keys.sort(compareUTF8).map(key => JSON.stringify(key) + ':' + canonical(get(key))).join(',') + '}'

const canonicalObject = object => canonicalMembers(Object.keys(object), key => object[key])

const canonicalAttributes = attributes =>
  attributes === undefined || Object.keys(attributes).length === 0 ? '' : canonicalObject(attributes)

/** Steps of a text: neighbours with the same formats are one. */
const canonicalText = delta => {
  const parts = []
  for (const { insert, attributes } of delta) {
    const formats = canonicalAttributes(attributes)
    const last = parts[parts.length - 1]
    if (typeof insert === 'string' && typeof last?.insert === 'string' && last.formats === formats) last.insert += insert
    else parts.push({ insert, formats })
  }
  return parts.map(({ insert, formats }) => (typeof insert === 'string' ? JSON.stringify(insert) : '<' + canonical(insert) + '>') + formats).join('')
}

const canonical = value => {
  if (value instanceof Y.Doc) return 'document(' + JSON.stringify(value.guid) + canonicalObject({ ...(value.meta && { meta: value.meta }) }) + ')'
  if (value instanceof Y.XmlText) return 'xmlText(' + canonicalText(value.toDelta()) + ')'
  if (value instanceof Y.Text) return 'text(' + canonicalText(value.toDelta()) + ')'
  if (value instanceof Y.XmlElement) {
    return 'element(' + JSON.stringify(value.nodeName) + canonicalObject(value.getAttributes()) + '[' + value.toArray().map(canonical).join(',') + '])'
  }
  if (value instanceof Y.XmlFragment) return 'fragment[' + value.toArray().map(canonical).join(',') + ']'
  if (value instanceof Y.XmlHook) return 'hook(' + JSON.stringify(value.hookName) + ')'
  if (value instanceof Y.Array) return 'array[' + value.toArray().map(canonical).join(',') + ']'
  if (value instanceof Y.Map) return 'map' + canonicalMembers([...value.keys()], key => value.get(key))
  if (value instanceof Uint8Array) return 'bytes(' + Buffer.from(value).toString('hex') + ')'
  if (Array.isArray(value)) return '[' + Array.from(value, canonical).join(',') + ']'
  switch (typeof value) {
    case 'undefined': return 'undefined'
    case 'bigint': return value + 'n'
    case 'number': return canonicalNumber(value)
    case 'object': return value === null ? 'null' : canonicalMembers(Object.keys(value), key => value[key])
    default: return JSON.stringify(value)
  }
}

const canonicalDocument = doc => rootNames.map(name => canonical(root(doc, name))).join('\n')

// MARK: Operations

const readOperation = decoder => {
  const [target, choice, position, count, splitsPairs] = Array.from({ length: 5 }, () => decoding.readVarUint(decoder))
  const text = decoding.readVarString(decoder)
  const key = decoding.readVarString(decoder)
  const values = Array.from({ length: decoding.readVarUint(decoder) }, () => decoding.readAny(decoder))
  const attributes = decoding.readAny(decoder)
  return { target, choice, position, count, splitsPairs, text, key, values, attributes }
}

const newType = operation => [() => new Y.Text(), () => new Y.Array(), () => new Y.Map()][operation.count % 3]()

const isInsidePair = (string, index) =>
  index > 0 && /[\uD800-\uDBFF]/.test(string[index - 1]) && /[\uDC00-\uDFFF]/.test(string[index] ?? '')

/** A text's units; what is embedded is one unit that is no text. */
const unitsOf = text => text.toDelta().map(({ insert }) => typeof insert === 'string' ? insert : '\uFFFC').join('')

const performOnText = (text, operation) => {
  const string = unitsOf(text)
  const choice = string.length === 0 ? operation.choice % 4 : operation.choice % 10
  const inserts = choice < 4
  let start = operation.position % (string.length + (inserts ? 1 : 0))
  let end = Math.min(start + 1 + operation.count % 8, string.length)
  // Formats that begin or end inside a pair would split it at one replica, and say nothing of it to the others.
  if (!operation.splitsPairs || (choice >= 4 && choice < 8)) {
    if (isInsidePair(string, start)) start -= 1
    if (isInsidePair(string, end)) end += 1
  }
  // Attributes that are handed over get more members.
  const attributes = { ...operation.attributes }
  switch (choice) {
    case 0: case 1: return text.insert(start, operation.text)
    case 2: return text.insert(start, operation.text, attributes)
    case 3:
      if (operation.splitsPairs && operation.count % 3 === 0) return text.insertEmbed(start, new Y.Map(), attributes)
      return text.insertEmbed(start, { [operation.key]: operation.text }, attributes)
    case 4: case 5: case 6: return text.format(start, end - start, attributes)
    case 7:
      if (!operation.splitsPairs) return text.delete(start, end - start)
      return text.applyDelta([
        ...(start > 0 ? [{ retain: start }] : []), { retain: end - start, attributes },
        { insert: operation.text, attributes: { bold: true } }
      ])
    default: return text.delete(start, end - start)
  }
}

const xmlNames = ['p', 'h1', 'div']

const performOnXML = (node, operation) => {
  const choice = operation.choice % 8
  const length = node.length
  if (choice >= 6 && length > 0) {
    const start = operation.position % length
    node.delete(start, Math.min(1 + operation.count % 3, length - start))
  } else if (choice >= 4 && node instanceof Y.XmlElement) {
    if (choice === 4) node.setAttribute(operation.key, operation.text)
    else node.removeAttribute(operation.key)
  } else {
    const name = xmlNames[operation.count % 3]
    const hook = choice === 3 && operation.splitsPairs
    node.insert(operation.position % (length + 1), [choice === 2 ? new Y.XmlText() : hook ? new Y.XmlHook(name) : new Y.XmlElement(name)])
  }
}

// Yjs 13.5 refuses these at the top level of a type, though it reads them there.
const storable = value => value === undefined || typeof value === 'bigint' ? [value] : value

const performOnArray = (array, operation) => {
  const choice = operation.choice % 8
  if (choice < 5 || array.length === 0) {
    const contents = choice === 4 ? [newType(operation)] : operation.values.map(storable)
    array.insert(operation.position % (array.length + 1), contents)
  } else {
    const start = operation.position % array.length
    array.delete(start, Math.min(1 + operation.count % 4, array.length - start))
  }
}

const performOnMap = (map, operation) => {
  const choice = operation.choice % 8
  if (choice === 4 && operation.splitsPairs && operation.position % 4 === 0) {
    return map.set(operation.key, new Y.Doc({ guid: operation.text, meta: { key: operation.key } }))
  }
  if (choice < 4) map.set(operation.key, storable(operation.values[0]))
  else if (choice === 4) map.set(operation.key, newType(operation))
  else map.delete(operation.key)
}

const perform = (doc, operation) => {
  const types = sharedTypes(doc)
  const type = types[operation.target % types.length]
  if (type instanceof Y.Text) performOnText(type, operation)
  else if (type instanceof Y.XmlFragment) performOnXML(type, operation)
  else if (type instanceof Y.Array) performOnArray(type, operation)
  else performOnMap(type, operation)
}

// MARK: Updates

const writeDeleteSet = (encoder, deleteSet) => {
  const clients = [...deleteSet.clients].sort((a, b) => b[0] - a[0])
  encoding.writeVarUint(encoder, clients.length)
  for (const [client, ranges] of clients) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, ranges.length)
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarUint(encoder, len)
    }
  }
}

const structBytes = struct => {
  const encoder = new Y.UpdateEncoderV1()
  struct.write(encoder, 0)
  return encoding.toUint8Array(encoder.restEncoder)
}

/**
 * The same update with what Yjs leaves open decided: clients of the delete set in descending order, and neighbouring GC
 * structs as one, which Yjs merges or not, depending on how they came to be.
 */
const normalize = update => {
  const { structs, ds } = Y.decodeUpdate(update)
  const decoder = decoding.createDecoder(update)
  const encoder = encoding.createEncoder()
  const clientCount = decoding.readVarUint(decoder)
  encoding.writeVarUint(encoder, clientCount)
  for (let client = 0; client < clientCount; client++) {
    const count = decoding.readVarUint(decoder)
    const id = decoding.readVarUint(decoder)
    const clock = decoding.readVarUint(decoder)
    const merged = []
    for (const struct of structs.splice(0, count)) {
      // Written again, a struct is as long as it was, but may have lost a bit: its own bytes are what counts.
      const bytes = decoding.readUint8Array(decoder, structBytes(struct).length)
      const last = merged[merged.length - 1]
      if (last?.struct instanceof Y.GC && struct instanceof Y.GC) {
        last.struct.length += struct.length
        last.bytes = structBytes(last.struct)
      } else {
        merged.push({ struct, bytes })
      }
    }
    encoding.writeVarUint(encoder, merged.length)
    encoding.writeVarUint(encoder, id)
    encoding.writeVarUint(encoder, clock)
    merged.forEach(({ bytes }) => encoding.writeUint8Array(encoder, bytes))
  }
  writeDeleteSet(encoder, ds)
  return encoding.toUint8Array(encoder)
}

// MARK: Events

/** A delta without side effects: while it is made, Yjs deletes marks that it finds to be needless. */
const deltaOf = event => {
  const remove = Y.Item.prototype.delete
  Y.Item.prototype.delete = () => {}
  try {
    return event.changes.delta
  } finally {
    Y.Item.prototype.delete = remove
  }
}

const canonicalDelta = event => canonicalSteps(deltaOf(event))

const canonicalSteps = delta =>
  delta.map(part => {
    if (part.retain !== undefined) return '=' + part.retain
    if (part.delete !== undefined) return '-' + part.delete
    return '+' + '[' + part.insert.map(canonical).join(',') + ']'
  }).join(' ')

/** The formats of each unit of a text. */
const formatsOf = text =>
  text.toDelta().flatMap(({ insert, attributes = {} }) => Array.from({ length: typeof insert === 'string' ? insert.length : 1 }, () => attributes))

/** Steps that do the same are joined, and formats that a retained unit had before are left out. */
const canonicalTextDelta = (delta, before) => {
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
        push('=', 1, canonicalAttributes(Object.fromEntries(changed)))
      }
    } else if (deleted !== undefined) {
      index += deleted
      push('-', deleted, '')
    } else if (typeof insert === 'string') push('+', insert, canonicalAttributes(attributes))
    else push('<', insert, canonicalAttributes(attributes))
  }
  const last = steps[steps.length - 1]
  if (last?.kind === '=' && last.formats === '') steps.pop()
  return steps.map(({ kind, value, formats }) =>
    (kind === '<' ? '<' + canonical(value) + '>' : kind + (kind === '+' ? JSON.stringify(value) : value)) + formats).join(' ')
}

// An old value that is a shared type is gone, and has no values to show.
const canonicalOld = value => isShared(value) ? 'type' : canonical(value)

const canonicalKeys = event =>
  [...event.changes.keys].sort((a, b) => compareUTF8(a[0], b[0]))
    .map(([key, { action, oldValue }]) =>
      JSON.stringify(key) + ' ' + action + (action === 'add' ? '' : ' ' + canonicalOld(oldValue)))
    .join(' ')

/** Observes shared types that are not yet observed; each gets the next number. */
const observeNewTypes = entry => {
  for (const type of sharedTypes(entry.doc)) {
    if (entry.observed.has(type)) continue
    const number = entry.observed.size
    entry.observed.add(type)
    if (type instanceof Y.Text) entry.formats.set(type, formatsOf(type))
    type.observe(event => {
      const change = changeOf(entry, type, event)
      if (!change) return
      entry.visible.set(event, number)
      entry.events.push(number + ': ' + change)
    })
    if (!type._item) {
      type.observeDeep(events => {
        const shown = events.filter(event => entry.visible.has(event))
          .map(event => entry.visible.get(event) + ' at ' + JSON.stringify(pathOf(event)))
        if (shown.length > 0) entry.events.push('inside ' + number + ': ' + shown.join(', '))
      })
    }
  }
}

/** An event's path; that of Yjs 13.5 counts items where later versions count units, so that it leads to the type. */
const pathOf = event => {
  const path = []
  for (let type = event.target; type._item !== null && type !== event.currentTarget; type = type._item.parent) {
    const item = type._item
    let index = 0
    for (let left = item.left; item.parentSub === null && left !== null; left = left.left) {
      if (!left.deleted && left.countable) index += left.length
    }
    path.unshift(item.parentSub ?? index)
  }
  return path
}

const changeOf = (entry, type, event) => {
  if (type instanceof Y.Map) return canonicalKeys(event)
  if (type instanceof Y.Array) return canonicalDelta(event)
  let delta
  if (type instanceof Y.Text) {
    delta = canonicalTextDelta(deltaOf(event), entry.formats.get(type))
    entry.formats.set(type, formatsOf(type))
  } else {
    delta = canonicalDelta(event)
  }
  return [delta, canonicalKeys(event)].filter(part => part).join(' ')
}

// MARK: Commands

const create = (number, client, reportsEvents) => {
  const doc = new Y.Doc()
  doc.clientID = client
  rootNames.forEach(name => root(doc, name))
  const entry = { doc, reportsEvents, updates: [], events: [], observed: new Set(), formats: new Map(), visible: new WeakMap() }
  doc.on('update', update => entry.updates.push(update))
  if (reportsEvents) observeNewTypes(entry)
  documents.set(number, entry)
}

const change = (entry, encoder, body) => {
  entry.updates = []
  entry.events = []
  body(entry.doc)
  encoding.writeVarUint(encoder, entry.updates.length)
  for (const update of entry.updates) encoding.writeVarUint8Array(encoder, normalize(update))
  encoding.writeVarString(encoder, entry.events.join('\n'))
  if (entry.reportsEvents) observeNewTypes(entry)
}

const writeState = (doc, addsUpdate, encoder) => {
  encoding.writeVarUint8Array(encoder, Y.encodeStateVector(doc))
  encoding.writeVarString(encoder, canonicalDocument(doc))
  encoding.writeVarUint(encoder, doc.store.pendingStructs || doc.store.pendingDs ? 1 : 0)
  encoding.writeVarUint8Array(encoder, addsUpdate ? normalize(Y.encodeStateAsUpdate(doc)) : new Uint8Array(0))
}

const convert = (update, name, encoder) => {
  const doc = new Y.Doc()
  Y.applyUpdateV2(doc, update)
  encoding.writeVarUint8Array(encoder, normalize(Y.encodeStateAsUpdate(doc)))
  encoding.writeVarString(encoder, doc.getText(name).toString())
}

/** Reads all of the command, then runs it: a failure leaves the decoder at the next command. */
const parseCommand = decoder => {
  const command = decoding.readVarUint(decoder)
  if (comfort[command]) return comfort[command](decoder)
  if (updateCommands[command]) return updateCommands[command](decoder)
  if (structures[command]) return structures[command](decoder, documents)
  if (command === 7) {
    const update = decoding.readVarUint8Array(decoder)
    const name = decoding.readVarString(decoder)
    return encoder => convert(update, name, encoder)
  }
  if (command === 8) {
    const update = decoding.readVarUint8Array(decoder)
    const nothing = Uint8Array.of(0, 0)
    return encoder => encoding.writeVarUint8Array(encoder, normalize(Y.mergeUpdates([update, nothing])))
  }
  const number = decoding.readVarUint(decoder)
  const entry = documents.get(number)
  switch (command) {
    case 1: {
      const client = decoding.readVarUint(decoder)
      const reportsEvents = decoding.readVarUint(decoder) === 1
      return () => create(number, client, reportsEvents)
    }
    case 2: {
      const operations = Array.from({ length: decoding.readVarUint(decoder) }, () => readOperation(decoder))
      return encoder =>
        change(entry, encoder, doc => doc.transact(() => operations.forEach(operation => perform(doc, operation))))
    }
    case 3: {
      const stateVector = decoding.readVarUint8Array(decoder)
      return encoder =>
        encoding.writeVarUint8Array(encoder, normalize(Y.encodeStateAsUpdate(entry.doc, stateVector)))
    }
    case 4: {
      const update = decoding.readVarUint8Array(decoder)
      return encoder => change(entry, encoder, doc => Y.applyUpdate(doc, update))
    }
    case 9: {
      const update = decoding.readVarUint8Array(decoder)
      return encoder => change(entry, encoder, doc => Y.transact(doc, transaction => {
        Y.applyUpdate(doc, update)
        transaction.local = true
      }))
    }
    case 5: {
      const addsUpdate = decoding.readVarUint(decoder) === 1
      return encoder => writeState(entry.doc, addsUpdate, encoder)
    }
    case 6: return () => documents.delete(number)
    default: {
      const run = history.parse(command, entry, decoder, {
        root, change, readOperation, perform, sharedTypes, canonical, canonicalAttributes, canonicalText, canonicalDocument
      })
      if (run) return run
      throw new Error('unknown command ' + command)
    }
  }
}

const answer = request => {
  const decoder = decoding.createDecoder(request)
  const response = encoding.createEncoder()
  while (decoding.hasContent(decoder)) {
    const run = parseCommand(decoder)
    const result = encoding.createEncoder()
    try {
      run(result)
      encoding.writeVarUint(response, 0)
      encoding.writeUint8Array(response, encoding.toUint8Array(result))
    } catch (error) {
      encoding.writeVarUint(response, 1)
      encoding.writeVarString(response, String(error.stack))
    }
  }
  return Buffer.from(encoding.toUint8Array(response))
}

// MARK: Frames

let received = Buffer.alloc(0)
process.stdin.on('data', chunk => {
  received = Buffer.concat([received, chunk])
  while (received.length >= 4 && received.length >= 4 + received.readUInt32LE(0)) {
    const end = 4 + received.readUInt32LE(0)
    const response = answer(received.subarray(4, end))
    received = received.subarray(end)
    const header = Buffer.alloc(4)
    header.writeUInt32LE(response.length)
    process.stdout.write(Buffer.concat([header, response]))
  }
})
