// Undo and redo of one's own changes.

import { ByteWriter } from './codec.js'
import { Emitter } from './emitter.js'

// What happened to the stacks: `DocumentBox.post(_:of:)` in Sources/CRDTWasm.
const addedToUndo = 0
const addedToRedo = 1
const updated = 2
const undone = 3
const redone = 4

/** One step of an undo: what was written and deleted between two pauses, or what an undo or redo did. */
export class StackItem {
  constructor() {
    /** @type {Map<any, any>} What an application wants to find again with the step, such as the selection before it. */
    this.meta = new Map()
  }
}

/**
 * Undoes and redoes what was changed in some types, and only what tracked origins did, whatever others have changed
 * around it.
 *
 * Events: `added`, `updated` and `popped` with `{ item, type, origin }`, where `type` is `'undo'` or `'redo'`, the
 * stack; `cleared` with `{ undo, redo }`. Changes made by undoing have the undo manager as their origin.
 */
export class UndoManager extends Emitter {
  #handle
  #tracked
  /** Steps by the address that the core knows them by, the latest last. */
  #stacks = { undo: [], redo: [] }

  /**
   * @param {import('./shared-type.js').SharedType | import('./shared-type.js').SharedType[]} scope The types whose
   *   changes it tracks, with all inside them.
   * @param {object} [options]
   * @param {number} [options.captureTimeout] Milliseconds within which changes become part of the step before them.
   * @param {Iterable<string | object | null>} [options.trackedOrigins] The origins whose changes can be undone; null
   *   stands for local changes without one.
   * @param {boolean} [options.ignoresRemoteMapChanges] Whether undoing sets a map's key back even where somebody else
   *   has set it since.
   */
  constructor(scope, { captureTimeout = 500, trackedOrigins = [null], ignoresRemoteMapChanges = false } = {}) {
    super()
    const types = Array.isArray(scope) ? scope : [scope]
    if (types.length === 0 || types.some(type => !type?.isSharedType || type.document !== types[0].document)) {
      throw new TypeError('an undo manager tracks shared types of one document')
    }
    if (typeof captureTimeout !== 'number' || !(captureTimeout >= 0)) {
      throw new RangeError('the timeout of an undo manager is a number of milliseconds')
    }
    /** @type {import('./document.js').Document} */
    this.document = types[0].document
    const { origins } = this.document.instance
    // The core knows origins by names; they are held here so that the names stay theirs.
    this.#tracked = new Set(trackedOrigins)
    const settings = new ByteWriter().writeVarUint(types.length)
    for (const type of types) settings.writeVarUint(type.number)
    settings.writeVarUint(this.#tracked.size)
    for (const origin of this.#tracked) settings.writeVarString(origins.name(origin))
    settings.writeVarString(origins.name(this))
    this.#handle = this.document.call(
      'undo_create', settings.bytes, captureTimeout, ignoresRemoteMapChanges ? 1 : 0) >>> 0
    this.document.instance.watch(this, 'undo_destroy', this.#handle)
    this.document.addUndoManager(this.#handle, this)
  }

  #call(name, ...values) {
    this.document.checkAlive()
    if (this.#handle === 0) throw new TypeError('the undo manager was destroyed')
    return this.document.instance.call(name, this.#handle, ...values)
  }

  /**
   * Undoes the latest step that has anything left to undo.
   *
   * @returns {boolean} Whether there was one.
   */
  undo() { return this.#pop(0) }

  /**
   * Redoes what was undone last.
   *
   * @returns {boolean} Whether there was anything.
   */
  redo() { return this.#pop(1) }

  #pop(isRedo) {
    const popped = this.#call('undo_pop', isRedo) === 1
    this.document.settle()
    return popped
  }

  /** @type {boolean} Whether there is a step to undo. */
  get canUndo() { return this.#call('undo_count', 0) > 0 }

  /** @type {boolean} Whether there is a step to redo. */
  get canRedo() { return this.#call('undo_count', 1) > 0 }

  /** @type {number} How many steps can be undone. */
  get undoCount() { return this.#call('undo_count', 0) }

  /** @type {number} How many steps can be redone. */
  get redoCount() { return this.#call('undo_count', 1) }

  /** Begins a new step with the next change, however soon it comes. */
  stopCapturing() { this.#call('undo_stop') }

  /**
   * Gives up steps, and with them the deleted content that was kept for them.
   *
   * @param {object} [which]
   * @param {boolean} [which.undo]
   * @param {boolean} [which.redo]
   */
  clear({ undo = true, redo = true } = {}) {
    this.#call('undo_clear', (undo ? 1 : 0) | (redo ? 2 : 0))
    this.document.settle()
  }

  /**
   * Tracks one more type, from the next transaction on.
   *
   * @param {import('./shared-type.js').SharedType} type
   */
  track(type) {
    if (!type?.isSharedType || type.document !== this.document) {
      throw new TypeError('an undo manager tracks shared types of one document')
    }
    this.#call('undo_track', type.number)
  }

  /**
   * Tracks the changes of one more origin.
   *
   * @param {string | object | null} origin
   */
  trackOrigin(origin) {
    this.#tracked.add(origin)
    this.#call('undo_track_origin', this.document.instance.origins.name(origin), 1)
  }

  /**
   * No longer tracks the changes of an origin.
   *
   * @param {string | object | null} origin
   */
  untrackOrigin(origin) {
    this.#tracked.delete(origin)
    this.#call('undo_track_origin', this.document.instance.origins.name(origin), 0)
  }

  /** @internal Takes an event of the core. */
  handle(change, number, origin) {
    const { undo, redo } = this.#stacks
    switch (change) {
      case addedToUndo: return this.#add('undo', number, origin)
      case addedToRedo: return this.#add('redo', number, origin)
      case updated: {
        const entry = undo.find(entry => entry.number === number)
        if (entry) this.emit('updated', { item: entry.item, type: 'undo', origin })
        return
      }
      case undone: return this.#remove('undo', number, origin)
      case redone: return this.#remove('redo', number, origin)
      default:
        if (number & 1) undo.length = 0
        if (number & 2) redo.length = 0
        this.emit('cleared', { undo: (number & 1) !== 0, redo: (number & 2) !== 0 })
    }
  }

  #add(type, number, origin) {
    const item = new StackItem()
    this.#stacks[type].push({ number, item })
    this.emit('added', { item, type, origin })
  }

  #remove(type, number, origin) {
    const stack = this.#stacks[type]
    // Steps that had nothing left to undo were given up on the way to this one.
    while (stack.length > 0) {
      const entry = stack.pop()
      if (entry.number !== number) continue
      this.emit('popped', { item: entry.item, type, origin })
      return
    }
  }

  /** Ends the undo manager: nothing is tracked any more. */
  destroy() {
    if (this.#handle === 0) return
    const handle = this.#handle
    this.#handle = 0
    this.document.removeUndoManager(handle)
    this.document.instance.destroy(this, 'undo_destroy', handle)
    this.removeAllListeners()
  }
}
