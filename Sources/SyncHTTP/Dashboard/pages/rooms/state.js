import { element, setText } from '../../parts/dom.js'
import { button, notice } from '../../parts/pieces.js'
import { session } from '../../session.js'
import { showSignIn } from '../../sign-in.js'

const states = {
  loading: ['', 'Loading the document'],
  live: ['good', 'Live: changes are shown as they come'],
  away: ['warning', 'Not connected: this is what was there last'],
  denied: ['bad', 'Not followed any more'],
}

/**
 * Shows how a document is followed, and what to do when it is not.
 *
 * @param {HTMLElement} root
 * @param {{ inspected: import('./inspected.js').Inspected, signal: AbortSignal, reopen: () => void }} options
 */
export function showState(root, { inspected, signal, reopen }) {
  const line = element('p', { class: 'state', role: 'status' })
  const message = element('div', { hidden: true })
  root.append(line, message)
  const show = () => {
    const [kind, text] = states[inspected.state]
    line.className = `state ${kind}`
    setText(line, text)
    const { problem } = inspected
    message.hidden = problem === ''
    if (problem === '' || message.dataset.problem === problem) return
    message.dataset.problem = problem
    const isDenied = inspected.state === 'denied'
    const actions = [button('Open it again', reopen)]
    if (inspected.isRefused && session.token === null) actions.push(button('Sign in', showSignIn))
    message.replaceChildren(notice('warning',
      isDenied ? 'The document cannot be followed' : 'Something from the relay could not be read', problem, ...actions))
  }
  const stop = inspected.on('change', show)
  signal.addEventListener('abort', stop)
  show()
}
