// The live document of a room, as a tree.

import { SharedArray, SharedText, SharedXMLElement, SharedXMLFragment, SharedXMLText } from '../../crdt/crdt.js'
import { element, uniqueID } from '../../parts/dom.js'
import { button, emptyState } from '../../parts/pieces.js'
import { toast } from '../../toasts.js'
import { RootsBranch } from './branches.js'
import { copyText, documentJSON } from './copy.js'
import { showState } from './state.js'
import { Tree } from './tree.js'
import { tellsUnits } from './units.js'

/** Changes are drawn at most so often; less often when drawing takes long, so that most of the time is left for all else. */
const drawMilliseconds = 250
const restFactor = 4
/** Roots that are short are shown opened, when there are no more of them than that. */
const openRootsMax = 6
const openSizeMax = 200

/**
 * @param {HTMLElement} root
 * @param {{ room: string, signal: AbortSignal, inspected: import('./inspected.js').Inspected, reopen: () => void }} options
 */
export function showTree(root, { room, signal, inspected, reopen }) {
  showState(root, { inspected, signal, reopen })
  const tab = new TreeTab(room, inspected.document)
  root.append(tab.element)
  const start = () => { if (inspected.hasLoaded) tab.start(signal) }
  signal.addEventListener('abort', inspected.on('change', start))
  start()
}

/** Asks for a root as what it is told to be. */
function settle(document, name, type) {
  if (type instanceof SharedXMLText) document.xmlText(name)
  else if (type instanceof SharedText) document.text(name)
  else if (type instanceof SharedXMLElement) document.xmlElement(name)
  else if (type instanceof SharedXMLFragment) document.xmlFragment(name)
  else if (type instanceof SharedArray) document.array(name)
  else document.map(name)
}

class TreeTab {
  #document
  #tree
  #tools
  #empty
  #card
  #isStarted = false
  /** What ends the observation of each root. */
  #observed = new Map()
  #timer = null
  #restUntil = 0

  constructor(room, document) {
    this.#document = document
    this.#tree = new Tree(`What is in ${room}`, new RootsBranch(document), () => this.#request())
    const legend = element('p', { class: 'quiet small', id: uniqueID('legend'), hidden: true },
      'Units are listed as the document holds them, each run as client:clock+length. What was deleted is crossed out; ' +
      'where its content was given up, only the place is left.')
    const deleted = element('input', { type: 'checkbox', role: 'switch', 'aria-describedby': legend.id })
    deleted.addEventListener('change', () => {
      legend.hidden = !deleted.checked
      this.#tree.showsDeleted = deleted.checked
      this.#tree.relist()
    })
    this.#tools = element('div', { class: 'row tree-tools' },
      button('Copy as JSON', () => this.#copy()), button('Close all', () => this.#closeAll()),
      tellsUnits && element('label', { class: 'row tree-switch' }, deleted, 'Show what was deleted'))
    this.#empty = emptyState('rooms', 'The document is empty', 'Nothing was written in it, or all of it was given up.')
    this.#card = element('div', { class: 'card flush tree-card' }, this.#tree.element, this.#empty)
    /** @type {HTMLElement} */
    this.element = element('div', { class: 'stack', hidden: true }, this.#tools, legend, this.#card)
  }

  /** Shows the document, and follows it. @param {AbortSignal} signal */
  start(signal) {
    if (this.#isStarted) return
    this.#isStarted = true
    this.element.hidden = false
    this.#draw()
    const { roots } = this.#tree
    if (roots.length <= openRootsMax) for (const root of roots) if (root.size <= openSizeMax) root.open()
    // A change may have made a root, of which nothing else tells.
    const stop = this.#document.on('update', () => this.#request())
    signal.addEventListener('abort', () => {
      clearTimeout(this.#timer)
      if (!this.#document.isDestroyed) for (const end of [stop, ...this.#observed.values()]) end()
    })
  }

  #request() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#draw()
    }, Math.max(drawMilliseconds, this.#restUntil - performance.now()))
  }

  #draw() {
    if (this.#document.isDestroyed || this.#document.crdt.hasFailed) return
    const start = performance.now()
    this.#tree.draw()
    this.#observe()
    this.#empty.hidden = this.#tree.roots.length > 0
    this.#tree.element.hidden = !this.#empty.hidden
    const end = performance.now()
    this.#restUntil = end + (end - start) * restFactor
  }

  /**
   * Observes roots that are new. What came from others is of a kind that only its content tells, and is not told of as long
   * as nobody asks for it as something: so it is asked for as what it is told to be, once there is content to tell it.
   */
  #observe() {
    for (const root of this.#tree.roots) {
      const { label, content: type } = root
      if (this.#observed.has(label) || root.size === 0) continue
      settle(this.#document, label, type)
      this.#observed.set(label, type.observeDeep(events => { for (const event of events) this.#tree.note(event) }))
      root.describe()
    }
  }

  #closeAll() { for (const root of this.#tree.roots) root.close() }

  async #copy() {
    let text
    try {
      text = documentJSON(this.#document)
    } catch {
      toast({ title: 'Not copied', text: 'The document is nested too deeply to be written as JSON here.', kind: 'warning' })
      return
    }
    await copyText(text)
  }
}
