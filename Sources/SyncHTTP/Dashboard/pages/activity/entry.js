import { address } from '../../parts/address.js'
import { setTime, timeElement } from '../../parts/days.js'
import { element, setText } from '../../parts/dom.js'
import { bytes, counted } from '../../parts/format.js'
import { icon } from '../../parts/icons.js'

/** What relays tell of; applications add their own. */
export const kinds = ['edited', 'joined', 'left', 'version-created', 'version-removed']

const titles = {
  edited: 'Edited', joined: 'Joined', left: 'Left', 'version-created': 'Named a version', 'version-removed': 'Removed a version',
}
const icons = { edited: 'write', joined: 'add', left: 'next', 'version-created': 'time', 'version-removed': 'remove' }

/** A kind's name for people. */
export const kindTitle = kind => titles[kind] ?? kind

/** A path's steps, as people read them. */
const readablePath = path => path.split('/').map(step => step.replaceAll('~1', '/').replaceAll('~0', '~')).join(' › ')

/** What was done, behind who did it. */
function deed({ kind, path, places, bytes: size }) {
  if (kind !== 'edited') return titles[kind]?.toLowerCase() ?? kind
  if (size > 0) return `made a large change of ${bytes(size)}`
  return path === undefined ? `edited ${places > 1 ? counted(places, 'place') : 'the document'}` : 'edited'
}

/** How much came and went. */
const changes = ({ inserted, deleted, formats }) => [
  inserted > 0 && `${counted(inserted, 'unit')} added`, deleted > 0 && `${counted(deleted, 'unit')} deleted`,
  formats > 0 && counted(formats, 'formatting mark'),
].filter(Boolean).join(', ')

/**
 * Makes the element of an entry, which {@link showEntry} fills.
 *
 * @param {{ id: string, kind: string, user?: string, source?: string, path?: string, milliseconds: number }} entry
 * @param {(filters: Record<string, string>) => void} narrow Looks for more of the same.
 */
export function makeEntry(entry, narrow) {
  const { id, kind, user, source, path } = entry
  const link = (name, value, text, label) => element('button', {
    type: 'button', class: `plain narrow-to ${name}`, title: label, on: { click: () => narrow({ [name]: value }) },
  }, text)
  const who = user === undefined
    ? element('span', { class: 'who-unknown', title: 'It is not known who this was' }, source ?? 'somebody')
    : link('user', user, user, `Only what ${user} did`)
  return element('li', { class: 'entry', 'data-id': id, 'data-kind': kind, tabindex: -1 },
    element('span', { class: 'entry-icon' }, icon(icons[kind] ?? 'activity')),
    element('div', { class: 'entry-what' },
      element('p', {}, who, ' ', element('span', { class: 'entry-deed' }),
        path !== undefined && ' ', path !== undefined && link('path', path, readablePath(path), `Only what was done at ${path}`)),
      element('blockquote', { class: 'entry-text' }),
      element('p', { class: 'entry-changes quiet small' })),
    element('div', { class: 'entry-when' }, timeElement(),
      element('a', { class: 'small', hidden: kind === 'joined' || kind === 'left' }, 'History')))
}

/** Makes an entry's element show it as it is now. @param {string} room The project's. */
export function showEntry(node, entry, room) {
  setText(node.querySelector('.entry-deed'), deed(entry))
  const text = node.querySelector('.entry-text'), amount = node.querySelector('.entry-changes')
  setText(text, entry.text ?? '')
  text.hidden = !entry.text
  setText(amount, changes(entry))
  amount.hidden = amount.textContent === ''
  setTime(node.querySelector('time'), entry.milliseconds, entry.sinceMilliseconds)
  const link = node.querySelector('.entry-when a')
  // An entry has no number of an update, but a time; history has both.
  const href = address('rooms', [room], { tab: 'history', time: entry.milliseconds })
  if (link.getAttribute('href') !== href) link.setAttribute('href', href)
}
