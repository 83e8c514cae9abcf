import { element, setText, showList, uniqueID } from '../../parts/dom.js'
import { counted } from '../../parts/format.js'
import { card, field } from '../../parts/pieces.js'
import { identity, initials, inkOn, palette, personOf } from './people.js'
import { throttled } from './throttle.js'

const facesMax = 4
const namesMax = 30
const newsMax = 3

/**
 * Who is here, and as whom one is here oneself.
 *
 * @param {import('./shared-document.js').SharedDocument} shared
 * @param {{ announce: (text: string) => void, signal: AbortSignal }} options
 * @returns {{ faces: HTMLElement, card: HTMLElement }} In short, and in full.
 */
export function participants(shared, { announce, signal }) {
  const faces = element('ul', { class: 'write-faces', 'aria-label': 'Who is here' })
  const names = element('ul', { class: 'write-people' })
  const rest = element('p', { class: 'quiet small', hidden: true })
  const number = element('span', { class: 'quiet small' })
  const { awareness } = shared
  let known = null

  const update = () => {
    if (awareness.isDestroyed) return
    const { clientID } = awareness
    const people = [...awareness.states].map(([client, state]) => personOf(client, state))
    const order = person => person.client === clientID ? 0 : 1
    people.sort((one, other) => order(one) - order(other) || one.name.localeCompare(other.name) || one.client - other.client)
    const shownName = person => person.client === clientID ? `${person.name} (you)` : person.name
    const key = ({ client }) => String(client)
    const others = people.length > facesMax ? [{ client: 'others', count: people.length - facesMax }] : []
    showList(faces, [...people.slice(0, facesMax), ...others],
      key, () => element('li', { class: 'write-face' }), (node, person) => {
        node.classList.toggle('is-rest', person.count !== undefined)
        setText(node, person.count ? `+${person.count}` : initials(person.name))
        node.title = person.count ? counted(person.count, 'other') : shownName(person)
        node.setAttribute('aria-label', node.title)
        paint(node, person.color)
      })
    showList(names, people.slice(0, namesMax), key,
      () => element('li', {}, element('span', { class: 'write-dot' }), element('span', { class: 'write-name' })),
      (node, person) => {
        node.dataset.client = person.client
        setText(node.lastChild, shownName(person))
        paint(node.firstChild, person.color)
      })
    rest.hidden = people.length <= namesMax
    setText(rest, `And ${counted(people.length - namesMax, 'other')}.`)
    setText(number, counted(people.length, 'window or device', 'windows and devices'))
    // Without a connection nobody is seen, and nobody has left.
    if (shared.isSynced) known = tellOfChanges(known, people.filter(({ client }) => client !== clientID), announce)
  }
  const end = awareness.on('change', throttled(update, signal))
  signal.addEventListener('abort', end)
  update()
  const node = card('Here now', names, rest, selfForm(signal))
  node.querySelector('header').append(number)
  return { faces, card: node }
}

/** Paints somebody's colour. */
function paint(node, color) {
  if (node.dataset.color === (color ?? '')) return
  node.dataset.color = color ?? ''
  node.style.backgroundColor = color ?? ''
  node.style.color = color ? inkOn(color) : ''
}

/** Tells who has come and gone since; those who were here before oneself are no news. */
function tellOfChanges(known, people, announce) {
  const now = new Map(people.map(({ client, name }) => [client, name]))
  if (known !== null) {
    const come = [...now].filter(([client]) => !known.has(client)).map(([, name]) => name)
    const gone = [...known].filter(([client]) => !now.has(client)).map(([, name]) => name)
    const told = (list, one, many) => {
      if (list.length > newsMax) announce(`${list.length} people ${many}.`)
      else if (list.length > 0) announce(`${list.join(', ')} ${list.length === 1 ? one : many}.`)
    }
    told(come, 'is here', 'are here')
    told(gone, 'has left', 'have left')
  }
  return now
}

/** As whom one is here. */
function selfForm(signal) {
  const name = element('input', { type: 'text', maxlength: 40, autocomplete: 'nickname', value: identity.name, name: 'name' })
  name.addEventListener('change', () => {
    identity.set({ name: name.value })
    name.value = identity.name
  })
  const group = uniqueID('color')
  const colors = element('fieldset', { class: 'write-colors' }, element('legend', {}, 'Your colour'),
    ...palette.map(({ name: word, color }) => {
      const input = element('input', {
        type: 'radio', name: group, value: color, 'aria-label': word, checked: identity.color === color,
        on: { change: () => identity.set({ color }) },
      })
      const label = element('label', { title: word }, input)
      label.style.backgroundColor = color
      return label
    }))
  const end = identity.on('change', () => {
    if (document.activeElement !== name) name.value = identity.name
    for (const input of colors.querySelectorAll('input')) input.checked = input.value === identity.color
  })
  signal.addEventListener('abort', end)
  return element('details', { class: 'write-self' },
    element('summary', {}, 'Your name and colour'), field('Your name', name), colors)
}
