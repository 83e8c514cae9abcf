import { inbox, notificationsPath } from '../../notifications.js'
import { element, setText } from '../../parts/dom.js'
import { failure } from '../../failure.js'
import { button, notice } from '../../parts/pieces.js'
import { relay } from '../../relay.js'
import { Categories } from './categories.js'
import { Mutes } from './mutes.js'
import { QuietHours } from './quiet-hours.js'
import { zoneList } from './times.js'

const path = `${notificationsPath}/preferences`

/** Shows what a user wants to be told, and changes it. */
export function showPreferences(root, user, signal) {
  new Preferences(root, user, signal).load()
}

/** A form that holds until it is saved; what another device chooses meanwhile is offered, and never put in over it. */
class Preferences {
  #root
  #user
  #signal
  /** What the relay has, as text that can be compared. */
  #held = null
  #categories
  #mutes
  #quietHours
  #isSaving = false

  #form = element('form', { class: 'preferences stack', novalidate: true, 'aria-label': 'Preferences' })
  #news = element('div', { role: 'status' })
  #problem = element('div', { role: 'alert' })
  #state = element('span', { role: 'status' })
  #save = element('button', { class: 'primary' }, 'Save')
  #discard = button('Discard changes', () => this.load())

  constructor(root, user, signal) {
    this.#root = root
    this.#user = user
    this.#signal = signal
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#submit()
    })
    for (const event of ['input', 'change']) {
      this.#form.addEventListener(event, ({ target }) => { if (target.dataset.aside === undefined) this.#showState() })
    }
    root.append(zoneList, this.#news, this.#form)
    signal.addEventListener('abort', inbox.on('change', () => this.#lookForOthers()))
  }

  /** Fills the form with what the relay has. */
  async load() {
    try {
      this.#fill(await relay.get(path, { query: { user: this.#user }, signal: this.#signal }))
    } catch (error) {
      if (this.#signal.aborted) return
      if (this.#held === null) this.#form.replaceChildren(failure(error, () => this.load()))
      else this.#problem.replaceChildren(failure(error, () => this.load()))
    }
  }

  #fill(preferences, state = '') {
    const changed = () => this.#showState()
    this.#categories = new Categories(preferences, changed)
    this.#mutes = new Mutes(preferences.mutes, changed)
    this.#quietHours = new QuietHours(preferences.quietHours)
    const parts = [this.#categories, this.#mutes, this.#quietHours].map(({ node }) => element('section', { class: 'card' }, node))
    this.#news.replaceChildren()
    this.#problem.replaceChildren()
    const focused = this.#form.contains(document.activeElement)
    this.#form.replaceChildren(...parts, this.#problem,
      element('div', { class: 'save-bar' }, this.#save, this.#discard, this.#state))
    this.#held = this.#chosen
    this.#showState(state)
    if (focused) this.#save.focus({ preventScroll: true })
  }

  get #value() {
    const { mutes, digests } = this.#categories.value
    return { mutes: [...mutes, ...this.#mutes.value], quietHours: this.#quietHours.value, digests }
  }

  /** What the form says, as text: the same for the same choices. */
  get #chosen() { return textOf(this.#value) }

  #showState(state = '') {
    const isChanged = this.#chosen !== this.#held
    // A disabled button would lose the focus, and with it the place.
    this.#save.setAttribute('aria-disabled', !isChanged)
    this.#discard.hidden = !isChanged
    const text = isChanged ? 'There are changes that are not saved.' : state || 'All is saved.'
    setText(this.#state, this.#isSaving ? 'Saving' : text)
  }

  async #submit() {
    if (this.#isSaving || this.#held === null || this.#chosen === this.#held) return
    const wrong = this.#form.querySelector(':invalid:not(fieldset)')
    if (wrong) {
      wrong.reportValidity()
      return
    }
    this.#isSaving = true
    this.#showState()
    this.#problem.replaceChildren()
    try {
      const held = await relay.get(path, {
        method: 'PUT', query: { user: this.#user }, body: this.#value, signal: this.#signal,
      })
      this.#isSaving = false
      this.#fill(held, 'Saved. It counts for what is told from now on.')
    } catch (error) {
      this.#isSaving = false
      if (this.#signal.aborted) return
      this.#problem.replaceChildren(failure(error))
      this.#showState()
    }
  }

  /** Looks whether another device has chosen something. */
  async #lookForOthers() {
    if (this.#isSaving || this.#held === null) return
    try {
      const preferences = await relay.get(path, { query: { user: this.#user }, signal: this.#signal })
      if (this.#signal.aborted || this.#isSaving) return
      const text = textOf(preferences)
      if (text === this.#held) return this.#news.replaceChildren()
      if (this.#chosen === this.#held && !this.#form.contains(document.activeElement)) return this.#fill(preferences)
      if (this.#news.firstChild) return
      this.#news.append(notice('', 'Another device has changed these preferences',
        'To show them discards what you have changed here.', button('Show them', () => this.load())))
    } catch { /* It is asked again with the next change. */ }
  }
}

function textOf({ mutes, quietHours, digests }) {
  const sorted = list => list.map(part => JSON.stringify(part, Object.keys(part).sort())).sort()
  return JSON.stringify([sorted(mutes), quietHours ? sorted([quietHours]) : null, sorted(digests)])
}
