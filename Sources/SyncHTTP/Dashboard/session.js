import { Emitter } from './crdt/emitter.js'

/**
 * Who uses the dashboard: a token, and what it says. The token is kept for as long as the tab is open, and goes in headers
 * and subprotocols only.
 *
 * Events: `change`, when somebody signs in or out; `expiry` when the token stops counting.
 */
class Session extends Emitter {
  static #storageKey = 'syncctl.token'
  #token = sessionStorage.getItem(Session.#storageKey)
  #timer

  constructor() {
    super()
    this.#watchExpiry()
  }

  /** @type {string | null} */
  get token() { return this.#token }

  /** @type {Record<string, any>} What the token says; it is checked by the relay only. */
  get claims() {
    try {
      const part = this.#token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
      const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), unit => unit.charCodeAt(0))))
      return typeof claims === 'object' && claims !== null ? claims : {}
    } catch {
      return {}
    }
  }

  /** @type {string | null} The user, as the token names them. */
  get user() {
    const { sub } = this.claims
    return typeof sub === 'string' ? sub : null
  }

  /** @type {number | null} When the token stops counting, in milliseconds since 1970. */
  get expiry() {
    const { exp } = this.claims
    return Number.isFinite(exp) ? exp * 1000 : null
  }

  /** @param {string} token */
  signIn(token) {
    this.#token = token
    sessionStorage.setItem(Session.#storageKey, token)
    this.#watchExpiry()
    this.emit('change', this)
  }

  signOut() {
    this.#token = null
    sessionStorage.removeItem(Session.#storageKey)
    clearTimeout(this.#timer)
    this.emit('change', this)
  }

  #watchExpiry() {
    clearTimeout(this.#timer)
    if (this.expiry === null) return
    // Timers count 31 bits; a token that lives for longer is looked at again.
    const wait = Math.min(Math.max(this.expiry - Date.now(), 0), 2 ** 31 - 1)
    this.#timer = setTimeout(() => {
      if (Date.now() < this.expiry) this.#watchExpiry()
      else this.emit('expiry', this)
    }, wait)
  }
}

export const session = new Session()
