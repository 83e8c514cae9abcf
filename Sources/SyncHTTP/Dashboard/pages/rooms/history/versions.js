import { element, setText, showList } from '../../../parts/dom.js'
import { ago, moment as momentText } from '../../../parts/format.js'
import { failure } from '../../../failure.js'
import { ask, badge, button, field, iconButton } from '../../../parts/pieces.js'
import { relay } from '../../../relay.js'
import { toast } from '../../../toasts.js'

const path = '/api/versions'
/** Versions are in the document, which takes the relay long to read when it is large. */
const interval = 20_000
/** Characters of a name; the relay takes 256 bytes. */
const nameMax = 80

/** What a restoration is, for whoever is asked whether to do it. */
const restorationText = 'The document will say again what it said then, by a new change: what others write meanwhile is merged ' +
  'with it, and nothing in the history is lost. To undo it, restore what was there before.'

/**
 * Asks whether to restore a moment or a version, and does it.
 *
 * @param {string} room
 * @param {string} name What is restored, within a sentence.
 * @param {{ version: string } | { update: number }} moment
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} Whether the document is another one now.
 */
export async function restore(room, name, moment, signal) {
  // Moments last for up to a minute: the one before a restoration may not be what was there when it began.
  const keeps = element('input', { type: 'checkbox', checked: true })
  const controls = [element('label', { class: 'row' }, keeps, 'Give the present a name first, to come back to')]
  if (!await ask({ title: `Restore ${name}?`, text: restorationText, action: 'Restore', controls })) return false
  try {
    if (keeps.checked) {
      // With the day, so that no other is called the same.
      const present = `Before restoring, ${momentText(Date.now(), 0)}`
      await relay.get(path, { method: 'POST', body: { room, name: present }, signal })
    }
    const { changed } = await relay.get(`${path}/restore`, { method: 'POST', body: { room, ...moment }, signal })
    toast(changed ? { title: 'Restored', text: `The document says what it said at ${name}.`, icon: 'check' } :
      { title: 'Nothing to restore', text: `The document says what it said at ${name} already.` })
    return changed
  } catch (error) {
    if (!signal.aborted) toast({ title: error.title ?? 'That did not work', text: error.message, kind: 'bad' })
    return false
  }
}

/** The versions of a room: moments that were given a name. */
export class Versions {
  element = element('div', { class: 'stack' })
  /** @type {object[]} As the relay lists them, the oldest first. */
  list = []
  /** @type {boolean} Whether versions can be looked at and restored: without a history they cannot. */
  canShow = true
  #room
  #signal
  #show
  #changed
  #restored
  #shown = null
  #following = null
  #ask = () => {}
  #last = ''
  #form
  #items = element('ul', { class: 'versions' })
  #none = element('p', { class: 'quiet' }, 'No moment has a name yet.')
  #problem = element('div', { role: 'status' })
  #name = element('input', { maxlength: nameMax, required: true, autocomplete: 'off' })

