/** What goes wrong in a document and is nobody's wrong argument. */
export class CRDTError extends Error {
  get name() { return this.constructor.name }
}

/** Bytes from outside were refused. What they were meant for is as it was. */
export class UpdateError extends CRDTError {
  /**
   * @param {string} reason What is wrong, in words.
   * @param {number} byteOffset Where: bytes from the start of what was given.
   */
  constructor(reason, byteOffset) {
    super(`${reason} at byte ${byteOffset}`)
    /** @type {string} What is wrong, in words. */
    this.reason = reason
    /** @type {number} Where: bytes from the start of what was given. */
    this.byteOffset = byteOffset
  }
}

/**
 * The core has stopped at a mistake of its own, or had no memory left. What it holds may be half done, so the instance
 * of WebAssembly and all its documents are unusable from then on: each call throws this error. Documents of another
 * `load()` are not affected.
 */
export class TrapError extends CRDTError {
  /** @param {unknown} cause What WebAssembly has thrown. */
  constructor(cause) {
    super(
      `the core stopped (${cause instanceof Error ? cause.message : cause}); its documents can no longer be used: ` +
      'load() another instance and read them again from where they are stored', { cause })
  }
}
