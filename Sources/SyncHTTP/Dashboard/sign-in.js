import { element } from './parts/dom.js'
import { ask, field } from './parts/pieces.js'
import { session } from './session.js'

/** Asks for a token. It is kept while the tab is open, and is in no address. */
export async function showSignIn() {
  const token = element('textarea', {
    rows: 4, required: true, spellcheck: false, autocomplete: 'off', class: 'mono', pattern: '\\S+',
  })
  const isDone = await ask({
    title: 'Sign in', action: 'Sign in',
    text: 'This relay may ask for a JSON Web Token. `syncctl token mint` makes one; views of the whole relay need one for administrators.',
    controls: [field('Token', token, 'Kept while this tab is open.')],
  })
  const value = token.value.trim()
  if (isDone && value) session.signIn(value)
}
