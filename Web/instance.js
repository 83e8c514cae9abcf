// An instance of WebAssembly: its memory, calls into it, and what becomes of it when it traps.

import { decodeText, encodeText, ByteReader } from './codec.js'
import { CRDTError, TrapError, UpdateError } from './errors.js'

// What calls return instead of a result: `Status` in Sources/CRDTWasm/Results.swift.
const refused = -1
const outOfRange = -2
const noRoom = -3
const otherKind = -4
const collectsGarbage = -5
const notKnown = -6

/** Bytes kept for what goes into calls; more gets memory of its own for the length of a call. */
const scratchBytes = 65536

const textEncoder = new TextEncoder()

/** Names of origins: the core knows them as text, while JavaScript takes any object for one. */
class Origins {
  #names = new WeakMap()
  #objects = new Map()
  #next = 1
  #registry = new FinalizationRegistry(name => this.#objects.delete(name))

  /** @returns {string} Empty for no origin. */
  name(origin) {
    if (origin === null || origin === undefined) return ''
    if (typeof origin === 'string') return 's' + origin
    if (typeof origin !== 'object' && typeof origin !== 'function') {
      throw new TypeError('the origin of a change is a string or an object')
    }
    let name = this.#names.get(origin)
    if (name === undefined) {
      name = 'o' + this.#next++
      this.#names.set(origin, name)
      this.#objects.set(name, new WeakRef(origin))
      this.#registry.register(origin, name)
    }
    return name
  }

  /** @returns {string | object | null} */
  named(name) {
    if (name === '') return null
    return name[0] === 's' ? name.slice(1) : this.#objects.get(name)?.deref() ?? null
  }
}

/** @internal Calls into WebAssembly, shared by all that is made of it. */
export class Instance {
  #bytes
  #registry

