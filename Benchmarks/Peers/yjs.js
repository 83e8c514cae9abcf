// Runs Yjs on a trace or a case:
//
//     node --expose-gc yjs.js version
//     node --expose-gc yjs.js trace TRACE FOLDER RUNS
//     node --expose-gc yjs.js case FILE RUNS             see Case.swift
//
// For a trace it writes what the others measure with: `patches`, `updates`, `v1` and `end` (little-endian, see
// Workload.swift). Prints one line of JSON: {"version", "samples": {operation: [milliseconds or bytes]}, "contents"}.
'use strict'

const fs = require('fs')
const path = require('path')
const zlib = require('zlib')
const Y = require('yjs')
const { forms } = require('./yjs-cases')

/** {patches: [[position, deleted, inserted]] or null, updates: [bytes] or null, v1: bytes, end: string} */
function load(file) {
  if (file.endsWith('.yjs')) {
    const doc = loaded(Y.convertUpdateFormatV2ToV1(fs.readFileSync(file)))
    return { patches: null, updates: null, v1: Y.encodeStateAsUpdate(doc), end: doc.getText('text').toString() }
  }
  const trace = JSON.parse(zlib.gunzipSync(fs.readFileSync(file)))
  if (trace.kind === 'concurrent') {
    const { updates, v1 } = replayConcurrently(trace.txns)
    return { patches: null, updates, v1, end: trace.endContent }
  }
  if (trace.startContent !== '') throw new Error('traces with a start are not supported')
  const patches = trace.txns.flatMap(txn => txn.patches)
  // Positions count code points; ours count UTF-16 units.
  if (patches.some(patch => /[\u{10000}-\u{10FFFF}]/u.test(patch[2]))) throw new Error('not all in the BMP')
  const { updates, doc } = replayEmittingUpdates(patches)
  return { patches, updates, v1: Y.encodeStateAsUpdate(doc), end: trace.endContent }
}

const newDoc = clientID => {
  const doc = new Y.Doc()
  doc.clientID = clientID
  return doc
}

function loaded(v1) {
  const doc = newDoc(99)
  Y.applyUpdate(doc, v1)
  return doc
}

/** One transaction per patch. */
function replay(doc, patches) {
  const text = doc.getText('text')
  for (const [position, deleted, inserted] of patches) {
    doc.transact(() => {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    })
  }
}

function replayEmittingUpdates(patches) {
  const doc = newDoc(1)
  const updates = []
  doc.on('update', update => updates.push(update))
  replay(doc, patches)
  return { updates, doc }
}

/** Each agent has a document of its own, and sees of the others what the parents of its transactions say. */
function replayConcurrently(txns) {
  const agents = new Map()
  const updates = []
  txns.forEach((txn, index) => {
    if (!agents.has(txn.agent)) agents.set(txn.agent, { doc: newDoc(txn.agent + 1), seen: new Set() })
    const agent = agents.get(txn.agent)
    const missing = []
    const queue = [...txn.parents]
    while (queue.length > 0) {
      const parent = queue.pop()
      if (agent.seen.has(parent)) continue
      agent.seen.add(parent)
      missing.push(parent)
      queue.push(...txns[parent].parents)
    }
    for (const parent of missing.sort((a, b) => a - b)) Y.applyUpdate(agent.doc, updates[parent])
    agent.doc.once('update', update => updates.push(update))
    agent.doc.transact(() => {
      const text = agent.doc.getText('text')
      for (const [position, deleted, inserted] of txn.patches) {
        if (deleted > 0) text.delete(position, deleted)
        if (inserted !== '') text.insert(position, inserted)
      }
    })
    agent.seen.add(index)
  })
  const merged = newDoc(99)
  for (const update of updates) Y.applyUpdate(merged, update)
  return { updates, v1: Y.encodeStateAsUpdate(merged) }
}

// MARK: what the Swift side reads

/** The update with the clients of its delete set in descending order: Yjs before 13.6 leaves their order open. */
function withOrderedDeletions(update) {
  const varUint = number => number < 128 ? [number] : [number % 128 + 128, ...varUint(Math.floor(number / 128))]
  const encode = clients => Buffer.from([clients.length, ...clients.flatMap(([client, ranges]) =>
    [client, ranges.length, ...ranges.flatMap(({ clock, len }) => [clock, len])])].flatMap(varUint))
  const clients = [...Y.decodeUpdate(update).ds.clients]
  const deletions = encode(clients)
  const structs = Buffer.from(update).subarray(0, update.length - deletions.length)
  if (!Buffer.concat([structs, deletions]).equals(Buffer.from(update))) throw new Error('not the delete set expected')
  return Buffer.concat([structs, encode(clients.sort(([left], [right]) => right - left))])
}

