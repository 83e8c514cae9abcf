import { element } from '../../../parts/dom.js'
import { iconButton } from '../../../parts/pieces.js'
import { isItem, isChecked, nextOf, previousOf, toggle } from './model.js'

const keys = [
  ['Enter', 'new item'], ['Tab, Shift+Tab', 'under the item before, or out again'], ['Alt+↑, Alt+↓', 'move up or down'],
  ['Ctrl+Enter', 'done, or not'], ['Backspace', 'take an empty item away'], ['Escape, then Tab', 'leave the outline'],
]

/**
 * Buttons for what keys do, about the item that has the focus or had it last: for fingers, and for those who do not know the
 * keys.
 *
 * @param {import('./editor.js').OutlineEditor} editor
 * @returns {{ element: HTMLElement, update: () => void }} `update` is to be called when another item is the current one.
 */
export function outlineTools(editor) {
  const tools = [
    ['add', 'New item', () => editor.add(), () => true],
    ['check', 'Done, or not', view => editor.restructure(() => toggle(view.item)), () => true],
    ['previous', 'Outdent', view => editor.move(view, 'outdent'), ({ item }) => isItem(item.parent)],
    ['next', 'Indent', view => editor.move(view, 'indent'), ({ item }) => previousOf(item) !== null],
    ['up', 'Move up', view => editor.move(view, 'moveUp'), ({ item }) => previousOf(item) !== null],
    ['down', 'Move down', view => editor.move(view, 'moveDown'), ({ item }) => nextOf(item) !== null],
    ['remove', 'Delete with all under it', view => editor.remove(view), () => true],
  ].map(([name, label, action, isPossible]) => ({
    name, isPossible, node: iconButton(name, label, () => {
      const { current } = editor
      if (current || name === 'add') action(current)
    }),
  }))
  const bar = element('div', { class: 'outline-tools', role: 'toolbar', 'aria-label': 'Current item' },
    ...tools.map(({ node }) => node))
  // The caret, and with it a phone's keyboard, stays where it is.
  bar.addEventListener('pointerdown', event => event.preventDefault())
  const help = element('details', { class: 'outline-help' }, element('summary', {}, 'Keys'),
    element('dl', { class: 'facts' }, ...keys.flatMap(([key, text]) => [element('dt', {}, key), element('dd', {}, text)])))
  const update = () => {
    const view = editor.current
    for (const { name, node, isPossible } of tools) {
      node.disabled = editor.isReadOnly || !(name === 'add' || view !== null && isPossible(view))
    }
    const done = tools.find(({ name }) => name === 'check').node
    done.setAttribute('aria-pressed', view !== null && isChecked(view.item))
  }
  return { element: element('div', { class: 'outline-foot' }, bar, help), update }
}
