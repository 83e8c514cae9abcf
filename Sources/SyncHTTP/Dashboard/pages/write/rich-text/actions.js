/**
 * What the toolbar and shortcuts do.
 *
 * @module
 */

import { editLink } from './links.js'

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

/** The key of shortcuts, for machines and for people. */
export const control = isMac ? { name: 'Meta', shown: '⌘' } : { name: 'Control', shown: 'Ctrl+' }

const keys = (key, { shift = false, alt = false, code } = {}) => ({ key, shift, alt, code })

const inline = (name, label, combination, said) => ({
  name, label, keys: combination, said,
  isOn: formats => formats.inline[name] === true, run: ({ commands }) => commands.toggle(name),
})

const block = (name, label, attribute, value, combination, said) => ({
  name, label, keys: combination, said, run: ({ commands }) => commands.toggleBlock(attribute, value),
  isOn: formats => formats.block[attribute] === value || (value === 'unchecked' && formats.block.list === 'checked'),
})

/**
 * @typedef {object} Action
 * @property {string} name
 * @property {string} label
 * @property {{ key: string, shift: boolean, alt: boolean, code?: string }} [keys] Behind Control, or Command on a Mac.
 * @property {string} [said] The shortcut as `aria-keyshortcuts` has it, without Control.
 * @property {(formats: object) => boolean} [isOn] Whether the selection has it already.
 * @property {(editor: import('./editor.js').RichTextEditor) => void} run
 */

/** Groups, as the toolbar shows them. @type {Action[][]} */
export const actionGroups = [
  [
    inline('bold', 'Bold', keys('b'), 'B'),
    inline('italic', 'Italic', keys('i'), 'I'),
    inline('underline', 'Underline', keys('u'), 'U'),
    inline('strike', 'Strike through', keys('x', { shift: true }), 'Shift+X'),
    inline('code', 'Code', keys('e'), 'E'),
    {
      name: 'link', label: 'Link', keys: keys('k'), said: 'K',
      isOn: formats => formats.inline.link !== undefined, run: editLink,
    },
  ],
  [
    block('heading-1', 'Heading 1', 'header', 1, keys(undefined, { alt: true, code: 'Digit1' }), 'Alt+1'),
    block('heading-2', 'Heading 2', 'header', 2, keys(undefined, { alt: true, code: 'Digit2' }), 'Alt+2'),
    block('heading-3', 'Heading 3', 'header', 3, keys(undefined, { alt: true, code: 'Digit3' }), 'Alt+3'),
  ],
  [
    block('bullet', 'Bulleted list', 'list', 'bullet', keys(undefined, { shift: true, code: 'Digit8' }), 'Shift+8'),
    block('ordered', 'Numbered list', 'list', 'ordered', keys(undefined, { shift: true, code: 'Digit7' }), 'Shift+7'),
    block('check', 'Check list', 'list', 'unchecked', keys(undefined, { shift: true, code: 'Digit9' }), 'Shift+9'),
  ],
  [
    block('quote', 'Quote', 'blockquote', true),
    block('code-block', 'Code block', 'code-block', true),
    { name: 'clear', label: 'Clear formats', keys: keys('\\'), said: '\\', run: ({ commands }) => commands.clear() },
  ],
]
