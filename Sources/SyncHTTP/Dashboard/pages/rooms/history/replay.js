import { core } from '../../../core.js'
import { changesOf, observing } from './changes.js'
import { pictureOf } from './picture.js'
import { breathe, updateOf } from './reader.js'

/** Authors of a moment whose changes are shown one by one. */
const groupsMax = 8
const turn = 12

/**
 * What a moment looked like.
 *
 * @typedef {object} View
 * @property {import('./picture.js').Picture} picture The document after the moment.
 * @property {{ parts: import('./moments.js').Part[], changes: object[] }[]} groups What was changed in it, by authors whose
 *   changes make sense together.
 */

/** Replays a history: makes the document of any moment, from the one that was shown before or from a checkpoint. */
export class Replay {
  #moments
  #reader
  #signal
  #crdt = null
  #document = null
  #position = 0
  /** Of the document, as long as it was not changed since. */
  #picture = null
  #wanted = 0
  #tail = Promise.resolve()

  /**
   * @param {import('./moments.js').Moments} moments
   * @param {import('./reader.js').Reader} reader
   * @param {AbortSignal} signal Ends it, and gives its memory back.
   */
  constructor(moments, reader, signal) {
    this.#moments = moments
    this.#reader = reader
    this.#signal = signal
    const stop = moments.on('change', index => { if (this.#position > index) this.#drop() })
    signal.addEventListener('abort', () => {
      stop()
      this.#drop()
    })
  }

  /** Whether a position can be shown. */
  has(position) {
    const { failure, firstReplayable, position: end } = this.#reader
    return failure === null && position <= end && (position > firstReplayable || position === 0)
  }

  /** Whether a position will never be shown: the beginning of a long history, or all of one that cannot be replayed. */
  lacks(position) {
    const { failure, firstReplayable } = this.#reader
    return failure !== null || (position <= firstReplayable && position !== 0)
  }

  /**
   * The document after so many moments, and what the last of them changed.
   *
   * @param {number} position One that it {@link has}.
   * @returns {Promise<View | null>} Null when another one was asked for meanwhile, or the moment is another one by now.
   */
  show(position) {
    const request = ++this.#wanted
    const isWanted = () => request === this.#wanted && !this.#signal.aborted && this.has(position)
    const result = this.#tail.then(() => isWanted() ? this.#show(position, isWanted) : null)
    this.#tail = result.catch(() => {})
    return result
  }

  async #show(position, isWanted) {
    if (this.#crdt?.hasFailed) this.#drop()
    this.#crdt = await core()
    if (position === 0) return { picture: { roots: [], types: new Map() }, groups: [] }
    if (!isWanted() || !await this.#seek(position - 1, isWanted)) return null
    const moment = this.#moments.list[position - 1]
    let picture = this.#picture ?? pictureOf(this.#document)
    this.#picture = null
    const groups = []
    // While the moment is applied the document is at no position.
    this.#position = NaN
    for (const parts of grouped(moment.parts)) {
      const events = observing(this.#document, () => this.#document.apply(updateOf(this.#crdt, parts)))
      const before = picture
      picture = pictureOf(this.#document)
      groups.push({ parts, changes: changesOf(events, before, picture) })
    }
    this.#position = position
    this.#picture = picture
    return { picture, groups }
  }

  /** Brings the document to a position: on from where it is, or from the checkpoint before it. */
  async #seek(position, isWanted) {
    const checkpoint = this.#reader.checkpoints.findLast(checkpoint => checkpoint.position <= position)
    if (this.#document === null || !(this.#position <= position) || this.#position < checkpoint.position) {
      this.#drop()
      this.#document = this.#crdt.createDocument()
      if (checkpoint.update) this.#document.apply(checkpoint.update)
      this.#position = checkpoint.position
    }
    let start = performance.now()
    if (this.#position < position) this.#picture = null
    while (this.#position < position) {
      for (const { update } of this.#moments.list[this.#position].parts) this.#document.apply(update)
      this.#position += 1
      if (performance.now() - start < turn) continue
      await breathe()
      // Whoever asks next goes on from here, if that is on the way.
      if (!isWanted() || this.#document === null) return false
      start = performance.now()
    }
    return true
  }

  #drop() {
    if (this.#document && !this.#crdt.hasFailed) this.#document.destroy()
    this.#document = null
    this.#picture = null
    this.#position = 0
  }
}

/** Parts that make sense together; all of them when they are many. */
function grouped(parts) {
  if (parts.length > groupsMax) return [parts]
  const groups = [[]]
  for (const [index, part] of parts.entries()) {
    groups.at(-1).push(part)
    if (!part.joinsNext && index < parts.length - 1) groups.push([])
  }
  return groups
}