function uint32(...numbers) {
  const bytes = Buffer.alloc(4 * numbers.length)
  numbers.forEach((number, index) => bytes.writeUInt32LE(number, 4 * index))
  return bytes
}

function save(workload, folder) {
  const write = (name, parts) => fs.writeFileSync(path.join(folder, name), Buffer.concat(parts))
  write('v1', [withOrderedDeletions(workload.v1)])
  write('end', [Buffer.from(workload.end)])
  if (workload.updates) {
    const updates = workload.updates.flatMap(update => [uint32(update.length), update])
    write('updates', [uint32(workload.updates.length), ...updates])
  }
  if (workload.patches) {
    const patches = workload.patches.flatMap(([position, deleted, inserted]) => {
      const bytes = Buffer.from(inserted)
      return [uint32(position, deleted, bytes.length), bytes]
    })
    write('patches', [uint32(workload.patches.length), ...patches])
  }
}

// MARK: measurements

/** Milliseconds: elapsed or of the processor, whichever is less, so that neither other processes nor node's own
 *  helper threads count against Yjs. */
function milliseconds(body) {
  global.gc()
  const cpu = process.cpuUsage()
  const start = process.hrtime.bigint()
  body()
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6
  const used = process.cpuUsage(cpu)
  return Math.min(elapsed, (used.user + used.system) / 1e3)
}

/** Bytes of heap that what `body` returns keeps alive. */
function heapBytes(body) {
  const used = () => {
    for (let pass = 0; pass < 3; pass++) global.gc() // what one pass finalises, the next frees
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = used()
  const kept = body()
  const bytes = used() - before
  if (kept === undefined) throw new Error('nothing was kept')
  return bytes
}

function operations({ patches, updates, v1, end }) {
  const check = doc => {
    if (doc.getText('text').toString() !== end) throw new Error('the text differs from the end of the trace')
  }
  const timed = (prepare, body) => () => {
    const doc = prepare()
    const time = milliseconds(() => body(doc))
    check(doc)
    return time
  }
  const v2 = Y.convertUpdateFormatV1ToV2(v1)
  const all = {
    load: timed(() => newDoc(99), doc => Y.applyUpdate(doc, v1)),
    encode: timed(() => loaded(v1), doc => Y.encodeStateAsUpdate(doc)),
    loadV2: timed(() => newDoc(99), doc => Y.applyUpdateV2(doc, v2)),
    encodeV2: timed(() => loaded(v1), doc => Y.encodeStateAsUpdateV2(doc)),
    memory: () => heapBytes(() => loaded(v1))
  }
  if (updates) {
    all.remote = timed(() => newDoc(99), doc => { for (const update of updates) Y.applyUpdate(doc, update) })
  }
  if (patches) {
    all.local = timed(() => newDoc(1), doc => replay(doc, patches))
    all.localEmitting = timed(() => {
      const doc = newDoc(1)
      doc.emitted = 0
      doc.on('update', update => { doc.emitted += update.length })
      return doc
    }, doc => replay(doc, patches))
  }
  return all
}

function measureTrace(file, folder, runs) {
  const workload = load(file)
  save(workload, folder)
  const samples = {}
  for (const [name, operation] of Object.entries(operations(workload))) {
    operation() // warms the compiler up
    samples[name] = Array.from({ length: Number(runs) }, operation)
  }
  return { samples }
}

function measureCase(file, runs) {
  const subject = JSON.parse(fs.readFileSync(file))
  const run = () => forms(milliseconds)[subject.form](subject)
  const { contents } = run() // warms the compiler up
  return { samples: { case: Array.from({ length: Number(runs) }, () => run().time) }, contents }
}

const [command, ...words] = process.argv.slice(2)
const yjs = JSON.parse(fs.readFileSync(path.join(path.dirname(require.resolve('yjs')), '../package.json')))
const version = `Yjs ${yjs.version}, node ${process.versions.node}`
const measure = { version: () => ({ samples: {} }), trace: measureTrace, case: measureCase }[command]
console.log(JSON.stringify({ version, ...measure(...words) }))
