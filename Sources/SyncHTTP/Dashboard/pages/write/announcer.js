import { element } from '../../parts/dom.js'

/** News within so long are read out as one, so that nobody is talked over. */
const gathering = 1500

/**
 * Reads news out to those who do not see them.
 *
 * @param {AbortSignal} signal
 * @returns {((text: string) => void) & { node: HTMLElement }} Has the element that is read.
 */
export function announcer(signal) {
  const node = element('div', { class: 'visually-hidden', 'aria-live': 'polite' })
  let waiting = [], timer = null
  signal.addEventListener('abort', () => clearTimeout(timer))
  const announce = text => {
    if (signal.aborted) return
    waiting.push(text)
    timer ??= setTimeout(() => {
      timer = null
      node.textContent = waiting.join(' ')
      waiting = []
    }, gathering)
  }
  return Object.assign(announce, { node })
}
