import { element } from '../../../parts/dom.js'
import { count, counted } from '../../../parts/format.js'
import { formatsText, formattedText, inlineContent } from './contents-view.js'
import { authorOf } from './moments.js'

/** Changes of a moment that are shown. */
const changesMax = 100

const said = word => element('span', { class: 'visually-hidden' }, `${word}: `)

const sum = (parts, name) => parts.reduce((sum, part) => sum + part[name], 0)

/** What authors inserted and deleted, as +12 −3. */
export function countsNodes(parts) {
  const [inserted, deleted, formatted] = ['inserted', 'deleted', 'formatted'].map(name => sum(parts, name))
  return [
    inserted > 0 && element('span', { class: 'inserted-count', title: `${count(inserted)} inserted` },
      `+${count(inserted)}`, element('span', { class: 'visually-hidden' }, ' inserted')),
    deleted > 0 && element('span', { class: 'deleted-count', title: `${count(deleted)} deleted` },
      `−${count(deleted)}`, element('span', { class: 'visually-hidden' }, ' deleted')),
    formatted > 0 && element('span', { class: 'quiet small' }, `${count(formatted)} formatted`),
  ].filter(Boolean).flatMap(node => [' ', node])
}

/** Names of authors, as Ada, Bo and Cleo. */
export function authorsText(parts) {
  const names = [...new Set(parts.map(authorOf))]
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${counted(names.length - 3, 'other')}`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/**
 * What a moment changed, by those who did.
 *
 * @param {import('./replay.js').View['groups']} groups
 * @returns {Node[]}
 */
export function changesNodes(groups) {
  return groups.map(({ parts, changes }) => {
    const shown = changes.slice(0, changesMax)
    return element('section', { class: 'author-changes' },
      element('h3', {}, authorsText(parts), parts.length > 1 && ' together', ...countsNodes(parts)),
      shown.length === 0 && element('p', { class: 'quiet' }, 'Nothing that could be seen: what was written had been deleted ' +
        'already, was there before, or undid itself.'),
      ...shown.map(changeNode),
      changes.length > shown.length && element('p', { class: 'quiet' },
        `And changes in ${counted(changes.length - shown.length, 'other place')}.`))
  })
}

function changeNode({ path, parts, keys }) {
  return element('div', { class: 'change', 'data-path': path.join('/') },
    element('p', { class: 'change-path mono' }, path.join(' › ')),
    parts.length > 0 && element('div', { class: 'parts' }, ...parts.flatMap(partNodes)),
    keys.length > 0 && element('ul', { class: 'keys' }, ...keys.map(keyNode)))
}

function partNodes(part) {
  switch (part.kind) {
    case 'inserted': return [said('inserted'), element('ins', {}, pieceNode(part, part.formats), more(part))]
    case 'deleted': return [said('deleted'), element('del', {},
      part.isUnknown ? `${count(part.count)} that are not known` : pieceNode(part), more(part))]
    case 'formatted': {
      const text = formatsText(part.formats)
      return [element('span', { class: 'formatted', title: text }, pieceNode(part, onlySet(part.formats)), more(part)),
        element('span', { class: 'format-names' }, text)]
    }
    case 'left-out': return [element('span', { class: 'quiet small' },
      part.isMore ? ` and ${counted(part.count, 'other part')}` : ` ${counted(part.count, 'element')} as before `)]
    default: return [pieceNode(part)]
  }
}

const onlySet = formats => Object.fromEntries(Object.entries(formats).filter(([, value]) => value !== null))

const pieceNode = ({ text, content }, formats) => text === undefined ? inlineContent(content) : formattedText(text, formats)

const more = part => part.more > 0 && element('span', { class: 'quiet small' }, ` … ${count(part.more)} more characters`)

function keyNode({ key, before, after, more }) {
  if (more) return element('li', { class: 'quiet' }, `and ${counted(more, 'other key')}`)
  return element('li', { 'data-key': key }, element('span', { class: 'mono key' }, key), ' ',
    before && said('before'), before && element('del', {}, inlineContent(before)),
    before && after && element('span', { 'aria-hidden': 'true' }, ' → '),
    after && said(before ? 'after' : 'new'), after && element('ins', {}, inlineContent(after)),
    !after && element('span', { class: 'quiet small' }, ' taken away'))
}
