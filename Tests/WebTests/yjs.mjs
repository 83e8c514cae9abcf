// Yjs as the tests compare with it: values and updates in a form in which what Yjs leaves open is decided.

import { require } from './support.mjs'

export const Y = require('yjs')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')

// Yjs 13.5 forgets the formats in force before a search marker, so what it does depends on where it has been before.
// Later versions do without markers wherever formats count.
Object.defineProperty(Y.Text.prototype, '_searchMarker', { get: () => null, set () {} })

const bytesOf = struct => {
  const encoder = new Y.UpdateEncoderV1()
  struct.write(encoder, 0)
  return encoding.toUint8Array(encoder.restEncoder)
}

/** The same update, with clients of the delete set in descending order and neighbouring GC structs as one. */
export function normalized(update) {
  const { structs, ds } = Y.decodeUpdate(update)
  const decoder = decoding.createDecoder(update)
  const encoder = encoding.createEncoder()
  const clientCount = decoding.readVarUint(decoder)
  encoding.writeVarUint(encoder, clientCount)
  for (let client = 0; client < clientCount; client++) {
    const count = decoding.readVarUint(decoder)
    const [id, clock] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    const merged = []
    for (const struct of structs.splice(0, count)) {
      // Its own bytes count: written again, a struct may have lost a bit.
      const bytes = decoding.readUint8Array(decoder, bytesOf(struct).length)
      const last = merged[merged.length - 1]
      if (last?.struct instanceof Y.GC && struct instanceof Y.GC) {
        last.struct.length += struct.length
        last.bytes = bytesOf(last.struct)
      } else {
        merged.push({ struct, bytes })
      }
    }
    encoding.writeVarUint(encoder, merged.length)
    encoding.writeVarUint(encoder, id)
    encoding.writeVarUint(encoder, clock)
    for (const { bytes } of merged) encoding.writeUint8Array(encoder, bytes)
  }
  const clients = [...ds.clients].sort((a, b) => b[0] - a[0])
  encoding.writeVarUint(encoder, clients.length)
  for (const [client, ranges] of clients) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, ranges.length)
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarUint(encoder, len)
    }
  }
  return encoding.toUint8Array(encoder)
}

/** An event's path; that of Yjs 13.5 counts items where later versions count units, so that it leads to the type. */
export function pathOf(event) {
  const path = []
  for (let type = event.target; type !== event.currentTarget; type = type._item.parent) {
    const item = type._item
    let index = 0
    for (let left = item.left; left !== null; left = left.left) {
      if (!left.deleted && left.countable) index += left.length
    }
    path.unshift(item.parentSub ?? index)
  }
  return path
}

/** A delta without side effects: while it is made, Yjs deletes marks that it finds to be needless. */
export function deltaOf(event) {
  const remove = Y.Item.prototype.delete
  Y.Item.prototype.delete = () => {}
  try { return event.changes.delta } finally { Y.Item.prototype.delete = remove }
}
