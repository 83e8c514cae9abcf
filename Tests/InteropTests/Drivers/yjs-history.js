// The commands 30 to 39 of the Yjs driver: undo managers, relative positions and snapshots. Loaded before Yjs.
'use strict'

const clock = require('./clock.js')
const Module = require('module')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')

// MARK: Corrections

/**
 * Yjs 13.5 as Debian has it, with three corrections of later versions of 13: two to what undoing does to keys of maps
 * (issues 500 and 757 of Yjs), without which a key can come back here and stay away elsewhere, and one to joining delete
 * sets, without which an update can name earlier deletions again.
 */
const correct = source => {
  if (source.includes('isDeletedByUndoStack')) return source
  const replace = (from, to) => {
    if (source.match(new RegExp(from, 'g'))?.length !== 1) throw new Error('this version of Yjs is not known: ' + from)
    source = source.replace(from, to)
  }
  replace(
    /isDeleted\(itemsToDelete, left\.right\.id\)\) \{\s*left = left\.right;/,
    `(left.right.redone !== null || isDeleted(itemsToDelete, left.right.id) ||
      [...transaction.origin.undoStack, ...transaction.origin.redoStack].some(step => isDeleted(step.deletions, left.right.id)))) {
      left = left.right
      while (left.redone !== null) left = getItemCleanStart(transaction, left.redone)`)
  replace(
    /(left = parentType\._map\.get\(item\.parentSub\) \|\| null;\s*\})/,
    '$1\nif (left !== null && left.parent._item !== parentItem) left = parentType._map.get(item.parentSub) || null')
  replace(/left\.len = (\S+max\(.*\));/, 'dels[j - 1] = new DeleteItem(left.clock, $1)')
  return source
}

const compile = Module.prototype._compile
Module.prototype._compile = function (source, path) {
  return compile.call(this, path.endsWith('/yjs/dist/yjs.cjs') ? correct(source) : source, path)
}

const Y = require('yjs')

// MARK: Undo

const actions = [
  manager => manager.undo() !== null,
  manager => manager.redo() !== null,
  manager => { manager.stopCapturing(); return false },
  manager => { manager.clear(); return false },
]

const createUndoManager = (entry, root, decoder) => {
  const captureTimeout = decoding.readVarUint(decoder)
  const ignoreRemoteMapChanges = decoding.readVarUint(decoder) === 1
  const names = Array.from({ length: decoding.readVarUint(decoder) }, () => decoding.readVarString(decoder))
  return () => {
    const trackedOrigins = new Set(['tracked'])
    const scope = names.map(name => root(entry.doc, name))
    entry.undoManager = new Y.UndoManager(scope, { captureTimeout, ignoreRemoteMapChanges, trackedOrigins })
  }
}

const performTracked = (entry, { change, readOperation, perform }, decoder) => {
  const time = decoding.readVarUint(decoder)
  const origin = decoding.readVarUint(decoder) === 1 ? 'tracked' : 'other'
  const operations = Array.from({ length: decoding.readVarUint(decoder) }, () => readOperation(decoder))
  return encoder => {
    clock.milliseconds = time
    change(entry, encoder, doc =>
      doc.transact(() => operations.forEach(operation => perform(doc, operation)), origin))
  }
}

const act = (entry, { change }, decoder) => {
  const time = decoding.readVarUint(decoder)
  const action = actions[decoding.readVarUint(decoder)]
  return encoder => {
    clock.milliseconds = time
    let popped = false
    change(entry, encoder, () => { popped = action(entry.undoManager) })
    encoding.writeVarUint(encoder, popped ? 1 : 0)
    encoding.writeVarUint(encoder, entry.undoManager.undoStack.length)
    encoding.writeVarUint(encoder, entry.undoManager.redoStack.length)
  }
}

// MARK: Relative positions

const createPosition = (entry, { sharedTypes }, decoder) => {
  const [target, position, association] = Array.from({ length: 3 }, () => decoding.readVarUint(decoder))
  return encoder => {
    const types = sharedTypes(entry.doc)
    const type = types[target % types.length]
    const index = position % (type.length + 1)
    const created = Y.createRelativePositionFromTypeIndex(type, index, association === 1 ? -1 : 0)
    encoding.writeVarUint8Array(encoder, Y.encodeRelativePosition(created))
    encoding.writeVarString(encoder, JSON.stringify(Y.relativePositionToJSON(created)))
  }
}

const resolvePosition = (entry, { sharedTypes }, decoder) => {
  const bytes = decoding.readVarUint8Array(decoder)
  return encoder => {
    const resolved = Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(bytes), entry.doc)
    const type = resolved === null ? -1 : sharedTypes(entry.doc).indexOf(resolved.type)
    // A type that is deleted has no number, and its positions have no place.
    encoding.writeVarUint(encoder, type + 1)
    encoding.writeVarUint(encoder, type < 0 ? 0 : resolved.index)
  }
}

// MARK: Snapshots

const encodeSnapshot = entry => encoder =>
  encoding.writeVarUint8Array(encoder, Y.encodeSnapshot(Y.snapshot(entry.doc)))

/** The document that was, and what the root text says of it without being restored. */
const readPast = (entry, { root, canonicalDocument, canonicalText }, decoder) => {
  const snapshot = Y.decodeSnapshot(decoding.readVarUint8Array(decoder))
  return encoder => {
    const restored = Y.createDocFromSnapshot(entry.doc, snapshot)
    encoding.writeVarString(encoder, canonicalDocument(restored))
    encoding.writeVarString(encoder, canonicalText(root(entry.doc, 'text').toDelta(snapshot)))
  }
}

/** A line for each part of the root text: its text, what became of it, and its author unless it stayed. */
const compareText = (entry, { root, canonical, canonicalAttributes }, decoder) => {
  const [first, second] = Array.from({ length: 2 }, () => Y.decodeSnapshot(decoding.readVarUint8Array(decoder)))
  return encoder => {
    const delta = root(entry.doc, 'text').toDelta(second, first, (type, id) => ({ type, user: id.client }))
    const lines = []
    for (const { insert, attributes: { ychange, ...formats } = {} } of delta) {
      // Of what is embedded Yjs says what it said of the text before it.
      const change = ychange && typeof insert === 'string' ? ` ${ychange.type} ${ychange.user}` : ''
      const rest = canonicalAttributes(formats) + change
      const last = lines[lines.length - 1]
      if (typeof insert === 'string' && typeof last?.insert === 'string' && last.rest === rest) last.insert += insert
      else lines.push({ insert, rest })
    }
    encoding.writeVarString(encoder, lines.map(({ insert, rest }) =>
      (typeof insert === 'string' ? JSON.stringify(insert) : '<' + canonical(insert) + '>') + rest).join('\n'))
  }
}

// MARK: Commands

/** Reads all of the command; what is returned runs it. Undefined for the commands of others. */
exports.parse = (command, entry, decoder, context) => {
  switch (command) {
    case 30: return createUndoManager(entry, context.root, decoder)
    case 31: return performTracked(entry, context, decoder)
    case 32: return act(entry, context, decoder)
    case 34: return createPosition(entry, context, decoder)
    case 35: return resolvePosition(entry, context, decoder)
    case 36: return encodeSnapshot(entry)
    case 37: return readPast(entry, context, decoder)
    case 38: return () => { entry.doc.gc = false }
    case 39: return compareText(entry, context, decoder)
    default: return undefined
  }
}
