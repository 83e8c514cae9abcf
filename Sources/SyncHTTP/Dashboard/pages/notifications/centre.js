import { categoryTitle, inbox, notificationsPath, shownAt, unread } from '../../notifications.js'
import { replaceAddress } from '../../parts/address.js'
import { byDay, dayTitle } from '../../parts/days.js'
import { element, setText, showList } from '../../parts/dom.js'
import { counted } from '../../parts/format.js'
import { failure } from '../../failure.js'
import { ask, button, emptyState } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { isArchived, isUnread, makeItem, showItem } from './item.js'

const pageItems = 50
/** Most of one question, and of one request to mark. */
const questionItemsMax = 500
const states = { unread: 'Unread', read: 'Read', archived: 'Archived', all: 'All' }
const emptyTexts = {
  unread: ['Nothing is unread', 'What is new appears here at once, and in a corner of every page.'],
  read: ['Nothing has been read', 'What you mark as read is kept here until you archive it.'],
  archived: ['The archive is empty', 'What you put away is kept here.'],
  all: ['Nothing has been told yet', 'Applications and relays tell something with the API, or `syncctl notify`.'],
}
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** Shows what a user is told: by state, category, day and digest. */
export function showCentre(root, user, query, signal) {
  new Centre(root, user, query, signal).start()
}

class Centre {
  #user
  #signal
  #state
  #category
  #wanted = pageItems
  #items = []
  #isComplete = true
  #loading = null
  #isOverdue = false

