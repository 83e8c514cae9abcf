// Replays an editing trace in node on the core in WebAssembly and on Yjs, and prints the ratio:
//
//     node --expose-gc replay.mjs TRACES RUNS      as `make bench-web` does
//
// Each has a process of its own, one after the other: in one process, the collector goes through what the other one keeps,
// and calls are compiled for both. Printed are medians, and the least in brackets, of milliseconds: elapsed or of the
// processor, whichever is less, so that neither other processes nor node's helper threads count against anybody.

import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { load } from '../../.build/web/crdt.js'

const Y = createRequire(import.meta.url)('yjs')
const [folder, runs = '15', only] = process.argv.slice(2)
const file = path.join(folder ?? '', 'automerge-paper.json.gz')
if (!fs.existsSync(file)) {
  console.log(`skipped: there is no ${file}`)
  process.exit(0)
}
const trace = JSON.parse(zlib.gunzipSync(fs.readFileSync(file)))
const patches = trace.txns.flatMap(txn => txn.patches)
const crdt = await load()

// MARK: Both sides

const ours = {
  create: clientID => crdt.createDocument({ clientID }),
  text: document => document.text('text'),
  onUpdate: (document, handler) => document.on('update', ({ update }) => handler(update)),
  apply: (document, update) => document.apply(update),
  encode: document => document.encodeUpdate(),
  destroy: document => document.destroy()
}

const theirs = {
  create: clientID => Object.assign(new Y.Doc(), { clientID }),
  text: document => document.getText('text'),
  onUpdate: (document, handler) => document.on('update', handler),
  apply: (document, update) => Y.applyUpdate(document, update),
  encode: document => Y.encodeStateAsUpdate(document),
  destroy: document => document.destroy()
}

function replay(side, document) {
  const text = side.text(document)
  for (const [position, deleted, inserted] of patches) {
    document.transact(() => {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    })
  }
}

/** Typing without transactions around it: each edit is one. */
function replayBare(side, document) {
  const text = side.text(document)
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.delete(position, deleted)
    if (inserted !== '') text.insert(position, inserted)
  }
}

function replayEmitting(side, document) {
  let bytes = 0
  side.onUpdate(document, update => { bytes += update.length })
  replay(side, document)
  if (bytes === 0) throw new Error('no update was emitted')
}

// MARK: Measuring

function milliseconds(body) {
  global.gc()
  const cpu = process.cpuUsage()
  const start = process.hrtime.bigint()
  body()
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6
  const used = process.cpuUsage(cpu)
  return Math.min(elapsed, (used.user + used.system) / 1e3)
}

const check = (side, document) => {
  if (side.text(document).toString() !== trace.endContent) throw new Error('the text differs from the end of the trace')
}

/** Operations: what is measured of a document, and what is done before. */
const operations = (updates, whole) => ({
  'replay, a transaction for each patch': [side => side.create(1), replay],
  'replay, without transactions around': [side => side.create(1), replayBare],
  'replay, with an update for each patch': [side => side.create(1), replayEmitting],
  'apply those updates one by one': [
    side => side.create(99), (side, document) => { for (const update of updates) side.apply(document, update) }
  ],
  'load the whole as one update': [side => side.create(99), (side, document) => side.apply(document, whole)],
  'encode the whole': [
    side => {
      const document = side.create(99)
      side.apply(document, whole)
      return document
    },
    (side, document) => side.encode(document)
  ],
  'read the text': [
    side => {
      const document = side.create(99)
      side.apply(document, whole)
      return document
    },
    (side, document) => side.text(document).toString()
  ]
})

function measure(side, [prepare, body]) {
  const document = prepare(side)
  const time = milliseconds(() => body(side, document))
  check(side, document)
  side.destroy(document)
  return time
}

/** Milliseconds of each operation, by its name. */
function samples(side) {
  const updates = []
  const source = side.create(1)
  side.onUpdate(source, update => updates.push(update))
  replay(side, source)
  const measured = {}
  for (const [name, operation] of Object.entries(operations(updates, side.encode(source)))) {
    measure(side, operation) // warms the compiler up
    measured[name] = Array.from({ length: Number(runs) }, () => measure(side, operation))
  }
  return measured
}

const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]

const show = list => `${median(list).toFixed(2)} (${Math.min(...list).toFixed(2)})`

if (only !== undefined) {
  console.log(JSON.stringify(samples({ ours, theirs }[only])))
} else {
  const words = ['--expose-gc', fileURLToPath(import.meta.url), folder, runs]
  const [mine, their] = ['ours', 'theirs'].map(name => JSON.parse(execFileSync(process.execPath, [...words, name])))
  console.log(`${patches.length} patches of automerge-paper, ${runs} runs; ms, median (least)`)
  console.log(`${''.padEnd(40)}${'WebAssembly'.padStart(20)}${'Yjs'.padStart(22)}   ratio`)
  for (const name of Object.keys(mine)) {
    const ratio = median(their[name]) / median(mine[name])
    const columns = [name.padEnd(40), show(mine[name]).padStart(20), show(their[name]).padStart(22)]
    console.log(`${columns.join('')}   ${ratio.toFixed(1)}×`)
  }
}
