// Loading the core, and what is made of it.

import { encodeAny, ByteWriter } from './codec.js'
import { Document } from './document.js'
import { CRDTError } from './errors.js'
import { checkBytes, formatNumber, Instance } from './instance.js'

/**
 * The core, loaded: makes documents, and has tools for updates without one. Made by {@link load}.
 *
 * All documents of an instance are in one memory, and end with it if it should trap.
 */
export class CRDT {
  /** @internal */
  constructor(instance) {
    /** @internal */
    this.instance = instance
  }

  /**
   * An empty document.
   *
   * @param {object} [options]
   * @param {number} [options.clientID] Whom it writes as, from 1 to 2^53 − 1; drawn at random unless it is given. Two
   *   documents that write under one identifier corrupt each other.
   * @param {boolean} [options.collectsGarbage] Whether deleted content is given up, as Yjs does; true unless said
   *   otherwise. Snapshots need it not to be.
   * @param {string} [options.guid] Names the document wherever it is; made at random unless it is given.
   * @returns {Document}
   */
  createDocument(options = {}) { return Document.create(this, options) }

  /** @type {boolean} Whether the core has trapped, so that nothing made of it can be used any more. */
  get hasFailed() { return this.instance.failure !== null }

  /** @type {number} Bytes of memory that the instance takes, free ones among them. It does not shrink. */
  get memoryBytes() { return this.instance.memory.buffer.byteLength }

  /** @type {number} Bytes of memory that are in use. */
  get usedBytes() { return this.instance.call('lent_bytes') >>> 0 }

  /**
   * One update that does what all of them do.
   *
   * @param {Uint8Array[]} updates
   * @param {1 | 2} [format] Of the updates and of the result.
   * @returns {Uint8Array}
   * @throws {UpdateError} With its offset in the update that is wrong.
   */
  mergeUpdates(updates, format = 1) {
    const writer = new ByteWriter().writeVarUint(updates.length)
    for (const update of updates) writer.writeVarBytes(checkBytes(update))
    return this.instance.take(this.instance.call('update_merge', writer.bytes, formatNumber(format)))
  }

  /**
   * What a replica with a state vector lacks of an update.
   *
   * @param {Uint8Array} update
   * @param {Uint8Array} stateVector
   * @param {1 | 2} [format] Of the update and of the result.
   * @returns {Uint8Array}
   * @throws {UpdateError}
   */
  diffUpdate(update, stateVector, format = 1) {
    const result = this.instance.call(
      'update_difference', checkBytes(update), checkBytes(stateVector), formatNumber(format))
    return this.instance.take(result)
  }

  /**
   * The state vector of a replica that has applied nothing but an update.
   *
   * @param {Uint8Array} update
   * @param {1 | 2} [format]
   * @returns {Uint8Array}
   * @throws {UpdateError}
   */
  stateVectorOfUpdate(update, format = 1) {
    return this.instance.take(this.instance.call('update_state_vector', checkBytes(update), formatNumber(format)))
  }

  /**
   * An update in another format.
   *
   * @param {Uint8Array} update
   * @param {1 | 2} from
   * @param {1 | 2} to
   * @returns {Uint8Array}
   * @throws {UpdateError}
   */
  convertUpdate(update, from, to) {
    return this.instance.take(
      this.instance.call('update_convert', checkBytes(update), formatNumber(from), formatNumber(to)))
  }

  /**
   * What a state vector says: the next clock of each client.
   *
   * @param {Uint8Array} stateVector
   * @returns {Map<number, number>}
   * @throws {UpdateError}
   */
  decodeStateVector(stateVector) {
    const reader = this.instance.reader(this.instance.call('state_vector_check', checkBytes(stateVector)))
    const clocks = new Map()
    for (let count = reader.readVarUint(); count > 0; count--) clocks.set(reader.readVarUint(), reader.readVarUint())
    return clocks
  }

  /**
   * A relative position as bytes, the same as those of Yjs.
   *
   * @param {import('./shared-type.js').RelativePosition} position
   * @returns {Uint8Array}
   */
  encodeRelativePosition(position) {
    const bytes = this.instance.take(this.instance.call('position_encode', encodeAny(position)))
    if (bytes === null) throw new TypeError('not a relative position')
    return bytes
  }

  /**
   * A relative position from bytes.
   *
   * @param {Uint8Array} bytes
   * @returns {import('./shared-type.js').RelativePosition}
   * @throws {UpdateError}
   */
  decodeRelativePosition(bytes) {
    return this.instance.reader(this.instance.call('position_decode', checkBytes(bytes))).readAny()
  }
}

/**
 * Loads the core. Each call makes an instance with a memory of its own.
 *
 * A page with a Content-Security-Policy has to allow `'wasm-unsafe-eval'` for scripts.
 *
 * @param {URL | string | Response | Promise<Response> | BufferSource | WebAssembly.Module} [source] Where `crdt.wasm`
 *   is, or what is in it; it is looked for beside this module unless it is given.
 * @param {object} [options]
 * @param {() => number} [options.now] Milliseconds from any start, never going back, by which an undo manager tells
 *   what is one step.
 * @returns {Promise<CRDT>}
 */
export async function load(source = new URL('crdt.wasm', import.meta.url), { now = () => performance.now() } = {}) {
  let memory
  const imports = {
    env: {
      random(address, count) {
        // A call gives 65,536 bytes at most.
        for (let start = 0; start < count; start += 65536) {
          const length = Math.min(65536, count - start)
          crypto.getRandomValues(new Uint8Array(memory.buffer, (address >>> 0) + start, length))
        }
      },
      now
    }
  }
  const instance = await instantiate(source, imports)
  memory = instance.exports.memory
  return new CRDT(new Instance(instance.exports))
}

async function instantiate(source, imports) {
  if (source instanceof WebAssembly.Module) return WebAssembly.instantiate(source, imports)
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return (await WebAssembly.instantiate(source, imports)).instance
  }
  if (typeof source === 'string') source = new URL(source, globalThis.location?.href ?? import.meta.url)
  if (source instanceof URL && source.protocol === 'file:') {
    // Outside of a browser: its fetch reads no files.
    const { readFile } = await import('node:fs/promises')
    return (await WebAssembly.instantiate(await readFile(source), imports)).instance
  }
  const response = await (source instanceof URL ? fetch(source) : source)
  if (!response.ok) throw new CRDTError(`${response.url} answered ${response.status}`)
  // Servers that do not know WebAssembly's media type are many.
  if (!/^application\/wasm\b/.test(response.headers.get('content-type') ?? '')) {
    return (await WebAssembly.instantiate(await response.arrayBuffer(), imports)).instance
  }
  return (await WebAssembly.instantiateStreaming(response, imports)).instance
}