  #choices = new Map(Object.entries(states).map(([state, text]) =>
    [state, button(text, () => this.#choose(state, this.#category))]))
  #categories = element('select', {
    'aria-label': 'Category', on: { change: event => this.#choose(this.#state, event.target.value) },
  }, element('option', { value: '' }, 'All categories'))
  #readAll = button('Mark all as read', () => this.#markAll('read'))
  #archiveAll = button('Archive all', () => this.#archiveShown())
  #groups = element('div', { class: 'stack' })
  #message = element('div')
  #problem = element('div', { role: 'alert' })
  #more = button('Show earlier', () => this.#showEarlier(), { class: 'show-earlier', hidden: true })

  constructor(root, user, query, signal) {
    this.#user = user
    this.#signal = signal
    this.#state = states[query.get('state')] ? query.get('state') : 'unread'
    this.#category = query.get('category') ?? ''
    for (const category of ['system', 'user-action', 'performance', this.#category]) this.#offer(category)
    root.append(element('div', { class: 'inbox-bar' },
      element('div', { class: 'choice', role: 'group', 'aria-label': 'State' }, ...this.#choices.values()), this.#categories,
      element('div', { class: 'actions' }, this.#readAll, this.#archiveAll)),
    this.#problem, this.#groups, this.#message, this.#more)
    signal.addEventListener('abort', inbox.on('change', () => this.#load()))
  }

  start() {
    this.#showChoices()
    this.#load()
  }

  #choose(state, category) {
    this.#state = state
    this.#category = category
    this.#wanted = pageItems
    replaceAddress('notifications', [], { state: state === 'unread' ? null : state, category })
    this.#showChoices()
    this.#load()
  }

  #offer(category) {
    if (!category || [...this.#categories.options].some(({ value }) => value === category)) return
    this.#categories.append(element('option', { value: category }, categoryTitle(category)))
  }

  #showChoices() {
    for (const [state, choice] of this.#choices) choice.setAttribute('aria-pressed', state === this.#state)
    this.#categories.value = this.#category
  }

  // MARK: Loading

  /**
   * Asks for as many as are wanted: what is marked anywhere may be on any page, so all that is shown is asked for. It is over
   * when what was asked for last is shown.
   */
  #load() {
    this.#isOverdue = true
    return this.#loading ??= this.#loadAll().finally(() => { this.#loading = null })
  }

  async #loadAll() {
    try {
      while (this.#isOverdue) {
        this.#isOverdue = false
        const [state, category] = [this.#state, this.#category]
        // The inbox asks no more then, nor does its page.
        if (inbox.error?.status === 403 || inbox.error?.status === 401) throw inbox.error
        const found = await this.#find(state, category, this.#wanted)
        if (this.#signal.aborted) return
        if (state !== this.#state || category !== this.#category) this.#isOverdue = true
        else this.#show(found)
      }
    } catch (error) {
      if (!this.#signal.aborted && error.status !== 0) this.#showFailure(error)
      if (!error.title && !this.#signal.aborted) console.error(error)
    }
  }

  async #find(state, category, wanted) {
    const items = []
    let next
    do {
      // Categories are told apart here, so there may be few of one among many.
      const limit = category ? questionItemsMax : Math.min(wanted - items.length, questionItemsMax)
      const page = await relay.get(notificationsPath, {
        query: { user: this.#user, state, before: next, limit }, signal: this.#signal,
      })
      for (const news of page.notifications) {
        this.#offer(news.category)
        if (!category || news.category === category) items.push(news)
      }
      next = page.next
      unread.set(page.unreadCount)
    } while (next !== undefined && items.length < wanted)
    return { items: items.slice(0, wanted), isComplete: next === undefined && items.length <= wanted }
  }

  async #showEarlier() {
    const last = this.#items.at(-1)?.id
    this.#wanted += pageItems
    await this.#load()
    if (!this.#more.hidden || this.#signal.aborted) return
    // The button is gone; who used it goes on with what it has brought.
    const index = this.#items.findIndex(({ id }) => id === last) + 1
    this.#nodeOf(this.#items[index]?.id)?.querySelector('button').focus({ preventScroll: true })
  }

  // MARK: Showing

  #show({ items, isComplete }) {
    const focused = document.activeElement
    const id = this.#groups.contains(focused) ? focused.closest('.news')?.dataset.id : undefined
    const index = this.#items.findIndex(news => news.id === id)
    this.#items = items
    this.#isComplete = isComplete
    this.#problem.replaceChildren()
    this.#render()
    if (index >= 0 && !focused.isConnected) this.#focusNear(index, focused.dataset.action)
  }

  /** What had the focus has left the list: it goes to what has come into its place. */
  #focusNear(index, action = 'read') {
    const near = this.#items[Math.min(index, this.#items.length - 1)]
    const next = this.#nodeOf(near?.id)?.querySelector(`[data-action="${action}"]`) ?? this.#choices.get(this.#state)
    next.focus({ preventScroll: true })
  }

  #render() {
    const items = this.#items
    showList(this.#groups, groupsOf(items), ({ key }) => key, () => element('section', { class: 'news-group' },
      element('h2'), element('ul', { class: 'news-list' })), (node, { title, items: members }) => {
      setText(node.firstElementChild, title)
      showList(node.lastElementChild, members, ({ id }) => id,
        news => makeItem(news, (id, mark) => this.#post({ mark, ids: [id] })), showItem)
    })
    this.#more.hidden = this.#isComplete
    this.#readAll.disabled = !items.some(isUnread)
    this.#archiveAll.disabled = !items.some(news => !isArchived(news))
    const state = items.length > 0 ? '' : this.#category ? 'category' : this.#state
    if (this.#message.dataset.state === state) return
    this.#message.dataset.state = state
    const [title, text] = emptyTexts[this.#state]
    this.#message.replaceChildren(...state === '' ? [] : [element('div', { class: 'card' },
      emptyState('notifications', state === 'category' ? `${title} in this category` : title, text))])
  }

  #showFailure(error) {
    this.#problem.replaceChildren(failure(error, () => inbox.restart()))
    if (error.status !== 401 && error.status !== 403) return
    this.#groups.replaceChildren()
    this.#message.replaceChildren()
    this.#more.hidden = true
  }

  #nodeOf(id) { return id === undefined ? null : this.#groups.querySelector(`[data-id="${CSS.escape(id)}"]`) }

  // MARK: Marking

  async #post(body) {
    this.#problem.replaceChildren()
    try {
      const { unreadCount } = await relay.get(`${notificationsPath}/marks`, {
        method: 'POST', query: { user: this.#user }, body, signal: this.#signal,
      })
      unread.set(unreadCount)
    } catch (error) {
      // Something is not there any more: it is listed anew.
      if (!this.#signal.aborted && error.code !== 'unknownNotification') this.#problem.replaceChildren(failure(error))
      if (error.code === 'unknownNotification') await this.#load()
      return false
    }
    await this.#load()
    return true
  }

  async #markAll(mark) {
    if (this.#category || !['all', 'unread'].includes(this.#state)) return this.#markShown(mark)
    if (await this.#post({ mark, all: true })) this.#choices.get(this.#state).focus({ preventScroll: true })
  }

  /** Marks all of the state and the category that are chosen, on all pages. */
  async #markShown(mark) {
    try {
      const { items } = await this.#find(this.#state, this.#category, Infinity)
      for (let start = 0; start < items.length; start += questionItemsMax) {
        if (!await this.#post({ mark, ids: items.slice(start, start + questionItemsMax).map(({ id }) => id) })) return
      }
      this.#choices.get(this.#state).focus({ preventScroll: true })
    } catch (error) {
      if (!this.#signal.aborted) this.#problem.replaceChildren(failure(error))
    }
  }

  async #archiveShown() {
    const { length } = this.#items.filter(news => !isArchived(news))
    const what = this.#isComplete ? counted(length, 'notification') : 'all that match, also on later pages'
    const isDone = await ask({
      title: 'Archive all of these?', action: 'Archive all', text: `This puts away ${what}. The archive keeps them.`,
    })
    if (isDone) await this.#markShown('archived')
  }
}

/** Groups by days; what a digest held back is a group of its own, at the time when it was due. */
function groupsOf(items) {
  return byDay(items, shownAt).flatMap(({ milliseconds, items: members }) => {
    const groups = []
    for (const news of members) {
      const due = news.dueMilliseconds
      const key = due === undefined ? `day ${milliseconds}` : `digest ${due}`
      let group = groups.find(other => other.key === key)
      if (!group) groups.push(group = { key, due, items: [] })
      group.items.push(news)
    }
    const day = dayTitle(milliseconds)
    return groups.map(({ key, due, items: ofGroup }) => ({
      key, items: ofGroup,
      title: due === undefined ? day : `${day}, digest of ${clock.format(due)}: ${counted(ofGroup.length, 'notification')}`,
    }))
  })
}
