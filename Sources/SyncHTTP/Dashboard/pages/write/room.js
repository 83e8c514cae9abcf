import { address, parseAddress, replaceAddress } from '../../parts/address.js'
import { element } from '../../parts/dom.js'
import { failure } from '../../failure.js'
import { button, pageHead, tabs } from '../../parts/pieces.js'
import { toast } from '../../toasts.js'
import { announcer } from './announcer.js'
import { connectionBar } from './connection-bar.js'
import { historyButtons } from './history-buttons.js'
import { OutlineEditor } from './outline/editor.js'
import { linesOf } from './outline/model.js'
import { participants } from './participants.js'
import { problemsOf, saveFile, showProblems } from './problems.js'
import { noteRoom } from './recent-rooms.js'
import { RichTextEditor } from './rich-text/editor.js'
import { readable } from './room-name.js'
import { editorOrigin, outlineRoot, SharedDocument } from './shared-document.js'
import { throttled } from './throttle.js'

/** The root that the examples of y-quill write to. */
const textRoot = 'quill'

/**
 * Shows a room: its editors, who is there, and how it stands.
 *
 * @param {Element} root
 * @param {{ room: string, query: URLSearchParams, signal: AbortSignal }} options
 */
export async function showRoom(root, { room, query, signal }) {
  const name = readable(room)
  document.title = `${name} · Write together · syncctl`
  const opening = element('p', { class: 'quiet' }, 'Opening the document')
  root.append(roomHead(room, name), opening)
  const shared = await SharedDocument.open(room)
  if (signal.aborted) return shared.leave()
  opening.remove()
  noteRoom(room)
  const inner = new AbortController()
  const close = async end => {
    if (inner.signal.aborted) return
    inner.abort()
    await end()
  }
  signal.addEventListener('abort', () => close(() => shared.leave()), { once: true })
  const reopen = async (end = () => shared.leave()) => {
    try {
      await close(end)
      root.replaceChildren()
      await showRoom(root, { room, query: parseAddress(location.hash).query, signal })
    } catch (error) {
      if (!signal.aborted) root.append(failure(error, () => reopen()))
    }
  }
  try {
    new RoomView(root, shared, { query, signal: inner.signal, reopen }).start()
  } catch (error) {
    await close(() => shared.leave())
    throw error
  }
}

const roomHead = (room, name) => pageHead(name, null,
  navigator.clipboard && button('Copy link', async () => {
    try {
      await navigator.clipboard.writeText(new URL(address('write', [room]), location.href).href)
      toast({ title: 'The link is copied' })
    } catch {
      toast({ title: 'The link could not be copied', text: 'Copy it from the address bar.', kind: 'warning' })
    }
  }),
  // Windows that are opened by this one have its token.
  element('a', { class: 'button write-second', href: address('write', [room]), target: '_blank', rel: 'opener' },
    'Open a second window'),
  element('a', { class: 'button', href: address('write') }, 'Other rooms'))

/** What a room's page consists of. */
class RoomView {
  #root
  #shared
  #query
  #signal
  #reopen
  #problems = element('div', { class: 'stack write-problems', role: 'status' })
  #editors = new Map()
  #panels = new Map()
  #textName
  #text
  #outline
  #undo
  #history

  constructor(root, shared, { query, signal, reopen }) {
    this.#root = root
    this.#shared = shared
    this.#query = query
    this.#signal = signal
    this.#reopen = reopen
    this.#textName = query.get('root') || textRoot
    this.#text = shared.document.text(this.#textName)
    this.#outline = shared.document.xmlFragment(outlineRoot)
    this.#undo = shared.undo([this.#text, this.#outline])
  }

  start() {
    const shared = this.#shared, signal = this.#signal
    const announce = announcer(signal)
    const bar = connectionBar(shared, { announce, signal })
    const people = participants(shared, { announce, signal })
    this.#history = historyButtons(this.#undo, { scope: this.#root, isLocked: () => shared.isReadOnly, signal })
    const chosen = this.#query.get('tab') === 'outline' ? 'outline' : 'text'
    const { list, panel } = tabs('Editors', [{ name: 'text', text: 'Text' }, { name: 'outline', text: 'Outline' }], chosen,
      editor => this.#choose(editor, panel))
    panel.classList.add('write-panel')
    this.#root.append(announce.node, this.#problems, element('div', { class: 'write-layout' },
      element('section', { class: 'card flush write-main', 'aria-label': 'Editors' },
        element('div', { class: 'write-head' }, list, people.faces, this.#history.element),
        bar.bar, panel),
      element('div', { class: 'stack write-side' }, people.card, bar.card)))
    this.#choose(chosen, panel)
    const update = throttled(() => this.#update(), signal)
    shared.on('change', update)
    this.#update()
    signal.addEventListener('abort', () => this.#destroyEditors())
  }

  #choose(name, panel) {
    if (!this.#panels.has(name)) {
      const node = element('div', { class: `write-editor write-editor-${name}`, 'data-editor': name })
      this.#panels.set(name, node)
      panel.append(node)
      const editor = this.#makeEditor(name)
      this.#editors.set(name, editor)
      node.append(editor.element)
      editor.isReadOnly = this.#shared.isReadOnly
    }
    for (const [other, node] of this.#panels) node.hidden = other !== name
    replaceAddress('write', [this.#shared.room],
      { tab: name === 'text' ? null : name, root: this.#textName === textRoot ? null : this.#textName })
  }

  #makeEditor(name) {
    const { awareness, room } = this.#shared
    const options = { awareness, undo: this.#undo, origin: editorOrigin }
    return name === 'text'
      ? new RichTextEditor({ text: this.#text, label: `Text of ${readable(room)}`, ...options })
      : new OutlineEditor({ fragment: this.#outline, label: `Outline of ${readable(room)}`, ...options })
  }

  #destroyEditors() {
    for (const editor of this.#editors.values()) {
      // After the core has stopped there is nothing to give back.
      try { editor.destroy() } catch (error) { if (!this.#shared.crdtHasFailed) throw error }
    }
  }

  #update() {
    const shared = this.#shared
    showProblems(this.#problems, problemsOf(shared, {
      reopen: () => this.#reopen(),
      // Undo keeps what was deleted, and only a document that is read anew is without it.
      retry: () => shared.localCopy.state === 'kept' ? this.#reopen(() => shared.close()) : shared.retry(),
      beginAnew: () => this.#reopen(() => shared.forget()),
      copies: [['Save as text', () => this.#saveText()], ['Save as a Yjs update', () => this.#saveUpdate()]],
    }))
    this.#history.update()
    if (shared.crdtHasFailed) return
    for (const editor of this.#editors.values()) {
      if (editor.isReadOnly !== shared.isReadOnly) editor.isReadOnly = shared.isReadOnly
    }
  }

  /** Saves what is written, for people. */
  #saveText() {
    saveFile(`${this.#fileName}.txt`, [this.#text.toString(), ...linesOf(this.#outline)].join('\n'))
  }

  /** Saves the document whole, as `syncctl import` takes it. */
  #saveUpdate() { saveFile(`${this.#fileName}.update`, this.#shared.document.encodeUpdate()) }

  get #fileName() { return readable(this.#shared.room).replaceAll(/[^\p{L}\p{N}._-]+/gu, '-') }
}
