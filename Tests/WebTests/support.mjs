// What the tests share: the core as `make web` has built it, Yjs beside it, and seeded random numbers.

import { createRequire } from 'node:module'

const { CRDT_WEB } = process.env

/** Where the core was built. */
export const folder = new URL(CRDT_WEB ? `file://${CRDT_WEB}/` : '../../.build/web/', import.meta.url)

/** The module of a name, as it was built. */
export const webModule = name => import(new URL(name, folder))

export const { load, Document, UndoManager, Awareness, UpdateError, TrapError, CRDTError, Subdocument } =
  await webModule('crdt.js')

// Yjs and ws are CommonJS modules of Debian, found by NODE_PATH.
export const require = createRequire(import.meta.url)

/** Numbers that are always the same for a seed (mulberry32). */
export class SeededRandom {
  #state

  constructor(seed) { this.#state = seed >>> 0 }

  next() {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0
    let bits = this.#state
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return (bits ^ (bits >>> 14)) >>> 0
  }

  below(count) { return this.next() % count }

  of(list) { return list[this.below(list.length)] }

  chance(percent) { return this.below(100) < percent }
}

export const hex = bytes => Buffer.from(bytes).toString('hex')

/** Waits until something holds. */
export async function until(condition, what, milliseconds = 20_000) {
  const deadline = Date.now() + milliseconds
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
