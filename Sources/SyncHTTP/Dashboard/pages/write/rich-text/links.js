import { element } from '../../../parts/dom.js'
import { ask, field } from '../../../parts/pieces.js'
import { linkTarget } from './formats.js'

/** An address as people write it: what has no scheme is one of the web. */
const completed = value => {
  const text = value.trim()
  if (linkTarget(text) !== null) return linkTarget(text)
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return linkTarget(`mailto:${text}`)
  return /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) || /\s/.test(text) || !text.includes('.') ? null : linkTarget(`https://${text}`)
}

/** Asks where what is selected leads; without a selection, where the link at the caret does, or a new one. */
export async function editLink(editor) {
  const { commands } = editor
  const { isCollapsed, start } = commands.range
  const existing = commands.linkAt(start)
  if (isCollapsed && existing !== null) editor.select(existing.start, existing.end)
  const known = existing?.link ?? commands.formats().inline.link
  const input = element('input', {
    type: 'text', inputmode: 'url', autocomplete: 'off', spellcheck: 'false', value: typeof known === 'string' ? known : '',
  })
  const check = () => input.setCustomValidity(
    input.value.trim() === '' || completed(input.value) !== null ? '' : 'Write an address of the web, or of mail')
  input.addEventListener('input', check)
  // Without this, Enter presses the first button, which cancels.
  input.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.isComposing) return
    event.preventDefault()
    input.form.requestSubmit(input.form.querySelector('button.primary'))
  })
  check()
  editor.signal.addEventListener('abort', () => input.closest('dialog')?.close('cancel'), { once: true })
  const isConfirmed = await ask({
    title: 'Link', action: known === undefined ? 'Add the link' : 'Change the link',
    controls: [field('Address', input, 'Such as https://example.org; leave it empty for no link')],
  })
  if (!isConfirmed || editor.isDestroyed || editor.isReadOnly) return
  const link = completed(input.value)
  if (!commands.range.isCollapsed) commands.format({ link })
  else if (link !== null) {
    const { start: index } = commands.range
    commands.insertDelta([{ insert: input.value.trim(), attributes: { ...commands.typingAttributes(index), link } }])
  }
  editor.focus()
}
