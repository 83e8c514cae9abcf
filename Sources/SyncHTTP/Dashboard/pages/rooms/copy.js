import { counted } from '../../parts/format.js'
import { toast } from '../../toasts.js'

/** A document as JSON, with bytes in Base64 and big integers in strings, as the relay's API has it. */
export const documentJSON = document => JSON.stringify(document.toJSON(), (_, value) => {
  if (value === undefined) return null
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return btoa(Array.from(value, byte => String.fromCharCode(byte)).join(''))
  return value
}, 2)

/** Puts a text where it can be pasted from, and says so. @param {string} text */
export async function copyText(text) {
  try {
    await (navigator.clipboard ? navigator.clipboard.writeText(text) : copyFromField(text))
    toast({ title: 'Copied', text: counted(text.length, 'unit') + ' of text.', icon: 'check' })
  } catch {
    toast({ title: 'Not copied', text: 'The browser does not let the page use the clipboard.', kind: 'warning' })
  }
}

/** Without encryption there is no clipboard but that of a field. */
function copyFromField(text) {
  const field = Object.assign(document.createElement('textarea'), { value: text, className: 'visually-hidden' })
  const focused = document.activeElement
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  focused?.focus()
  if (!isCopied) throw new Error('nothing was copied')
}