  /**
   * @param {object} options
   * @param {string} options.room
   * @param {AbortSignal} options.signal Ends it.
   * @param {(version: object) => void} options.show Called to have a version shown.
   * @param {() => void} options.changed Called when the list is another one.
   * @param {() => void} options.restored Called when a version was restored.
   */
  constructor({ room, signal, show, changed, restored }) {
    this.#room = room
    this.#signal = signal
    this.#show = show
    this.#changed = changed
    this.#restored = restored
    this.#form = element('form', { class: 'version-form' },
      field('Give this moment a name', this.#name, 'The document as it is now, whatever the slider shows.'),
      element('button', {}, 'Name it'))
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#create()
    })
    this.element.append(this.#none, this.#items, this.#problem, this.#form)
    this.#none.hidden = true
  }

  /** Begins to follow the list, unless that is going on. */
  start() {
    if (this.#following) return
    this.#following = new AbortController()
    const signal = AbortSignal.any([this.#following.signal, this.#signal])
    this.#ask = relay.follow(path, { milliseconds: interval, signal, query: () => ({ room: this.#room }) },
      list => this.#set(list), error => this.#fail(error))
  }

  /** Asks for the list now. */
  refresh() {
    if (this.#following) this.#ask()
    else this.start()
  }

  #set(list) {
    this.#problem.replaceChildren()
    this.#form.hidden = false
    const text = JSON.stringify(list)
    if (text !== this.#last) {
      this.list = list
      this.#changed()
    }
    this.#last = text
    this.update(this.#shown)
  }

  #fail(error) {
    // Asking again changes nothing, unless somebody does something about it. A room that nobody wrote in has no versions.
    if (error.status !== 503) {
      this.#following.abort()
      this.#following = null
    }
    this.list = []
    this.#last = ''
    this.#form.hidden = error.status !== 404
    this.#problem.replaceChildren(...error.status === 404 ? [] : [failure(error, () => this.refresh())])
    this.update(this.#shown)
  }

  /** @param {object | null} shown The version that is looked at. */
  update(shown) {
    this.#shown = shown
    const latest = new Map(this.list.map(version => [version.name, version]))
    const items = [...this.list].reverse()
    showList(this.#items, items, version => JSON.stringify([version.name, version.milliseconds, version.client]),
      version => this.#make(version), (node, version) => this.#update(node, version, latest.get(version.name) === version))
    this.#none.hidden = items.length > 0 || this.#problem.childElementCount > 0
  }

  #make(version) {
    const { name } = version
    const called = name ?? 'without a name'
    const actions = [
      button('Show', () => this.#show(version), { 'aria-label': `Show version ${called}` }),
      button('Restore', () => this.#restore(version), { 'aria-label': `Restore version ${called}` }),
      iconButton('remove', `Delete version ${called}`, () => this.#remove(version)),
    ]
    return element('li', { 'data-version': name },
      element('div', {}, element('strong', {}, called), ' ', badge('shown', 'accent'), element('p', { class: 'quiet small' })),
      element('div', { class: 'row' }, ...actions))
  }

  #update(node, version, isLatest) {
    const [what, actions] = node.children
    const [, mark, text] = what.children
    const isShown = this.#shown?.name === version.name && this.#shown?.milliseconds === version.milliseconds
    mark.hidden = !isShown
    // Clients write what they like into versions.
    const time = Number.isFinite(version.milliseconds) && Math.abs(version.milliseconds) < 8.64e15 ? version.milliseconds : null
    const when = time === null ? 'at some time' : `${momentText(time)}, ${ago(time)}`
    const parts = [version.author && `by ${version.author}`, when, !isLatest && 'there is a later one of this name']
    setText(text, parts.filter(Boolean).join(' · '))
    // The relay knows versions by their names, and of those of one name the latest.
    const isNamed = version.name !== undefined && version.name !== '' && isLatest
    const [show, restoring, remove] = actions.children
    show.hidden = restoring.hidden = !isNamed || !this.canShow
    remove.hidden = !isNamed
  }

  // MARK: Changing

  async #create() {
    const name = this.#name.value.trim()
    if (name === '') return
    await this.#perform(async () => {
      await relay.get(path, { method: 'POST', body: { room: this.#room, name }, signal: this.#signal })
      this.#name.value = ''
      toast({ title: `This moment is called “${name}”`, icon: 'check' })
    })
  }

  async #restore({ name }) {
    if (!await restore(this.#room, `version “${name}”`, { version: name }, this.#signal)) return
    this.refresh()
    this.#restored()
  }

  async #remove({ name }) {
    const isSure = await ask({
      title: `Delete version “${name}”?`, action: 'Delete', isDangerous: true,
      text: 'It goes out of the list for everybody. The document and its history stay as they are.',
    })
    if (!isSure) return
    await this.#perform(() => relay.get(path, { method: 'DELETE', query: { room: this.#room, name }, signal: this.#signal }))
  }

  async #perform(body) {
    try {
      await body()
      this.#problem.replaceChildren()
      this.refresh()
      this.#changed()
    } catch (error) {
      if (!this.#signal.aborted) this.#problem.replaceChildren(failure(error))
    }
  }
}
