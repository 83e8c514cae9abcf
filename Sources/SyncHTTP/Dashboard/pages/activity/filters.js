import { element, setText, uniqueID } from '../../parts/dom.js'
import { badge, button, field } from '../../parts/pieces.js'
import { kindTitle, kinds } from './entry.js'

const names = ['search', 'user', 'kind', 'path', 'since', 'until']
const typingMilliseconds = 300

/** What the address says to look for. @param {URLSearchParams} query @returns {Record<string, string>} */
export const filtersOf = query =>
  Object.fromEntries(names.map(name => [name, query.get(name) ?? '']).filter(([, value]) => value))

/**
 * The same as the API asks for it. What is chosen to the minute includes that minute.
 *
 * @param {Record<string, string>} filters
 */
export function questionOf({ search, user, kind, path, since, until }) {
  const start = Date.parse(since), end = Date.parse(until)
  return {
    search, user, kind, path,
    after: Number.isFinite(start) ? Math.max(0, start - 1) : null, until: Number.isFinite(end) ? Math.max(0, end + 59_999) : null,
  }
}

/** What to look for in a project's activity: a form that tells of each change. */
export class Filters {
  #controls
  #kinds = new Map()
  #users = new Set()
  #userList = element('datalist', { id: uniqueID('users') })
  #problem = element('p', { class: 'filters-problem small', role: 'alert' })
  #count = badge('', 'accent')
  #clear
  #choose
  #timer

  /**
   * @param {Record<string, string>} filters
   * @param {(filters: Record<string, string>) => void} choose
   */
  constructor(filters, choose) {
    this.#choose = choose
    const text = attributes => element('input', { autocomplete: 'off', spellcheck: false, ...attributes })
    this.#controls = {
      search: text({ type: 'search', placeholder: 'Words that were written' }),
      user: text({ list: this.#userList.id, placeholder: 'Anybody' }),
      kind: element('select', {}, element('option', { value: '' }, 'Everything')),
      path: text({ placeholder: 'Anywhere, or tasks/0', class: 'mono' }),
      since: element('input', { type: 'datetime-local' }),
      until: element('input', { type: 'datetime-local' }),
    }
    this.#clear = button('Clear', () => this.set({}))
    const { search, user, kind, path, since, until } = this.#controls
    this.node = element('form', { class: 'card filters', role: 'search', 'aria-label': 'Activity' },
      element('div', { class: 'filters-search' }, field('Search', search), this.#clear),
      element('details', { open: Object.keys(filters).some(name => name !== 'search') },
        element('summary', {}, 'Filters ', this.#count),
        element('div', { class: 'filters-more' }, field('Who', user), field('What', kind), field('Where', path),
          field('Since', since), field('Until', until), this.#userList)),
      this.#problem)
    for (const name of kinds) this.#addKind(name)
    if (filters.kind) this.#addKind(filters.kind)
    this.node.addEventListener('submit', event => {
      event.preventDefault()
      this.#tell()
    })
    this.node.addEventListener('change', () => this.#tell())
    search.addEventListener('input', () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#tell(), typingMilliseconds)
    })
    this.#fill(filters)
  }

  /** @returns {Record<string, string>} Those that are chosen. */
  get values() {
    return Object.fromEntries(names.map(name => [name, this.#controls[name].value.trim()]).filter(([, value]) => value))
  }

  /** Chooses others. @param {Record<string, string>} filters */
  set(filters) {
    if (filters.kind) this.#addKind(filters.kind)
    this.#fill(filters)
    this.#tell()
    if (Object.keys(filters).length === 0) this.#controls.search.focus({ preventScroll: true })
  }

  /** Offers what was seen: users and kinds. */
  offer({ user, kind }) {
    this.#addKind(kind)
    if (!user || this.#users.has(user)) return
    this.#users.add(user)
    this.#userList.append(element('option', { value: user }))
  }

  end() { clearTimeout(this.#timer) }

  #addKind(name) {
    if (this.#kinds.has(name)) return
    const option = element('option', { value: name }, kindTitle(name))
    this.#kinds.set(name, option)
    this.#controls.kind.append(option)
  }

  #fill(filters) {
    for (const name of names) this.#controls[name].value = filters[name] ?? ''
    this.#showState()
  }

  #showState() {
    const { values } = this
    const chosen = Object.keys(values)
    this.#clear.hidden = chosen.length === 0
    const count = chosen.filter(name => name !== 'search').length
    this.#count.hidden = count === 0
    setText(this.#count, `${count} chosen`)
    const isBackwards = values.since && values.until && Date.parse(values.since) > Date.parse(values.until)
    setText(this.#problem, isBackwards ? 'Since is later than until: nothing can be found.' : '')
  }

  #tell() {
    clearTimeout(this.#timer)
    this.#showState()
    this.#choose(this.values)
  }
}
