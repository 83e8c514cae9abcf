import { element } from '../../parts/dom.js'
import { counted } from '../../parts/format.js'
import { failure } from '../../failure.js'
import { button, card, notice } from '../../parts/pieces.js'
import { relay } from '../../relay.js'

/** Units of text that are shown at first, and with each further step. */
const step = 50_000

/**
 * A room whose name a browser cannot ask for over a WebSocket: its document as the relay says it, as of now.
 *
 * @param {HTMLElement} root
 */
export async function showUnreachable(root, { room, signal }) {
  root.append(notice('', 'This room cannot be followed in a browser',
    'Its name has letters that do not pass through the address of a WebSocket unchanged. ' +
    'This is what the relay says it holds now.',
    button('Ask again', () => show())))
  const body = element('div')
  root.append(body)
  const show = async () => {
    try {
      const text = JSON.stringify(await relay.get('/api/document', { query: { room }, signal }), null, 2)
      const shown = element('pre', { class: 'room-json', tabindex: 0 })
      const more = button('', () => reveal())
      let end = 0
      const reveal = () => {
        shown.append(text.slice(end, end + step))
        end += step
        more.hidden = end >= text.length
        more.textContent = `Show more, of ${counted(Math.max(text.length - end, 0), 'further unit')}`
      }
      reveal()
      body.replaceChildren(card('The document as JSON', shown, more))
    } catch (error) {
      if (!signal.aborted) body.replaceChildren(failure(error, show))
    }
  }
  await show()
}
