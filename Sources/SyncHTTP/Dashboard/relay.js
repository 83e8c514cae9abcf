import { Emitter } from './crdt/emitter.js'
import { session } from './session.js'

/** An answer that is none, in words for people. */
export class RelayError extends Error {
  /** @param {{ status?: number, code?: string, title: string, message: string, hint?: string }} parts */
  constructor({ status = 0, code = 'unreachable', title, message, hint = '' }) {
    super(message)
    /** @type {number} Of HTTP; 0 when there was no answer. */
    this.status = status
    /** @type {string} As the relay's API names it. */
    this.code = code
    /** @type {string} What happened, in few words. */
    this.title = title
    /** @type {string} What to do about it; empty for nothing. */
    this.hint = hint
  }
}

const titles = {
  401: 'This needs a token', 403: 'This needs other rights', 404: 'There is no such thing',
  503: 'The relay cannot do that now',
}

/**
 * The relay, as this page reaches it. It is asked every few seconds whether it answers, and after a failure again and
 * again, at growing intervals.
 *
 * Events: `change` whenever a property is another one.
 */
class Relay extends Emitter {
  static #interval = 4000
  static #retryMax = 15000

  /** @type {'unknown' | 'up' | 'down'} */
  state = 'unknown'
  /** @type {string | null} Why it cannot do all it should: `read-only` or `stopping`. */
  obstacle = null
  /** @type {{ at: number, milliseconds: number }[]} When the last answers came, and how long they took: the newest last. */
  latencies = []
  /** @type {number | null} When it is asked again after a failure, in milliseconds since 1970. */
  retryAt = null
  /** @type {number | null} Since when it is as it is, in milliseconds since 1970. */
  since = null
  #failures = 0
  #checking = null
  #timer

  /** Begins to ask. */
  start() {
    addEventListener('online', () => this.check())
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.check() })
    this.check()
  }

  /** @type {URL} Where WebSockets go. */
  get socketURL() { return new URL(location.protocol === 'https:' ? `wss://${location.host}` : `ws://${location.host}`) }

  /** @type {number | null} How many milliseconds the last answer took. */
  get latency() { return this.latencies.at(-1)?.milliseconds ?? null }

  /** Asks now whether it answers; once, however many want to know. */
  check() { return this.#checking ??= this.#ask().finally(() => { this.#checking = null }) }

  async #ask() {
    clearTimeout(this.#timer)
    const start = performance.now()
    try {
      const response = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(10_000) })
      const word = (await response.text()).trim()
      this.latencies = [...this.latencies.slice(-59), { at: Date.now(), milliseconds: performance.now() - start }]
      this.#failures = 0
      this.#set('up', response.ok ? null : word)
      this.#timer = setTimeout(() => this.check(), Relay.#interval)
    } catch {
      this.#noteFailure()
    }
  }

  #noteFailure() {
    clearTimeout(this.#timer)
    const wait = Math.min(500 * 2 ** this.#failures++, Relay.#retryMax)
    this.retryAt = Date.now() + wait
    this.#set('down', null)
    this.#timer = setTimeout(() => this.check(), wait)
  }

  #set(state, obstacle) {
    if (this.state !== state) this.since = Date.now()
    if (state === 'up') this.retryAt = null
    this.state = state
    this.obstacle = obstacle
    this.emit('change', this)
  }

  /**
   * Asks the relay for something.
   *
   * @param {string} path
   * @param {object} [options]
   * @param {Record<string, string | number | null | undefined>} [options.query] Those that are null are left out.
   * @param {string} [options.method]
   * @param {any} [options.body] Sent as JSON.
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<any>} What the answer's JSON says; undefined for none.
   * @throws {RelayError}
   */
  async get(path, { query = {}, method = 'GET', body, signal } = {}) {
    const url = new URL(path, location.origin)
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value)
    }
    let response, text
    try {
      response = await fetch(url, {
        method, signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer',
        headers: {
          ...(session.token && { authorization: `Bearer ${session.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      text = await response.text()
    } catch (error) {
      if (signal?.aborted) throw error
      if (this.state === 'up') this.check()
      throw new RelayError({
        title: 'The relay does not answer', message: 'it is tried again until it does; nothing that was written is lost',
      })
    }
    if (response.ok) return text === '' ? undefined : JSON.parse(text)
    throw Relay.#error(response.status, text)
  }

  static #error(status, text) {
    let error = {}
    try { error = JSON.parse(text).error ?? {} } catch { /* Then the status has to do. */ }
    return new RelayError({
      status, code: error.code ?? `http-${status}`, title: titles[status] ?? 'The relay refused that',
      message: error.message ?? `the relay answered with ${status}`,
      // That of the API is for programs that say who they are with each question.
      hint: status === 401 ? '' : error.hint ?? '',
    })
  }

  /**
   * Asks for something again and again, while the page is to be seen and the relay answers, and until it refuses.
   *
   * @param {string} path
   * @param {object} options
   * @param {number | (() => number)} options.milliseconds Between an answer and the next question.
   * @param {AbortSignal} options.signal Ends it.
   * @param {() => Record<string, any>} [options.query] Asked anew each time.
   * @param {(value: any) => void} show Called with each answer.
   * @param {(error: RelayError) => void} [fail] Called with each failure but that nothing answers, which the page tells
   *   of anyhow.
   * @returns {() => void} Asks at once; while it is being asked, as soon as there is an answer.
   */
  follow(path, { milliseconds, signal, query = () => ({}) }, show, fail = () => {}) {
    let timer, isAsking = false, isWantedAnew = false, isRefused = false
    const ask = async () => {
      clearTimeout(timer)
      // What is on its way may be older than what it is asked anew for.
      if (isAsking) isWantedAnew = true
      if (signal.aborted || isAsking || isRefused) return
      if (document.hidden || this.state === 'down') return
      isAsking = true
      isWantedAnew = false
      try {
        const value = await this.get(path, { query: query(), signal })
        if (!signal.aborted) show(value)
      } catch (error) {
        if (!signal.aborted && error.status !== 0) fail(error)
        if (!(error instanceof RelayError) && !signal.aborted) console.error(error)
        // Nothing changes that but another token, with which the page is opened anew.
        isRefused = error.status === 401 || error.status === 403
      }
      isAsking = false
      const wait = typeof milliseconds === 'function' ? milliseconds() : milliseconds
      if (!signal.aborted && !isRefused) timer = setTimeout(ask, isWantedAnew ? 0 : wait)
    }
    let wasUp = this.state === 'up'
    const stop = this.on('change', () => {
      if (this.state === 'up' && !wasUp) ask()
      wasUp = this.state === 'up'
    })
    document.addEventListener('visibilitychange', ask, { signal })
    signal.addEventListener('abort', () => { clearTimeout(timer); stop() })
    ask()
    return ask
  }
}

export const relay = new Relay()
