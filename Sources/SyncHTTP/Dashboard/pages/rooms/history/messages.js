/**
 * What is to be said of a history as a whole: why there is none, and what is missing of it.
 *
 * @module
 */

import { moment as momentText } from '../../../parts/format.js'
import { failure } from '../../../failure.js'
import { button, emptyState, notice } from '../../../parts/pieces.js'

/** What is said of a room that is not there. */
export const noRoom = () =>
  emptyState('rooms', 'Nothing was written here yet', 'The history begins with the first change of the room.')

/** Why no history can be read. */
export function reasonFor(error, retry) {
  if (error.code === 'storeInMemory') {
    return notice('', 'This relay keeps no history',
      'Documents are kept in memory only. Start it with --store to have a history, and versions to go back to.')
  }
  if (error.status !== 403) return failure(error, retry)
  return notice('warning', 'The history is for administrators of this room',
    'Sign in with a token that has the level admin here. Versions are there for everybody who may read.',
    button('Try again', retry))
}

/** What is missing of a history that was read. */
export function limitsOf(moments, { firstReplayable, failure: reason }) {
  const { list, start, oldest, isCut } = moments
  if (oldest === null) {
    return [emptyState('time', 'No history is kept of this room', 'Its next change will be the first moment here.')]
  }
  const notices = []
  if (isCut) {
    notices.push(start > 0 ?
      notice('', 'This history is too long to be listed here as a whole',
        `The list begins on ${momentText(oldest.start)}. The command syncctl log has all of it.`) :
      notice('', 'What came before is not kept',
        `The history begins with the document as it was on ${momentText(oldest.end)}: what was there then counts as one moment.`))
  }
  if (reason && !reason.isTooLarge) {
    notices.push(failure({
      title: 'The history cannot be replayed here', message: reason.message, hint: 'Moments are shown as the relay tells them',
    }))
  } else if (reason || firstReplayable > start) {
    const what = reason ? 'It' : `What is before ${momentText((list[firstReplayable - 1] ?? oldest).end)}`
    notices.push(notice('', 'This history is too long to be replayed here as a whole',
      `${what} is shown as the relay tells it: the document of a moment, but not what the moment changed.`))
  }
  return notices
}
