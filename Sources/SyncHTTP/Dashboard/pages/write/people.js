/**
 * How people are shown: names and colours, of oneself and as others state them.
 *
 * @module
 */

import { Emitter } from '../../crdt/emitter.js'
import { session } from '../../session.js'

/** Each is told apart from white text on it (4.5:1), and from light and dark pages (3:1). */
export const palette = [
  { name: 'Rust', color: '#c2410c' }, { name: 'Ochre', color: '#8a6508' }, { name: 'Moss', color: '#4d7c0f' },
  { name: 'Leaf', color: '#15803d' }, { name: 'Lake', color: '#0e7490' }, { name: 'Sky', color: '#2563eb' },
  { name: 'Violet', color: '#6366d8' }, { name: 'Orchid', color: '#c026d3' }, { name: 'Rose', color: '#db2777' },
  { name: 'Poppy', color: '#d6293e' }, { name: 'Slate', color: '#64748b' },
]
const nameLengthMax = 40
const adjectives = [
  'Quiet', 'Brave', 'Bright', 'Calm', 'Clever', 'Gentle', 'Happy',
  'Keen', 'Kind', 'Merry', 'Nimble', 'Patient', 'Swift', 'Wise',
]
const animals = [
  'Otter', 'Badger', 'Crane', 'Dolphin', 'Falcon', 'Fox', 'Hare', 'Heron',
  'Lynx', 'Marten', 'Owl', 'Robin', 'Seal', 'Wren',
]

const oneOf = list => list[Math.floor(Math.random() * list.length)]
const trimmed = name => [...String(name).replace(/\p{Cc}/gu, ' ').trim()].slice(0, nameLengthMax).join('')

/**
 * Somebody who is present, by what their awareness says, which may be anything.
 *
 * @param {number} client
 * @param {any} state
 * @returns {{ client: number, name: string, color: string }}
 */
export function personOf(client, state) {
  const { name, color } = state?.user ?? {}
  return {
    client,
    name: typeof name === 'string' && trimmed(name) || 'Somebody',
    color: typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : palette[client % palette.length].color,
  }
}

/** One or two letters that stand for a name. */
export const initials = name => name.split(/\s+/).slice(0, 2).map(word => [...word][0] ?? '').join('').toUpperCase()

/** Black or white, whichever can be read on a colour that somebody else has chosen. */
export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map(start => {
    const part = parseInt(color.slice(start, start + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.184 ? '#000' : '#fff'
}

/**
 * Who writes here: a name and a colour, kept in this browser for all its windows. Until somebody has chosen a name it is that
 * of whoever is signed in, or one made up.
 *
 * Event: `change`.
 */
class Identity extends Emitter {
  static #storageKey = 'syncctl.writer'
  #stored

  constructor() {
    super()
    this.#stored = this.#read()
    if (!this.#stored) {
      this.#write({ name: `${oneOf(adjectives)} ${oneOf(animals)}`, color: oneOf(palette).color, isChosen: false })
    }
    addEventListener('storage', event => {
      if (event.key !== Identity.#storageKey) return
      this.#stored = this.#read() ?? this.#stored
      this.emit('change', this)
    })
    session.on('change', () => this.emit('change', this))
  }

  #read() {
    try {
      const { name, color, isChosen } = JSON.parse(localStorage.getItem(Identity.#storageKey))
      if (!trimmed(name) || !palette.some(entry => entry.color === color)) return null
      return { name: trimmed(name), color, isChosen: isChosen === true }
    } catch {
      return null
    }
  }

  #write(stored) {
    this.#stored = stored
    try { localStorage.setItem(Identity.#storageKey, JSON.stringify(stored)) } catch { /* Then it holds for this window. */ }
  }

  /** @type {string} */
  get name() {
    const { name } = session.claims
    const signedIn = trimmed(typeof name === 'string' ? name : session.user ?? '')
    return this.#stored.isChosen || !signedIn ? this.#stored.name : signedIn
  }

  /** @type {string} */
  get color() { return this.#stored.color }

  /** @param {{ name?: string, color?: string }} parts A name without letters is not taken. */
  set({ name, color }) {
    const chosen = name === undefined ? '' : trimmed(name)
    this.#write({
      name: chosen || this.#stored.name, color: color ?? this.#stored.color,
      isChosen: this.#stored.isChosen || (chosen !== '' && chosen !== this.name),
    })
    this.emit('change', this)
  }
}

export const identity = new Identity()
