import { element } from '../../parts/dom.js'
import { iconButton } from '../../parts/pieces.js'

/**
 * Buttons that undo and redo, and their keys wherever nothing else takes them.
 *
 * @param {import('../../crdt/undo-manager.js').UndoManager} undo
 * @param {object} options
 * @param {Element} options.scope Fields outside of its editors have an undo of their own.
 * @param {() => boolean} options.isLocked Whether nothing may be changed.
 * @param {AbortSignal} options.signal
 * @returns {{ element: HTMLElement, update: () => void }} `update` is to be called when that is another one.
 */
export function historyButtons(undo, { scope, isLocked, signal }) {
  const back = iconButton('undo', 'Undo', () => undo.undo(), { 'aria-keyshortcuts': 'Control+Z Meta+Z' })
  const forward = iconButton('redo', 'Redo', () => undo.redo(), { 'aria-keyshortcuts': 'Control+Y Meta+Shift+Z' })
  const update = () => {
    back.disabled = isLocked() || !undo.canUndo
    forward.disabled = isLocked() || !undo.canRedo
  }
  for (const event of ['added', 'popped', 'cleared']) {
    const end = undo.on(event, update)
    signal.addEventListener('abort', end)
  }
  for (const node of [back, forward]) {
    // The caret stays where it is.
    node.addEventListener('pointerdown', event => event.preventDefault())
  }
  update()
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.altKey || !(event.ctrlKey || event.metaKey) || event.isComposing) return
    const key = event.key.toLowerCase()
    if (key !== 'z' && key !== 'y') return
    const { target } = event
    const isField = target.matches?.('input, textarea, select, [contenteditable]')
    if (isField && !(scope.contains(target) && target.closest('.write-editor'))) return
    event.preventDefault()
    if (isLocked()) return
    if (key === 'y' || event.shiftKey) undo.redo()
    else undo.undo()
  }, { signal })
  const group = element('div', { class: 'write-history', role: 'group', 'aria-label': 'Own changes' }, back, forward)
  return { element: group, update }
}
