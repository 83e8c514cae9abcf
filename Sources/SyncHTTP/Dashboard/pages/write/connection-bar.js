import { element, setText, showList, uniqueID } from '../../parts/dom.js'
import { button, card } from '../../parts/pieces.js'
import { connectionWords, progressFacts } from './connection-words.js'
import { throttled } from './throttle.js'

/**
 * How the document stands towards the relay, and the switch to work without it.
 *
 * @param {import('./shared-document.js').SharedDocument} shared
 * @param {{ announce: (text: string) => void, signal: AbortSignal }} options
 * @returns {{ bar: HTMLElement, card: HTMLElement }} In short, and in full.
 */
export function connectionBar(shared, { announce, signal }) {
  const state = element('span', { class: 'state', 'data-state': '' })
  const retry = button('Try now', () => shared.retry(), { class: 'plain', hidden: true })
  const label = uniqueID('switch')
  const offline = element('button', {
    type: 'button', role: 'switch', class: 'write-switch plain', 'aria-checked': false, 'aria-labelledby': label,
    on: { click: () => shared.setOffline(!shared.isOffline) },
  }, element('span', { class: 'write-switch-track', 'aria-hidden': 'true' }), element('span', { id: label }, 'Work offline'))
  const facts = element('dl', { class: 'facts write-facts' })

  let told = null
  const tell = () => {
    const now = shared.isOffline ? 'You work offline. What you write is kept, and goes over when you are back.'
      : shared.isSynced ? 'You are connected.'
        : shared.status === 'disconnected' && told !== null ? 'The connection is lost. What you write is kept.' : told
    if (now === told) return
    // To be connected at first is what anybody expects.
    if (told !== null || shared.isOffline) announce(now)
    told = now
  }
  const update = () => {
    if (signal.aborted || shared.document.isDestroyed) return
    const { kind, text } = connectionWords(shared)
    state.className = `state ${kind}`
    state.dataset.state = shared.isOffline ? 'offline' : shared.isSynced ? 'synced' : shared.status
    setText(state, text)
    offline.setAttribute('aria-checked', shared.isOffline)
    offline.disabled = shared.isOutdated || shared.crdtHasFailed
    retry.hidden = shared.isOffline || shared.status !== 'disconnected' || shared.isOutdated || shared.crdtHasFailed
    showList(facts, progressFacts(shared), ([term]) => term,
      ([term]) => element('div', {}, element('dt', {}, term), element('dd', {})),
      (node, [, value]) => setText(node.lastChild, value))
    tell()
  }
  shared.on('change', throttled(update, signal))
  // The time until the next attempt.
  const timer = setInterval(() => { if (shared.retryAt !== null && !shared.isOffline) update() }, 1000)
  signal.addEventListener('abort', () => clearInterval(timer))
  update()
  return {
    bar: element('div', { class: 'write-bar' }, state, retry, offline),
    card: card('Sharing', facts),
  }
}
