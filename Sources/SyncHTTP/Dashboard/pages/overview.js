import { element } from '../parts/dom.js'
import { failure, isRefusal } from '../failure.js'
import { notice, pageHead } from '../parts/pieces.js'
import { relay } from '../relay.js'
import { session } from '../session.js'
import { showAlerts } from './overview/alerts.js'
import { showCharts } from './overview/charts.js'
import { showConnections } from './overview/connections.js'
import { showFigures } from './overview/figures.js'
import { Metrics, milliseconds, remember } from './overview/metrics.js'
import { showStatus } from './overview/status.js'

export const title = 'Overview'
const clientsMilliseconds = 2000

/** How the relay does, as it happens. */
export async function show(root, { signal }) {
  const [figures, alerts, connections, status] = [showFigures(signal), showAlerts(signal), showConnections(signal), showStatus()]
  const problem = element('div', { hidden: true })
  const welcome = makeWelcome()
  const whole = element('div', { class: 'stack' },
    status.trouble, welcome, figures.node,
    element('div', { class: 'overview-alerts' }, alerts.node),
    showCharts(signal),
    element('div', { class: 'overview-tables' }, connections.node, ...status.cards), status.certificate)
  root.append(pageHead(title, 'How the relay does, live.'), element('div', { class: 'stack' }, problem, whole))

  let [clients, clientsAt, rooms] = [null, 0, null]
  const welcomeWhoIsAlone = () => { welcome.hidden = clients !== 0 && rooms !== 0 }

  const showProblem = (error, ...actions) => {
    problem.replaceChildren(...error ? [failure(error, ...actions)] : [])
    problem.hidden = !error
  }

  /** Asks for everything, until the relay says that it is not for whoever is signed in. */
  const start = () => {
    const asking = new AbortController()
    signal.addEventListener('abort', () => asking.abort(), { once: true })
    const errors = new Map()
    const follow = (path, milliseconds, update) => relay.follow(path, { milliseconds, signal: asking.signal }, value => {
      if (errors.delete(path)) showProblem([...errors.values()][0])
      update(value)
    }, error => {
      if (isRefusal(error)) return deny(error)
      errors.set(path, error)
      if (errors.size === 1) showProblem(error)
    })
    const deny = error => {
      asking.abort()
      whole.hidden = true
      showProblem({
        status: error.status, title: error.title, message: 'the overview is for administrators of all rooms',
        hint: session.token === null ? 'sign in with a token for one' : 'sign in with another token, for one of them',
      }, start)
    }

    let isAllowed = false
    showProblem(null)
    follow('/api/metrics', milliseconds, list => {
      const metrics = new Metrics(list)
      rooms = metrics.value('sync_rooms')
      figures.update(metrics)
      remember(metrics, Date.now() - clientsAt < clientsMilliseconds * 2 ? clients : null)
      if (isAllowed) return
      // Whoever may see these may see the rest, and nobody is told five times that they may not.
      isAllowed = true
      whole.hidden = false
      follow('/api/connections', clientsMilliseconds, list => {
        clients = list.length
        clientsAt = Date.now()
        figures.updateClients(clients)
        connections.update(list)
        welcomeWhoIsAlone()
      })
      follow('/statusz', 3000, value => {
        status.update(value)
        figures.updateNode(value.node)
        alerts.updateNode(value.node)
      })
      follow('/api/alerts', 3000, alerts.update)
      follow('/api/alert-rules', 60_000, alerts.updateRules)
    })
  }
  start()
}

function makeWelcome() {
  const node = notice('', 'Nobody else is here yet',
    'Open this in two windows and write together: what you write in one is in the other at once.',
    element('a', { class: 'button primary', href: '#/write' }, 'Write together'))
  node.querySelector('div').append(element('p', { class: 'small' },
    'Programs that speak Yjs connect to ', element('code', {}, `${relay.socketURL.href}ROOM`), '.'))
  node.classList.add('overview-welcome')
  node.hidden = true
  return node
}
