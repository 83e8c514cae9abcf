import { address } from '../../parts/address.js'
import { element } from '../../parts/dom.js'
import { ago } from '../../parts/format.js'
import { icon } from '../../parts/icons.js'
import { card, emptyState, field, pageHead } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { session } from '../../session.js'
import { readable } from '../rooms/names.js'

const storageKey = 'syncctl.activity.projects'
const recentMax = 8
const prefix = 'project:'

/** @returns {string[]} The projects that were looked at last in this browser. */
function recentProjects() {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey))
    return Array.isArray(stored) ? stored.filter(project => typeof project === 'string').slice(0, recentMax) : []
  } catch {
    return []
  }
}

/** Puts a project in front of those that were looked at last. @param {string} project */
export function rememberProject(project) {
  const others = recentProjects().filter(other => other !== project)
  localStorage.setItem(storageKey, JSON.stringify([project, ...others].slice(0, recentMax)))
}

/** Shows which projects there are, as far as that is known, and opens any by its name. */
export async function showProjects(root, signal) {
  const name = element('input', { required: true, autocomplete: 'off', spellcheck: false, placeholder: 'demo', maxlength: 1000 })
  const form = element('form', { class: 'project-form' },
    field('Project', name, 'The part behind project: in the room’s name.'),
    element('button', { class: 'primary' }, 'Show activity'))
  form.addEventListener('submit', event => {
    event.preventDefault()
    const project = name.value.trim().replace(/^project:/, '')
    if (project) location.hash = address('activity', [project])
  })
  const lists = element('div', { class: 'stack' })
  root.append(pageHead('Activity', 'Who did what in a project, where and when, as it happens.'),
    element('div', { class: 'stack' }, card('Open a project', form), lists))

  const recent = recentProjects()
  if (recent.length > 0) lists.append(card('Looked at lately', projectList(recent.map(project => ({ project })))))
  const stored = await storedProjects(signal)
  if (signal.aborted) return
  if (stored?.length > 0) lists.append(card('In this relay', projectList(stored)))
  else if (recent.length === 0) {
    lists.append(element('div', { class: 'card' }, emptyState('activity', 'No project has been looked at here',
      'Activity is kept for rooms whose names begin with project: and begins with the first thing that is written there.'),
    element('p', { class: 'centred' },
      element('a', { class: 'button', href: address('write', ['project:demo']) }, icon('write'), 'Write in project:demo'))))
  }
}

const projectList = projects => element('ul', { class: 'project-list' }, ...projects.map(({ project, milliseconds }) =>
  element('li', {}, element('a', { href: address('activity', [project]) },
    icon('activity'), element('span', { class: 'project-name' }, element('bdi', {}, readable(project) ?? project)),
    milliseconds !== undefined && element('span', { class: 'quiet small' }, `Changed ${ago(milliseconds)}`)))))

/** The relay's projects, that were changed last first; null for who may not list rooms. */
async function storedProjects(signal) {
  // The relay decides; this only keeps from asking in vain.
  if (session.token !== null && session.claims.rooms?.['*'] !== 'admin') return null
  try {
    const rooms = await relay.get('/api/rooms', { signal })
    return rooms.filter(room => room.name.startsWith(prefix))
      .map(room => ({ project: room.name.slice(prefix.length), milliseconds: room.stored?.modifiedMilliseconds }))
      .sort((left, right) => (right.milliseconds ?? 0) - (left.milliseconds ?? 0))
  } catch {
    return null
  }
}
