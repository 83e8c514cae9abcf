// Commands 40 to 49: JSON and awareness; PROTOCOL.md says what they are asked and how they answer.
'use strict'

const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')

// MARK: JSON

/** Half a surrogate pair is no text on the wire. */
const wellFormed = string =>
  string.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')

const wellFormedValue = value => {
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map(wellFormedValue)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [wellFormed(name), wellFormedValue(member)]))
}

const parse = text => {
  try {
    return { value: wellFormedValue(JSON.parse(text)) }
  } catch {
    return null
  }
}

const parseJSON = decoder => {
  const texts = Array.from({ length: decoding.readVarUint(decoder) }, () => decoding.readVarString(decoder))
  return encoder => {
    for (const text of texts) {
      const parsed = parse(text)
      encoding.writeVarUint(encoder, parsed ? 1 : 0)
      if (parsed) encoding.writeAny(encoder, parsed.value)
    }
  }
}

const writeJSON = decoder => {
  const spaces = decoding.readVarUint(decoder)
  const values = Array.from({ length: decoding.readVarUint(decoder) }, () => decoding.readAny(decoder))
  return encoder => values.forEach(value => encoding.writeVarString(encoder, JSON.stringify(value, null, spaces)))
}

module.exports = { 40: parseJSON, 41: writeJSON }
