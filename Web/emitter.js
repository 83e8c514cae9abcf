/** Those who listen to events, by the events' names. */
export class Emitter {
  #listeners = new Map()

  /**
   * Calls `listener` whenever something happens.
   *
   * @param {string} name What happens.
   * @param {(event: any) => void} listener
   * @returns {() => void} Ends it.
   */
  on(name, listener) {
    if (typeof listener !== 'function') throw new TypeError('a listener has to be a function')
    // Another array each time, so that those who are being called stay the same.
    this.#listeners.set(name, [...this.#listeners.get(name) ?? [], listener])
    return () => this.off(name, listener)
  }

  /**
   * Calls `listener` when something happens next, and then no more.
   *
   * @param {string} name What happens.
   * @param {(event: any) => void} listener
   * @returns {() => void} Ends it.
   */
  once(name, listener) {
    const end = this.on(name, event => {
      end()
      listener(event)
    })
    return end
  }

  /**
   * No longer calls `listener`.
   *
   * @param {string} name What happens.
   * @param {(event: any) => void} listener
   */
  off(name, listener) {
    const listeners = this.#listeners.get(name)?.slice() ?? []
    const place = listeners.indexOf(listener)
    if (place < 0) return
    listeners.splice(place, 1)
    if (listeners.length > 0) this.#listeners.set(name, listeners)
    else this.#listeners.delete(name)
  }

  /**
   * @internal
   * @param {string} name
   * @returns {boolean} Whether anybody listens.
   */
  hasListeners(name) { return this.#listeners.has(name) }

  /**
   * Calls all who listen. One that throws does not keep the others from being called.
   *
   * @internal
   * @param {string} name
   * @param {any} event
   */
  emit(name, event) {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return
    if (listeners.length === 1) listeners[0](event)
    else callAll(listeners, event)
  }

  /** @internal Forgets all who listen. */
  removeAllListeners() { this.#listeners.clear() }
}

/**
 * Calls all functions, and throws what the first of them threw when all were called.
 *
 * @param {Function[]} functions
 * @param {...any} values
 */
export function callAll(functions, ...values) {
  let failure
  for (const call of functions) {
    try {
      call(...values)
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure) throw failure.error
}