  /**
   * @param {WebAssembly.Exports} exports
   */
  constructor(exports) {
    /** The functions of the core; once it has trapped, each of them throws. */
    this.exports = exports
    this.memory = exports.memory
    this.origins = new Origins()
    /** @type {TrapError | null} */
    this.failure = null
    this.#bytes = new Uint8Array(this.memory.buffer)
    // What typing calls. Functions are found faster here than among all exports.
    this.begin = exports.document_begin
    this.end = exports.document_end
    this.events = exports.document_events
    this.applyUpdate = exports.document_apply
    this.insertText = exports.text_insert
    this.deleteText = exports.text_delete
    /** Where the bytes of a call are put. */
    this.scratch = exports.allocate(scratchBytes)
    // What is forgotten without being destroyed. It must not hold what it is to free.
    this.#registry = new FinalizationRegistry(({ destroy, handle }) => {
      if (this.failure === null) this.call(destroy, handle)
    })
  }

  /** All memory. It is another array whenever memory has grown. */
  get bytes() {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.memory.buffer)
    return this.#bytes
  }

  /**
   * Makes the instance unusable.
   *
   * @param {unknown} cause What a call threw.
   * @returns {TrapError} To be thrown.
   */
  fail(cause) {
    if (this.failure === null) {
      const failure = cause instanceof TrapError ? cause : new TrapError(cause)
      this.failure = failure
      const dead = () => { throw failure }
      this.exports = new Proxy({}, { get: () => dead })
      this.begin = this.end = this.events = this.applyUpdate = this.insertText = this.deleteText = dead
    }
    return this.failure
  }

  /**
   * Calls the core. Strings and bytes are handed over as an address and a count.
   *
   * @param {string} name
   * @param {...(number | string | Uint8Array)} values
   * @returns {number}
   */
  call(name, ...values) {
    const numbers = []
    const owned = []
    let place = this.scratch
    const end = this.scratch + scratchBytes
    try {
      for (const value of values) {
        if (typeof value === 'number') {
          numbers.push(value)
          continue
        }
        const bytes = typeof value === 'string' ? encodeText(value) : value
        let address = place
        if (bytes.length > end - place) {
          address = this.#run(this.exports.allocate, [bytes.length]) >>> 0
          if (address === 0) throw new CRDTError(`there is no memory for ${bytes.length} bytes`)
          owned.push(address)
        } else {
          place += bytes.length
        }
        this.bytes.set(bytes, address)
        numbers.push(address, bytes.length)
      }
      return this.#run(this.exports[name], numbers)
    } finally {
      if (this.failure === null) for (const address of owned) this.exports.release(address)
    }
  }

  /** Calls an exported function. Whatever comes out of it is a trap: what it imports does not throw. */
  #run(call, numbers) {
    try {
      return call(...numbers)
    } catch (error) {
      throw this.fail(error)
    }
  }

  /**
   * Writes text to where calls read it.
   *
   * @param {string} text
   * @returns {number} Its bytes in UTF-8; −1 when there is no room for them.
   */
  writeText(text) {
    const bytes = this.bytes
    const length = text.length
    // Typing is a character or two, for which the encoder takes longer than all else.
    if (length <= 16) {
      const start = this.scratch
      for (let index = 0; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit > 127) return this.#encodeText(text)
        bytes[start + index] = unit
      }
      return length
    }
    return this.#encodeText(text)
  }

  #encodeText(text) {
    if (text.length * 3 > scratchBytes) return -1
    return textEncoder.encodeInto(text, this.bytes.subarray(this.scratch, this.scratch + scratchBytes)).written
  }

  /**
   * Writes bytes to where calls read them.
   *
   * @param {Uint8Array} bytes
   * @returns {boolean} False when there is no room for them.
   */
  writeBytes(bytes) {
    if (bytes.length > scratchBytes) return false
    this.bytes.set(bytes, this.scratch)
    return true
  }

  /**
   * What a call gave: a view that the next call overwrites.
   *
   * @param {number} result
   * @returns {Uint8Array | null} Null when it gave nothing.
   */
  view(result) {
    if (result === 0) return null
    if (result < 0 && result > -32) this.raise(result)
    const address = result >>> 0
    return this.bytes.subarray(address, address + this.#count(address))
  }

  /** The count before the bytes at an address. */
  #count(address) {
    const { bytes } = this
    return (bytes[address - 4] | bytes[address - 3] << 8 | bytes[address - 2] << 16 | bytes[address - 1] << 24) >>> 0
  }

  /** A copy of what a call gave. */
  take(result) { return this.view(result)?.slice() ?? null }

  /** What a call gave as text. */
  text(result) { return decodeText(this.view(result)) }

  /** A reader of what a call gave, for use before the next call; null when it gave nothing. */
  reader(result) {
    if (result === 0) return null
    if (result < 0 && result > -32) this.raise(result)
    const address = result >>> 0
    return new ByteReader(this.bytes, address, address + this.#count(address))
  }

  /**
   * Throws what a status means.
   *
   * @param {number} status Below 0.
   */
  raise(status) {
    switch (status) {
      case refused: {
        const bytes = this.view(this.call('failure'))
        const offset = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24
        throw new UpdateError(decodeText(bytes.subarray(4)), offset >>> 0)
      }
      case outOfRange: throw new RangeError('an index or a length is outside of its type')
      case noRoom: throw new RangeError('the document has no room for so much more')
      case otherKind: throw new TypeError('a root of that name is of another kind')
      case collectsGarbage:
        throw new CRDTError('the document gives up deleted content: create it with collectsGarbage: false')
      case notKnown: throw new CRDTError('the document lacks a part of the snapshot: apply the missing updates first')
      default: throw new CRDTError(`the core answered ${status}`)
    }
  }

  /** Throws if a status says that something was not done. */
  check(status) {
    if (status < 0) this.raise(status)
    return status
  }

  /** Frees a handle when what stands for it is forgotten. */
  watch(object, destroy, handle) { this.#registry.register(object, { destroy, handle }, object) }

  /** Frees a handle now. */
  destroy(object, destroy, handle) {
    this.#registry.unregister(object)
    if (this.failure === null) this.call(destroy, handle)
  }
}

/** The number of an update format, as the core knows it. */
export function formatNumber(format) {
  if (format !== 1 && format !== 2) throw new RangeError('the format of an update is 1 or 2')
  return format
}

/** Throws unless a value is bytes. */
export function checkBytes(value) {
  if (!(value instanceof Uint8Array)) throw new TypeError('bytes have to be a Uint8Array')
  return value
}
