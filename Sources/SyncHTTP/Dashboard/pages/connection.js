import { element } from '../parts/dom.js'
import { pageHead } from '../parts/pieces.js'
import { showKeptDocuments, showOpenDocuments } from './connection/documents.js'
import { showLatency, showRelay } from './connection/relay-card.js'
import { showSession } from './connection/session-card.js'

export const title = 'Connection'

/** How this page reaches the relay, as whom, and what of it is not there yet. */
export async function show(root, { signal }) {
  root.append(pageHead(title, 'How this page reaches the relay, and what has not reached it yet.'),
    element('div', { class: 'connection-cards' },
      element('div', { class: 'stack' }, showRelay(signal), showOpenDocuments(signal), showKeptDocuments(signal)),
      element('div', { class: 'stack' }, showLatency(signal), showSession(signal))))
}
