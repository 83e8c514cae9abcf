// Holds Yjs documents for the differential tests; PROTOCOL.md says what it is asked and how it answers.
'use strict'

const Y = require('yjs')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')
const comfort = require('./yjs-comfort.js')
const updateCommands = require('./yjs-updates.js')

const documents = new Map()
const rootNames = ['text', 'array', 'map']

const root = (doc, name) =>
  name === 'text' ? doc.getText(name) : name === 'array' ? doc.getArray(name) : doc.getMap(name)

const compareUTF8 = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

// MARK: Walking

const isShared = value => value instanceof Y.AbstractType

const children = type => {
  if (type instanceof Y.Array) return type.toArray()
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

const canonical = value => {
  if (value instanceof Y.Text) return 'text(' + JSON.stringify(value.toString()) + ')'
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
  return { target, choice, position, count, splitsPairs, text, key, values }
}

const newType = operation => [() => new Y.Text(), () => new Y.Array(), () => new Y.Map()][operation.count % 3]()

const isInsidePair = (string, index) =>
  index > 0 && /[\uD800-\uDBFF]/.test(string[index - 1]) && /[\uDC00-\uDFFF]/.test(string[index] ?? '')

const performOnText = (text, operation) => {
  const string = text.toString()
  const inserts = operation.choice % 4 < 3 || string.length === 0
  let start = operation.position % (string.length + (inserts ? 1 : 0))
  let end = Math.min(start + 1 + operation.count % 8, string.length)
  if (!operation.splitsPairs) {
    if (isInsidePair(string, start)) start -= 1
    if (isInsidePair(string, end)) end += 1
  }
  if (inserts) text.insert(start, operation.text)
  else text.delete(start, end - start)
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
  if (choice < 4) map.set(operation.key, storable(operation.values[0]))
  else if (choice === 4) map.set(operation.key, newType(operation))
  else map.delete(operation.key)
}

const perform = (doc, operation) => {
  const types = sharedTypes(doc)
  const type = types[operation.target % types.length]
  if (type instanceof Y.Text) performOnText(type, operation)
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

const canonicalDelta = event =>
  event.changes.delta.map(part => {
    if (part.retain !== undefined) return '=' + part.retain
    if (part.delete !== undefined) return '-' + part.delete
    return '+' + (typeof part.insert === 'string' ? JSON.stringify(part.insert) : '[' + part.insert.map(canonical).join(',') + ']')
  }).join(' ')

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
    type.observe(event => {
      const change = type instanceof Y.Map ? canonicalKeys(event) : canonicalDelta(event)
      if (change) entry.events.push(number + ': ' + change)
    })
  }
}

// MARK: Commands

const create = (number, client, reportsEvents) => {
  const doc = new Y.Doc()
  doc.clientID = client
  rootNames.forEach(name => root(doc, name))
  const entry = { doc, reportsEvents, updates: [], events: [], observed: new Set() }
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
  encoding.writeVarString(encoder, entry.events.sort(compareUTF8).join('\n'))
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
  if (updateCommands[command]) return updateCommands[command](decoder, documents)
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
    case 5: {
      const addsUpdate = decoding.readVarUint(decoder) === 1
      return encoder => writeState(entry.doc, addsUpdate, encoder)
    }
    case 6: return () => documents.delete(number)
    default: throw new Error('unknown command ' + command)
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
