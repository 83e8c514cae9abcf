import { element } from '../../parts/dom.js'
import { button, notice } from '../../parts/pieces.js'
import { session } from '../../session.js'
import { showSignIn } from '../../sign-in.js'
import { levelIn } from './rights.js'
import { closeCodes } from './shared-document.js'

/**
 * What keeps a document from being written or shared, and what to do about it.
 *
 * @typedef {object} Problem
 * @property {string} name Tells it from others.
 * @property {'' | 'warning' | 'bad'} kind
 * @property {string} title
 * @property {string} text
 * @property {[string, () => void][]} actions
 */

/**
 * @param {import('./shared-document.js').SharedDocument} shared
 * @param {{ reopen: () => void, retry: () => void, beginAnew: () => void, copies: [string, () => void][] }} actions What
 *   can be done, and how what is here can be saved.
 * @returns {Problem[]}
 */
export function problemsOf(shared, { reopen, retry, beginAnew, copies }) {
  if (shared.crdtHasFailed) {
    return [{
      name: 'trap', kind: 'bad', title: 'The editor has stopped',
      text: 'Its core met a mistake of its own, or had no memory left. What you wrote is kept; open the room again to go on.',
      actions: [['Open it again', reopen]],
    }]
  }
  return [sharingProblem(shared, { retry, beginAnew, copies }), storageProblem(shared, copies)].filter(Boolean)
}

const giveUp = 'What you wrote is kept here. Shorten it, then try again: what you deleted is given up for that, and cannot be '
  + 'brought back by undo.'

function sharingProblem(shared, { retry, beginAnew, copies }) {
  const { code, reason } = shared.ending
  if (shared.isOutdated) {
    return {
      name: 'outdated', kind: 'warning', title: 'This room was begun anew',
      text: 'An administrator has put the document that you see aside, and the room has another one. The two do not fit '
        + 'together: save a copy if you need what is here, then open the new one.',
      actions: [...copies, ['Open the new document', beginAnew]],
    }
  }
  // The frame tells of an expired token, wherever one is.
  const isExpired = session.expiry !== null && session.expiry <= Date.now()
  if (shared.status === 'denied' && !(isExpired && code === closeCodes.unauthorized)) {
    const isUnknown = code === closeCodes.unauthorized
    const actions = [[session.token === null ? 'Sign in' : 'Sign in with another token', showSignIn]]
    // It was written with more rights, and keeps the room from being read.
    if (!isUnknown && shared.isReadOnly) actions.push(...copies, ['Read without my changes', beginAnew])
    return {
      name: 'denied', kind: 'warning',
      title: isUnknown ? session.token === null ? 'Sign in to share this document' : 'Your token does not count here, or no more'
        : 'The relay does not allow that in this room',
      text: `${said(reason)}What you wrote stays here, and goes over once you may write.`, actions,
    }
  }
  if (code === closeCodes.largeDocument) {
    return {
      name: 'large', kind: 'warning', title: 'The document is too large',
      text: `${said(reason)}The relay takes nothing more until something is deleted. ${giveUp}`,
      actions: [['Try again', retry], ...copies],
    }
  }
  if (code === closeCodes.largeMessage) {
    return {
      name: 'large', kind: 'warning', title: 'That was too much at once',
      text: `${said(reason)}The relay does not take so large a change. ${giveUp}`,
      actions: [['Try again', retry], ...copies],
    }
  }
  if (code === 1008 || code === 1013) {
    return {
      name: 'refused', kind: 'warning', title: 'The relay has closed the connection',
      text: `${said(reason)}What you wrote is kept here, and it is tried again by itself.`, actions: [],
    }
  }
  if (shared.isReadOnly) {
    const level = levelIn(shared.room)
    return {
      name: 'read-only', kind: '', title: 'You may read here, and not write',
      text: level === 'read' ? 'Your token is for reading, so others do not see that you are here.'
        : 'Others see that you are here. To write, sign in with a token that allows it.',
      actions: [],
    }
  }
  return null
}

function storageProblem({ localCopy: { state, error } }, copies) {
  if (state !== 'failed') return null
  const isFull = error?.name === 'QuotaExceededError'
  return {
    name: 'storage', kind: 'warning',
    title: isFull ? 'This browser has no room left for the document' : 'This browser keeps no copy',
    text: `${isFull ? 'Free some space. ' : 'A private window or its settings may be why. '}`
      + 'Keep this window open until everything is stored at the relay; you are asked before it closes.',
    actions: [...copies],
  }
}

const said = reason => reason ? `The relay says: “${reason}”. ` : ''

/** Shows problems, and leaves those that stay as they are. @param {Element} parent @param {Problem[]} problems */
export function showProblems(parent, problems) {
  const key = problem => [problem.name, problem.title, problem.text].join('\n')
  if (parent.problemKey === problems.map(key).join('\n\n')) return
  parent.problemKey = problems.map(key).join('\n\n')
  parent.replaceChildren(...problems.map(({ name, kind, title, text, actions }) => {
    const node = notice(kind, title, text, ...actions.map(([label, action]) => button(label, action)))
    node.dataset.problem = name
    return node
  }))
}

/**
 * Gives the reader a file.
 *
 * @param {string} name
 * @param {BlobPart} content
 */
export function saveFile(name, content) {
  const url = URL.createObjectURL(new Blob([content]))
  element('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
