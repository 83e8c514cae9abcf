// Commands 40 to 49: JSON and awareness; PROTOCOL.md says what they are asked and how they answer.
'use strict'

const clock = require('./clock.js')
const awarenessProtocol = require('y-protocols/awareness')
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

// MARK: Awareness

/** An awareness without a state, whose timer only runs when it is told to. */
const createAwareness = client => {
  const setInterval = globalThis.setInterval
  let check
  globalThis.setInterval = callback => { check = callback }
  const awareness = new awarenessProtocol.Awareness({ clientID: client, on: () => {} })
  globalThis.setInterval = setInterval
  awareness.states.delete(client)
  return { awareness, check }
}

const numerically = (a, b) => a - b

/** Runs `body`; says who came, spoke and left, told by their presence before and after. */
const observed = (awareness, body) => {
  const before = new Set(awareness.states.keys())
  const touched = new Set()
  const changed = new Set()
  const onUpdate = ({ added, updated, removed }) => [...added, ...updated, ...removed].forEach(id => touched.add(id))
  const onChange = ({ added, updated }) => [...added, ...updated].forEach(id => changed.add(id))
  awareness.on('update', onUpdate)
  awareness.on('change', onChange)
  body()
  awareness.off('update', onUpdate)
  awareness.off('change', onChange)
  const of = (wasPresent, isPresent) => [...touched].sort(numerically)
    .filter(id => before.has(id) === wasPresent && awareness.states.has(id) === isPresent)
  const updated = of(true, true)
  return `added ${of(false, true)} updated ${updated} (${updated.filter(id => changed.has(id))}) removed ${of(true, false)}`
}

const describe = awareness =>
  [...awareness.meta].filter(([, { clock }]) => clock > 0).sort((a, b) => a[0] - b[0])
    .map(([id, { clock }]) => `${id}:${clock}:${JSON.stringify(awareness.states.get(id) ?? null)}`).join(' ')

const readList = (decoder, read) => Array.from({ length: decoding.readVarUint(decoder) }, () => read(decoder))

/** Reads one step of a program; returns what runs it. */
const readStep = (decoder, replicas, messages) => {
  const { awareness, check } = replicas[decoding.readVarUint(decoder)]
  const kind = decoding.readVarUint(decoder)
  switch (kind) {
    case 0: {
      const milliseconds = decoding.readVarUint(decoder)
      return () => { clock.milliseconds += milliseconds }
    }
    case 1: {
      const state = JSON.parse(decoding.readVarString(decoder))
      return () => observed(awareness, () => awareness.setLocalState(state))
    }
    case 2: {
      const name = decoding.readVarString(decoder)
      const value = JSON.parse(decoding.readVarString(decoder))
      return () => observed(awareness, () => awareness.setLocalStateField(name, value))
    }
    case 3: {
      const clients = readList(decoder, decoding.readVarUint)
      return () => observed(awareness, () => awarenessProtocol.removeAwarenessStates(awareness, clients, 'test'))
    }
    case 4: {
      const clients = readList(decoder, decoding.readVarUint)
      return () => {
        const known = clients.filter(client => awareness.meta.get(client)?.clock > 0)
        messages.push(awarenessProtocol.encodeAwarenessUpdate(awareness, known))
        return Buffer.from(messages[messages.length - 1]).toString('hex')
      }
    }
    case 5: {
      const index = decoding.readVarUint(decoder)
      return () => messages.length === 0 ? '' : observed(awareness, () =>
        awarenessProtocol.applyAwarenessUpdate(awareness, messages[index % messages.length], 'test'))
    }
    case 6: return () => observed(awareness, check)
    default: throw new Error(`unknown step ${kind}`)
  }
}

const runAwareness = decoder => {
  clock.milliseconds = 1_000_000
  const replicas = readList(decoder, decoding.readVarUint).map(createAwareness)
  const messages = []
  const steps = readList(decoder, decoder => readStep(decoder, replicas, messages))
  return encoder => {
    const log = steps.map(step => [step() ?? '', ...replicas.map(({ awareness }) => describe(awareness))].join(' | '))
    encoding.writeVarString(encoder, log.join('\n'))
  }
}

module.exports = { 40: parseJSON, 41: writeJSON, 42: runAwareness }
