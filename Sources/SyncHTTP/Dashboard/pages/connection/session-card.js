import { element, setText } from '../../parts/dom.js'
import { button, card } from '../../parts/pieces.js'
import { elapsed, everySecond } from '../../parts/clock.js'
import { moment } from '../../parts/format.js'
import { session } from '../../session.js'
import { showSignIn } from '../../sign-in.js'
import { fact } from './fact.js'

/** Who uses this page, and until when. Whoever signs in or out has the page opened anew. @param {AbortSignal} signal */
export function showSession(signal) {
  if (session.token === null) {
    return card('You', element('p', {}, 'You are not signed in.'),
      element('p', { class: 'quiet small' },
        'A relay that lets everybody in needs no more. One that asks for a token says so where you need it.'),
      element('div', { class: 'row' }, button('Sign in', showSignIn)))
  }
  const end = element('dd')
  everySecond(() => {
    const { expiry } = session
    const seconds = (expiry - Date.now()) / 1000
    setText(end, expiry === null ? 'when the relay says so'
      : seconds > 0 ? `${moment(expiry)}, in ${elapsed(seconds)}` : `it ended at ${moment(expiry)}`)
  }, signal)
  return card('You', element('dl', { class: 'facts' },
    fact('Signed in as', element('dd', {}, element('strong', {}, session.user ?? 'somebody without a name'))),
    fact('Token ends', end)),
  element('div', { class: 'row' },
    button('Sign in as another', showSignIn), button('Sign out', () => session.signOut())))
}
