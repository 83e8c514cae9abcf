// lib0's encodings of numbers, strings and values, as the core and Yjs write them.

const encoder = new TextEncoder()
// Without the option, a text that begins with U+FEFF would lose it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false })

const depthMax = 128

/** Text as UTF-8. Half a surrogate pair becomes U+FFFD. */
export const encodeText = text => encoder.encode(text)

/** Text from UTF-8. */
export function decodeText(bytes) {
  // Short ASCII text, such as a key, is faster without the decoder.
  if (bytes.length <= 24) {
    let text = ''
    for (let index = 0; index < bytes.length; index++) {
      if (bytes[index] > 127) return decoder.decode(bytes)
      text += String.fromCharCode(bytes[index])
    }
    return text
  }
  return decoder.decode(bytes)
}

/** Appends to bytes that grow. */
export class ByteWriter {
  #bytes = new Uint8Array(64)
  #count = 0
  #view = new DataView(this.#bytes.buffer)

  #reserve(extra) {
    if (this.#count + extra <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#count + extra, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#count))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  /** What was written, to be read before more is. */
  get bytes() { return this.#bytes.subarray(0, this.#count) }

  writeByte(byte) {
    this.#reserve(1)
    this.#bytes[this.#count++] = byte
    return this
  }

  writeVarUint(number) {
    this.#reserve(8)
    while (number > 127) {
      this.#bytes[this.#count++] = (number % 128) | 128
      number = Math.floor(number / 128)
    }
    this.#bytes[this.#count++] = number
    return this
  }

  #writeVarInt(number) {
    const isNegative = number < 0 || Object.is(number, -0)
    let rest = Math.abs(number)
    this.writeByte((rest > 63 ? 128 : 0) | (isNegative ? 64 : 0) | rest % 64)
    rest = Math.floor(rest / 64)
    if (rest > 0) this.writeVarUint(rest)
  }

  writeBytes(bytes) {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#count)
    this.#count += bytes.length
    return this
  }

  writeVarBytes(bytes) { return this.writeVarUint(bytes.length).writeBytes(bytes) }

  writeVarString(text) { return this.writeVarBytes(encodeText(text)) }

  /**
   * Writes a value: what JSON can say, and `undefined`, bigints of 64 bits and `Uint8Array`.
   *
   * @throws {TypeError} For functions, symbols and shared types, and when values are nested too deeply.
   */
  writeAny(value, depth = 0) {
    if (depth > depthMax) throw new TypeError(`values may be nested ${depthMax} deep`)
    switch (typeof value) {
      case 'undefined': return this.writeByte(127)
      case 'boolean': return this.writeByte(value ? 120 : 121)
      case 'string': return this.writeByte(119).writeVarString(value)
      case 'number': return this.#writeNumber(value)
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value) throw new RangeError('a bigint in a document has at most 64 bits')
        this.writeByte(122).#reserve(8)
        this.#view.setBigInt64(this.#count, value)
        this.#count += 8
        return this
      case 'object': return this.#writeObject(value, depth)
      default: throw new TypeError(`a document cannot hold a ${typeof value}`)
    }
  }

  #writeNumber(number) {
    if (Number.isInteger(number) && Math.abs(number) <= 0x7FFFFFFF) {
      this.writeByte(125).#writeVarInt(number)
    } else if (Math.fround(number) === number) {
      this.writeByte(124).#reserve(4)
      this.#view.setFloat32(this.#count, number)
      this.#count += 4
    } else {
      this.writeByte(123).#reserve(8)
      this.#view.setFloat64(this.#count, number)
      this.#count += 8
    }
    return this
  }

  #writeObject(value, depth) {
    if (value === null) return this.writeByte(126)
    if (value instanceof Uint8Array) return this.writeByte(116).writeVarBytes(value)
    if (Array.isArray(value)) {
      this.writeByte(117).writeVarUint(value.length)
      for (let index = 0; index < value.length; index++) this.writeAny(value[index], depth + 1)
      return this
    }
    if (value.isSharedType) throw new TypeError('a shared type is made where it stands, as by insertMap or setText')
    const names = Object.keys(value)
    this.writeByte(118).writeVarUint(names.length)
    for (const name of names) this.writeVarString(name).writeAny(value[name], depth + 1)
    return this
  }
}

/** A value in lib0's encoding. */
export const encodeAny = value => new ByteWriter().writeAny(value).bytes

/** Reads bytes from the start on. What others sent goes through the core; messages of a connection are read here. */
export class ByteReader {
  #bytes
  #position
  #end

  /**
   * @param {Uint8Array} bytes
   * @param {number} [start]
   * @param {number} [end]
   */
  constructor(bytes, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  get isAtEnd() { return this.#position >= this.#end }

  get byteOffset() { return this.#position }

  set byteOffset(offset) { this.#position = offset }

  /** @throws {RangeError} At the end. */
  readByte() {
    if (this.isAtEnd) throw new RangeError(`the bytes end in the middle of a field, at byte ${this.#position}`)
    return this.#bytes[this.#position++]
  }

  readVarUint() {
    let number = 0
    let factor = 1
    for (;;) {
      const byte = this.readByte()
      number += (byte & 127) * factor
      if (byte < 128) break
      factor *= 128
      if (factor > 2 ** 53) throw new RangeError(`an integer is too long, at byte ${this.#position}`)
    }
    if (number > Number.MAX_SAFE_INTEGER) throw new RangeError(`an integer is out of range, at byte ${this.#position}`)
    return number
  }

  readVarInt() {
    const first = this.readByte()
    const magnitude = (first & 63) + (first & 128 ? this.readVarUint() * 64 : 0)
    return first & 64 ? -magnitude : magnitude
  }

  /** A view of the next bytes. */
  readBytes(count) {
    if (count > this.#end - this.#position) {
      throw new RangeError(`the bytes end in the middle of a field, at byte ${this.#position}`)
    }
    this.#position += count
    return this.#bytes.subarray(this.#position - count, this.#position)
  }

  readVarBytes() { return this.readBytes(this.readVarUint()) }

  /** A copy of bytes with their length before them. */
  copyVarBytes() {
    const count = this.readVarUint()
    if (count > this.#end - this.#position) {
      throw new RangeError(`the bytes end in the middle of a field, at byte ${this.#position}`)
    }
    this.#position += count
    return this.#bytes.slice(this.#position - count, this.#position)
  }

  readVarString() {
    const count = this.readVarUint()
    return count === 0 ? '' : decodeText(this.readBytes(count))
  }

  #view(count) {
    const bytes = this.readBytes(count)
    return new DataView(bytes.buffer, bytes.byteOffset, count)
  }

  readAny() {
    const tag = this.readByte()
    switch (tag) {
      case 127: return undefined
      case 126: return null
      case 125: return this.readVarInt()
      case 124: return this.#view(4).getFloat32(0)
      case 123: return this.#view(8).getFloat64(0)
      case 122: return this.#view(8).getBigInt64(0)
      case 121: return false
      case 120: return true
      case 119: return this.readVarString()
      case 118: {
        const object = {}
        for (let count = this.readVarUint(); count > 0; count--) setMember(object, this.readVarString(), this.readAny())
        return object
      }
      case 117: return Array.from({ length: this.readVarUint() }, () => this.readAny())
      case 116: return this.copyVarBytes()
      default: throw new RangeError(`unknown tag ${tag} of a value, at byte ${this.#position - 1}`)
    }
  }
}

/** Gives an object a member, whatever its name: `__proto__`, assigned, would replace the prototype instead. */
export function setMember(object, name, value) {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[name] = value
  }
}
