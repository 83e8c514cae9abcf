import { element, setText } from '../../parts/dom.js'
import { button, card, notice } from '../../parts/pieces.js'
import { Chart } from '../../parts/chart.js'
import { elapsed, everySecond } from '../../parts/clock.js'
import { latency, moment } from '../../parts/format.js'
import { TimeSeries } from '../../parts/time-series.js'
import { relay } from '../../relay.js'
import { fact } from './fact.js'

const obstacles = {
  'read-only': ['The relay takes no changes now',
    'Its store cannot be written to. Documents can be read; what you write is kept here, and goes over when it can.'],
  stopping: ['The relay is being stopped',
    'It finishes what it has. This page connects again when it, or another one in its place, is there.'],
}

/** How this page reaches the relay. @param {AbortSignal} signal */
export function showRelay(signal) {
  const [state, since, answer, next] = ['span', 'dd', 'dd', 'dd'].map(tag => element(tag))
  const nextRow = fact('Next attempt', next)
  const check = button('Check now', async () => {
    check.disabled = true
    await relay.check()
    check.disabled = false
    check.focus()
  })
  const trouble = element('div', { 'aria-live': 'polite', class: 'stack' })
  let obstacle = null

  const update = () => {
    const isDown = relay.state === 'down'
    const [kind, word] = {
      unknown: ['', 'Connecting'], down: ['bad', 'No answer'],
      up: relay.obstacle ? ['warning', `Connected, but ${relay.obstacle}`] : ['good', 'Connected'],
    }[relay.state]
    state.className = `state ${kind}`
    setText(state, word)
    setText(since, relay.since === null ? '–' : `${moment(relay.since)}, for ${elapsed((Date.now() - relay.since) / 1000)}`)
    setText(answer, relay.latency === null ? '–' : `${latency(relay.latency / 1000)}${isDown ? ', when it last did' : ''}`)
    nextRow.hidden = !isDown
    const seconds = Math.ceil(((relay.retryAt ?? 0) - Date.now()) / 1000)
    setText(next, seconds > 0 ? `in ${seconds} s` : 'now')
    setText(check, isDown ? 'Try now' : 'Check now')
    if (relay.obstacle !== obstacle) {
      obstacle = relay.obstacle
      const [title, text] = obstacles[obstacle] ?? ['The relay cannot do all that it should', `It says: ${obstacle}`]
      trouble.replaceChildren(...obstacle ? [notice('warning', title, text)] : [])
    }
  }
  everySecond(update, signal)
  const stop = relay.on('change', update)
  signal.addEventListener('abort', stop)

  return card('Relay', element('dl', { class: 'facts' },
    fact('State', element('dd', {}, state)), fact('Since', since), nextRow, fact('Answers within', answer),
    fact('Address', element('dd', { class: 'mono' }, location.origin)),
    fact('WebSockets', element('dd', { class: 'mono' }, `${relay.socketURL.href}ROOM`))),
  element('div', { class: 'row' }, check), trouble)
}

/** How long the relay's answers took. @param {AbortSignal} signal */
export function showLatency(signal) {
  const series = new TimeSeries(['answer'], { capacity: 120, gapMilliseconds: 8000 })
  let lastAt = 0
  // Answers that came while another page was looked at are told, too.
  const take = () => {
    for (const { at, milliseconds } of relay.latencies) if (at > lastAt) series.add(lastAt = at, { answer: milliseconds / 1000 })
  }
  take()
  const stop = relay.on('change', take)
  signal.addEventListener('abort', stop)
  return new Chart({
    title: 'Latency', text: 'From asking the relay whether it is there to its answer, by HTTP.', series,
    lines: [{ column: 'answer', name: 'Answer' }], format: latency, seconds: 60, least: 0.005, signal,
  }).node
}
