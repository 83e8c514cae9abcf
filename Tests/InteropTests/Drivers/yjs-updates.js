// Commands 20 to 26: update formats and tools without a document; PROTOCOL.md describes them.
'use strict'

const Y = require('yjs')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')
const { RichProgram } = require('./yjs-rich-program.js')

const formats = {
  1: {
    isV2: false, decode: Y.decodeUpdate,
    merge: Y.mergeUpdates, difference: Y.diffUpdate, stateVector: Y.encodeStateVectorFromUpdate
  },
  2: {
    isV2: true, decode: Y.decodeUpdateV2,
    merge: Y.mergeUpdatesV2, difference: Y.diffUpdateV2, stateVector: Y.encodeStateVectorFromUpdateV2
  }
}

/**
 * Decides what Yjs leaves open in a document: the order of clients in the delete set, and whether neighbouring GC structs
 * are one.
 */
const normalizeStore = doc => {
  const clients = doc.store.clients
  const sorted = [...clients].sort((a, b) => b[0] - a[0])
  clients.clear()
  for (const [client, structs] of sorted) {
    const merged = []
    for (const struct of structs) {
      const last = merged[merged.length - 1]
      if (last instanceof Y.GC && struct instanceof Y.GC) last.length += struct.length
      else merged.push(struct)
    }
    clients.set(client, merged)
  }
}

const deleteSetBytes = (clients, { isV2 }) => {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, clients.length)
  for (const [client, ranges] of clients) {
    let end = 0
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, ranges.length)
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(encoder, isV2 ? clock - end : clock)
      encoding.writeVarUint(encoder, isV2 ? len - 1 : len)
      end = clock + len
    }
  }
  return encoding.toUint8Array(encoder)
}

const joined = ranges => {
  const result = []
  for (const { clock, len } of [...ranges].sort((a, b) => a.clock - b.clock)) {
    const last = result[result.length - 1]
    if (last && clock <= last.clock + last.len) last.len = Math.max(last.len, clock + len - last.clock)
    else result.push({ clock, len })
  }
  return result
}

/**
 * An update that Yjs has written, with the clients of its delete set in descending order, and the ranges sorted and
 * joined.
 */
const normalizeDeleteSet = (update, format) => {
  const clients = [...format.decode(update).ds.clients]
  const before = update.subarray(0, update.length - deleteSetBytes(clients, format).length)
  const sorted = clients.sort((a, b) => b[0] - a[0]).map(([client, ranges]) => [client, joined(ranges)])
  return Buffer.concat([before, deleteSetBytes(sorted, format)])
}

const writeUpdates = (encoder, updates) => {
  encoding.writeVarUint(encoder, updates.length)
  for (const update of updates) encoding.writeVarUint8Array(encoder, update)
}

/** Each command reads its arguments and returns what writes the result. */
module.exports = {
  // convert
  20: decoder => {
    const [from, to] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    const update = decoding.readVarUint8Array(decoder)
    return encoder => {
      const convert = from === 1 ? Y.convertUpdateFormatV1ToV2 : Y.convertUpdateFormatV2ToV1
      encoding.writeVarUint8Array(encoder, normalizeDeleteSet(convert(update), formats[to]))
    }
  },
  // merge
  21: decoder => {
    const format = formats[decoding.readVarUint(decoder)]
    const updates = Array.from({ length: decoding.readVarUint(decoder) }, () => decoding.readVarUint8Array(decoder))
    return encoder =>
      encoding.writeVarUint8Array(encoder, normalizeDeleteSet(format.merge(updates), format))
  },
  // difference
  22: decoder => {
    const format = formats[decoding.readVarUint(decoder)]
    const update = decoding.readVarUint8Array(decoder)
    const stateVector = decoding.readVarUint8Array(decoder)
    return encoder =>
      encoding.writeVarUint8Array(encoder, normalizeDeleteSet(format.difference(update, stateVector), format))
  },
  // state vector
  23: decoder => {
    const format = formats[decoding.readVarUint(decoder)]
    const update = decoding.readVarUint8Array(decoder)
    return encoder => encoding.writeVarUint8Array(encoder, format.stateVector(update))
  },
  // rich program
  24: decoder => {
    const [seed, steps] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    return encoder => {
      const program = new RichProgram(seed)
      program.run(steps)
      writeUpdates(encoder, program.updatesV1)
      writeUpdates(encoder, program.updatesV2)
      normalizeStore(program.doc)
      encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdate(program.doc))
      encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdateV2(program.doc))
    }
  },
  // JSON
  25: decoder => {
    const text = decoding.readVarString(decoder)
    return encoder => {
      const any = encoding.createEncoder()
      let canonical = 'undefined'
      let value
      try {
        value = JSON.parse(text)
        canonical = JSON.stringify(value)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
      encoding.writeAny(any, value)
      encoding.writeVarString(encoder, canonical)
      encoding.writeVarUint8Array(encoder, encoding.toUint8Array(any))
    }
  },
  // load V2 and encode
  26: decoder => {
    const update = decoding.readVarUint8Array(decoder)
    return encoder => {
      const doc = new Y.Doc()
      Y.applyUpdateV2(doc, update)
      normalizeStore(doc)
      encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdate(doc))
      encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdateV2(doc))
    }
  }
}
