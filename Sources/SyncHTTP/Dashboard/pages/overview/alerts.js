import { element, setText, showList } from '../../parts/dom.js'
import { badge, card } from '../../parts/pieces.js'
import { icon } from '../../parts/icons.js'
import { elapsed, everySecond } from '../../parts/clock.js'
import { count, counted, duration, moment } from '../../parts/format.js'
import { table } from './table.js'
import { condition, measure, subject } from './units.js'

const kinds = { info: 'accent', warning: 'warning', critical: 'bad' }
const ranks = { critical: 0, warning: 1, info: 2 }
const dayMilliseconds = 86_400_000
const key = ({ node, rule }) => `${node} ${rule}`

/** What the relay alerts of, and by which rules. @param {AbortSignal} signal */
export function showAlerts(signal) {
  const [calm, words] = [icon('check'), element('span')]
  const summary = element('p', { class: 'row alert-summary', role: 'status' }, calm, words)
  calm.toggleAttribute('hidden', true)
  const firing = element('ul', { class: 'alerts' })
  const resolved = element('ul', { class: 'alerts' })
  const resolvedTitle = element('summary')
  const resolvedPart = element('details', { hidden: true }, resolvedTitle, resolved)
  const rulesPart = element('details', { hidden: true })
  const rulesTitle = element('summary', {}, '')
  const rulesBody = element('tbody')
  rulesPart.append(rulesTitle, element('div', { class: 'scroll' },
    table(['Rule', 'Alerts when', 'For', 'Severity'], rulesBody)))
  let [alerts, rules, thisNode] = [null, new Map(), null]

  const update = () => {
    if (alerts === null) return
    const now = alerts.filter(({ state }) => state === 'firing')
      .sort((one, other) => ranks[one.severity] - ranks[other.severity] || other.since - one.since)
    const lately = alerts.filter(({ state, until }) => state === 'resolved' && Date.now() - until < dayMilliseconds)
      .sort((one, other) => other.until - one.until)
    summary.className = `row alert-summary ${now.length > 0 ? kinds[now[0].severity] : ''}`
    calm.toggleAttribute('hidden', now.length > 0)
    setText(words, now.length === 0 ? 'Nothing is wrong.'
      : `${counted(now.length, 'alert')} ${now.length === 1 ? 'is' : 'are'} firing.`)
    showList(firing, now, key, makeAlert, fill)
    showList(resolved, lately, key, makeAlert, fill)
    resolvedPart.hidden = lately.length === 0
    setText(resolvedTitle, `${count(lately.length)} resolved in the last day`)
  }

  const fill = (node, alert) => {
    const rule = rules.get(alert.rule)
    const isFiring = alert.state === 'firing'
    const { severity, since, text, place } = node.parts
    severity.className = `badge ${isFiring ? kinds[alert.severity] : ''}`
    setText(severity, isFiring ? alert.severity : 'resolved')
    node.since = isFiring ? alert.since : null
    if (isFiring) tellSince(node)
    else setText(since, `${moment(alert.until)}, after ${duration((alert.until - alert.since) / 1000)}`)
    // Rules of other relays are not known here.
    const isKnown = rule && (thisNode === null || alert.node === thisNode)
    setText(text, isKnown ? sentence(alert, rule) : alert.title)
    setText(place, thisNode === null || alert.node === thisNode ? '' : `on relay ${alert.node.slice(0, 8)}`)
  }

  const tellSince = node => setText(node.parts.since,
    `since ${moment(node.since)}, for ${elapsed((Date.now() - node.since) / 1000)}`)
  everySecond(() => { for (const node of firing.children) tellSince(node) }, signal)

  return {
    node: card('Alerts', summary, firing, resolvedPart, rulesPart),

    /** @param {any[]} list Of `/api/alerts`. */
    update(list) {
      alerts = list
      update()
    },

    /** @param {any[]} list Of `/api/alert-rules`. */
    updateRules(list) {
      rules = new Map(list.map(rule => [rule.name, rule]))
      rulesPart.hidden = list.length === 0
      setText(rulesTitle, `${counted(list.length, 'rule')} of this relay`)
      showList(rulesBody, list, rule => JSON.stringify(rule), rule => element('tr', {},
        element('th', { scope: 'row' }, rule.name), element('td', {}, `${subject(rule)} is ${condition(rule)}`),
        element('td', { class: 'nowrap' }, duration(rule.seconds)),
        element('td', {}, badge(rule.severity, kinds[rule.severity]))))
      update()
    },

    /** @param {string} node Which relay this is. */
    updateNode(node) {
      thisNode = node
      update()
    },
  }
}

/** What the rule saw when the alert fired or was resolved, and what it should be. */
function sentence({ state, value }, rule) {
  const seen = value === undefined ? null : measure(rule, value)
  if (state === 'firing') return `${subject(rule)} is ${condition(rule)}${seen === null ? '' : `: it was ${seen} at first`}.`
  return `${subject(rule)} is no longer ${condition(rule)}${seen === null ? '' : `: it was back at ${seen}`}.`
}

function makeAlert(alert) {
  const parts = {
    severity: badge(''), text: element('p'),
    since: element('span', { class: 'quiet small' }), place: element('span', { class: 'quiet small' }),
  }
  const node = element('li', { 'data-rule': alert.rule },
    element('div', { class: 'row' }, parts.severity, element('strong', {}, alert.rule), parts.since, parts.place), parts.text)
  return Object.assign(node, { parts })
}
