import { connect, core } from './core.js'
import { relay } from './relay.js'

/** Between questions while the rooms tell of changes: for what comes by itself all the same. */
const restingMilliseconds = 20_000
/** Between questions while they do not. */
const pollingMilliseconds = 2000
/** Between questions at the least, however many changes there are. */
const pauseMilliseconds = 250
/** Clocks differ: so long after a moment it is asked what it has brought. */
const delayMilliseconds = 500
/** Timers count 31 bits. */
const timerMillisecondsMax = 2 ** 31 - 1

/**
 * Asks the relay for something, and again as soon as one of some rooms has changed. The rooms are opened here, so a change
 * is known at once; what it means is asked of the relay, which filters, searches and keeps more than the rooms hold, and
 * says the same to all. Without the rooms, because there is no core or no connection, it is asked every other second.
 *
 * @param {string} path
 * @param {object} options
 * @param {string[]} options.rooms Opened once there is an answer: where that is refused, they would be, too.
 * @param {AbortSignal} options.signal Ends it.
 * @param {() => Record<string, any>} [options.query]
 * @param {(document: import('./crdt/document.js').Document) => number[]} [options.moments] When what a room's document
 *   says begins or ceases to count, in milliseconds since 1970: it is asked again then.
 * @param {(value: any) => void} show
 * @param {(error: import('./relay.js').RelayError) => void} fail When this needs other rights, it is not asked again.
 * @returns {() => void} Asks at once.
 */
export function followFeed(path, { rooms, signal, query, moments = () => [] }, show, fail) {
  const ending = new AbortController()
  const ended = AbortSignal.any([signal, ending.signal])
  const live = new Set()
  const documents = new Set()
  let areOpen = false, timer, alarm, askedAt = 0
  const ask = relay.follow(path, {
    query, signal: ended, milliseconds: () => live.size === rooms.length ? restingMilliseconds : pollingMilliseconds,
  }, value => {
    if (!areOpen) for (const room of rooms) openRoom(room, ended, { changed, live, documents })
    areOpen = true
    show(value)
  }, error => {
    if (error.status === 401 || error.status === 403) ending.abort()
    fail(error)
  })
  const changed = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      askedAt = Date.now()
      ask()
      setAlarm()
    }, Math.max(0, askedAt + pauseMilliseconds - Date.now()))
  }
  const setAlarm = () => {
    clearTimeout(alarm)
    const now = Date.now()
    const next = Math.min(...[...documents].flatMap(moments).filter(moment => moment > now)) + delayMilliseconds
    if (next - now < timerMillisecondsMax) alarm = setTimeout(changed, next - now)
  }
  ended.addEventListener('abort', () => {
    clearTimeout(timer)
    clearTimeout(alarm)
  })
  return ask
}

async function openRoom(room, signal, { changed, live, documents }) {
  try {
    const document = (await core()).createDocument()
    if (signal.aborted) return document.destroy()
    const provider = connect(room, document)
    documents.add(document)
    provider.on('synced', isSynced => {
      if (isSynced) live.add(room)
      else live.delete(room)
      changed()
    })
    // A connection that fails is made again; meanwhile the relay is asked.
    provider.on('error', () => {})
    document.on('update', changed)
    signal.addEventListener('abort', () => {
      documents.delete(document)
      provider.destroy()
      document.destroy()
    })
  } catch { /* Then the relay is asked. */ }
}
