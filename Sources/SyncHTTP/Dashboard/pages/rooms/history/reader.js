import { core } from '../../../core.js'
import { Emitter } from '../../../crdt/emitter.js'
import { countEvent, declaredRoot } from './changes.js'
import { contentOf, unitsOf } from './picture.js'

/** Bytes of updates that are kept to be replayed, moments that are known, and bytes of a document. */
const limits = { updates: 48 << 20, moments: 50_000, document: 256 << 20 }
/** What applying a moment costs besides its bytes, in bytes. */
const momentCost = 200
const checkpointCostMin = 100_000
/** For how many milliseconds it is read before others get their turn. */
const turn = 12

/** Lets all else that waits go first. */
export const breathe = () => new Promise(resolve => { setTimeout(resolve) })

/** One update that does what a part of a moment, or several of them, did. */
export const updateOf = (crdt, parts) =>
  parts.length === 1 ? parts[0].update : crdt.mergeUpdates(parts.map(({ update }) => update))

/**
 * Reads a history from its beginning to its end once, and goes on as it grows: counts what each author inserted and
 * deleted, finds out whose changes build on one another, and puts checkpoints down, from which moments are reached
 * quickly.
 *
 * A checkpoint is the document at a position, as an update. There is one whenever going on from the last one costs about
 * as much as reading one, so all of them take about as much memory as the history.
 *
 * Event: `progress`, when more was read.
 */
export class Reader extends Emitter {
  /** @type {number} How many moments were read. */
  position = 0
  /** @type {number} The position from which on it can be replayed: for what was before, memory did not suffice. */
  firstReplayable = 0
  /** @type {Error | null} Why nothing can be replayed. */
  failure = null
  /** @type {{ position: number, update: Uint8Array | null }[]} The first ones first. */
  checkpoints = [{ position: 0, update: null }]
  #moments
  #signal
  #crdt = null
  #document = null
  #observed = new Set()
  #events = []
  #cost = 0
  #reading = null

  /**
   * @param {import('./moments.js').Moments} moments
   * @param {AbortSignal} signal Ends it, and gives its memory back.
   */
  constructor(moments, signal) {
    super()
    this.#moments = moments
    this.#signal = signal
    const stop = moments.on('change', index => this.#rewind(index))
    signal.addEventListener('abort', () => {
      stop()
      this.#document?.destroy()
    })
  }

  /** Reads as far as moments are known. */
  read() { return this.#reading ??= this.#read().finally(() => { this.#reading = null }) }

  /** Moments from an index on are other ones now. What was applied of them is a part of those. */
  #rewind(index) {
    this.position = Math.min(this.position, index)
    while (this.checkpoints.length > 1 && this.checkpoints.at(-1).position > index) this.checkpoints.pop()
  }

  async #read() {
    if (this.failure) return
    try {
      this.#crdt ??= await core()
      if (this.#signal.aborted) return
      this.#document ??= this.#crdt.createDocument()
      let start = performance.now()
      while (this.position < this.#moments.end) {
        this.#keepCheckpoint()
        this.#readMoment(this.#moments.list[this.position])
        this.position += 1
        if (performance.now() - start < turn) continue
        this.emit('progress')
        await breathe()
        if (this.#signal.aborted) return
        start = performance.now()
      }
      this.#trim()
    } catch (error) {
      this.failure = error
      this.checkpoints = []
      if (this.#crdt && !this.#crdt.hasFailed) this.#document?.destroy()
    }
    this.emit('progress')
  }

  #readMoment(moment) {
    for (const [index, part] of moment.parts.entries()) {
      this.#cost += part.update.length
      const { isPending } = this.#document.apply(part.update)
      // What waits for somebody else's part of the moment is applied with it.
      if (isPending && index < moment.parts.length - 1) part.joinsNext = true
      this.#findRoots(part)
      for (const event of this.#events.splice(0)) {
        const counts = countEvent(event)
        for (const name of Object.keys(counts)) part[name] += counts[name]
      }
    }
    this.#cost += momentCost
  }

  #findRoots(part) {
    for (const [name, root] of this.#document.roots) {
      if (this.#observed.has(name)) continue
      const declared = declaredRoot(this.#document, name, root)
      this.#observed.add(name)
      declared.observeDeep(events => { this.#events.push(...events) })
      part.inserted += unitsOf(contentOf(root))
    }
  }

  // MARK: Memory

  #keepCheckpoint() {
    const last = this.checkpoints.at(-1)
    if (this.#cost < Math.max(checkpointCostMin, last.update?.length ?? 0) || last.position >= this.position) return
    this.#addCheckpoint()
  }

  #addCheckpoint() {
    this.checkpoints.push({ position: this.position, update: this.#document.encodeUpdate() })
    this.#cost = 0
  }

  /** Gives up the updates of the first moments when there are too many. */
  #trim() {
    if (this.#document.memoryBytes > limits.document) {
      throw Object.assign(new Error('the document is too large'), { isTooLarge: true })
    }
    const { list, start, end } = this.#moments
    let bytes = 0, goal = this.firstReplayable
    for (let index = goal; index < end; index++) bytes += bytesOf(list[index])
    if (bytes <= limits.updates && end - start <= limits.moments) return
    while (goal < end - limits.moments / 2) bytes -= bytesOf(list[goal++])
    while (bytes > limits.updates / 2 && goal < end) bytes -= bytesOf(list[goal++])
    if (this.checkpoints.at(-1).position < goal) this.#addCheckpoint()
    const first = this.checkpoints.find(({ position }) => position >= goal).position
    for (let index = this.firstReplayable; index < first; index++) {
      for (const part of list[index].parts) part.update = null
    }
    this.checkpoints = this.checkpoints.filter(({ position }) => position >= first)
    this.firstReplayable = first
    if (end - start > limits.moments) this.#moments.forget(first)
  }
}

const bytesOf = ({ parts }) => parts.reduce((sum, { update }) => sum + (update?.length ?? 0), 0)
