// Contents, deltas and events as the core writes them: Sources/CRDTWasm/ContentWriter.swift.

import { ByteWriter } from './codec.js'

const plainValue = 8
const subdocument = 9

const insertion = 0
const embedding = 1
const retention = 2

/** A document inside another one: its name, under which an application finds it, and what is said of it. */
export class Subdocument {
  /**
   * @param {string} guid
   * @param {any} meta
   */
  constructor(guid, meta) {
    /** @type {string} Names the document wherever it is. */
    this.guid = guid
    /** @type {any} What an application wants to know before it loads the document. */
    this.meta = meta
    Object.freeze(this)
  }
}

/** A value, a shared type or a {@link Subdocument}. */
export function readContent(reader, document) {
  const tag = reader.readByte()
  if (tag === plainValue) return reader.readAny()
  if (tag === subdocument) return new Subdocument(reader.readVarString(), reader.readAny())
  return document.type(tag, reader.readVarUint())
}

const repeat = (count, read) => Array.from({ length: count }, read)

/** Contents with their count before them. */
export const readContents = (reader, document) => repeat(reader.readVarUint(), () => readContent(reader, document))

/** Keys with contents. */
export const readEntries = (reader, document) =>
  repeat(reader.readVarUint(), () => [reader.readVarString(), readContent(reader, document)])

const withAttributes = (step, attributes) => attributes === undefined ? step : { ...step, attributes }

/** A text or a change of one. */
export const readTextDelta = (reader, document) => repeat(reader.readVarUint(), () => {
  switch (reader.readByte()) {
    case insertion: return withAttributes({ insert: reader.readVarString() }, reader.readAny())
    case embedding: return withAttributes({ insert: readContent(reader, document) }, reader.readAny())
    case retention: return withAttributes({ retain: reader.readVarUint() }, reader.readAny())
    default: return { delete: reader.readVarUint() }
  }
})

/** A change of a list. */
export const readListDelta = (reader, document) => repeat(reader.readVarUint(), () => {
  switch (reader.readByte()) {
    case insertion: return { insert: readContents(reader, document) }
    case retention: return { retain: reader.readVarUint() }
    default: return { delete: reader.readVarUint() }
  }
})

/** What happened to keys. */
export const readKeyChanges = (reader, document) => new Map(repeat(reader.readVarUint(), () => {
  const key = reader.readVarString()
  switch (reader.readByte()) {
    case 0: return [key, { action: 'add', oldValue: undefined }]
    case 1: return [key, { action: 'update', oldValue: readContent(reader, document) }]
    default: return [key, { action: 'delete', oldValue: readContent(reader, document) }]
  }
}))

/** The way to a type. */
export const readPath = reader =>
  repeat(reader.readVarUint(), () => reader.readByte() === 0 ? reader.readVarString() : reader.readVarUint())

/** What happened to a type, without who did it. */
export function readTypeEvent(reader, document) {
  const target = readContent(reader, document)
  switch (target.eventForm) {
    case 'text': return { target, delta: readTextDelta(reader, document), keys: readKeyChanges(reader, document) }
    case 'list': return { target, delta: readListDelta(reader, document), keys: new Map() }
    case 'map': return { target, delta: [], keys: readKeyChanges(reader, document) }
    default: return { target, delta: readListDelta(reader, document), keys: readKeyChanges(reader, document) }
  }
}

const forms = ['collected', 'text', 'values', 'format']
const deletedBit = 4
const keyBit = 8

/** Which units a type is made of. */
export const readUnitRuns = (reader, document) => repeat(reader.readVarUint(), () => {
  const [client, clock, length] = [reader.readVarUint(), reader.readVarUint(), reader.readVarUint()]
  const bits = reader.readByte()
  const kind = forms[bits & 3]
  const run = { client, clock, length, isDeleted: (bits & deletedBit) !== 0, kind }
  if (bits & keyBit) run.key = reader.readVarString()
  switch (kind) {
    case 'text': run.content = reader.readVarString(); break
    case 'values': run.content = readContents(reader, document); break
    case 'format': run.content = { name: reader.readVarString(), value: reader.readAny() }; break
    default:
  }
  return run
})

const count = (step, name) => {
  const number = step[name]
  if (!Number.isInteger(number) || number < 0 || number > 0x7FFFFFFF) {
    throw new RangeError(`a step of a delta has a ${name} that is no length`)
  }
  return number
}

/** A delta to be applied. */
export function encodeDelta(delta) {
  const writer = new ByteWriter().writeVarUint(delta.length)
  for (const step of delta) {
    if (typeof step.insert === 'string') {
      writer.writeByte(insertion).writeVarString(step.insert).writeAny(step.attributes)
    } else if (step.insert !== undefined) {
      writer.writeByte(embedding).writeAny(step.insert).writeAny(step.attributes)
    } else if (step.retain !== undefined) {
      writer.writeByte(retention).writeVarUint(count(step, 'retain')).writeAny(step.attributes)
    } else if (step.delete !== undefined) {
      writer.writeByte(3).writeVarUint(count(step, 'delete'))
    } else {
      throw new TypeError('a step of a delta inserts, retains or deletes')
    }
  }
  return writer.bytes
}
