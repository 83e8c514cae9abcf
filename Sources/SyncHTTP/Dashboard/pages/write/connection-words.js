import { counted } from '../../parts/format.js'

/**
 * How a document stands towards the relay, in words.
 *
 * @param {import('./shared-document.js').SharedDocument} shared
 * @param {number} [now] In milliseconds since 1970.
 * @returns {{ kind: '' | 'good' | 'warning' | 'bad', text: string }} How good that is, too.
 */
export function connectionWords(shared, now = Date.now()) {
  const { progress: { unacknowledged, behind, isStored }, localCopy } = shared
  const waiting = unacknowledged === 0 ? ''
    : ` · ${counted(unacknowledged, 'change')} ${unacknowledged === 1 ? 'waits' : 'wait'} here`
  const kept = localCopy.state === 'failed' ? 'only in this window' : 'in this browser'
  if (shared.crdtHasFailed) return { kind: 'bad', text: 'The editor has stopped' }
  if (shared.isOutdated) return { kind: 'bad', text: 'This room was begun anew' }
  if (shared.isOffline) return { kind: 'warning', text: `Offline${waiting || ` · what you write is kept ${kept}`}` }
  switch (shared.status) {
    case 'denied': return { kind: 'bad', text: `Not shared${waiting}` }
    case 'connecting': return { kind: '', text: `Connecting${waiting}` }
    case 'disconnected': {
      const seconds = shared.retryAt === null ? 0 : Math.max(0, Math.ceil((shared.retryAt - now) / 1000))
      return { kind: 'bad', text: `No connection · ${seconds > 0 ? `next attempt in ${seconds} s` : 'trying again'}${waiting}` }
    }
  }
  if (!shared.isSynced) return { kind: '', text: 'Getting what others wrote' }
  if (shared.isReadOnly) return { kind: 'good', text: 'You read along' }
  if (unacknowledged > 0) return { kind: '', text: `${counted(unacknowledged, 'change')} on the way to the relay` }
  if (behind > 0) return { kind: '', text: `${counted(behind, 'change')} still to come` }
  if (isStored === false) return { kind: '', text: 'Being stored' }
  return { kind: 'good', text: isStored ? 'Everything is stored' : 'Everything is sent' }
}

/**
 * The same in numbers, as terms with what they are.
 *
 * @param {import('./shared-document.js').SharedDocument} shared
 * @returns {[string, string][]}
 */
export function progressFacts({ progress: { ahead, behind, unacknowledged, isStored }, localCopy, isSynced }) {
  return [
    ['Ahead', unacknowledged > 0 ? `${counted(unacknowledged, 'change')} (${counted(ahead, 'unit')})`
      : ahead > 0 ? counted(ahead, 'unit') : 'nothing waits here'],
    ['Behind', behind === null ? 'not known without a connection'
      : behind === 0 ? 'nothing is missing here' : counted(behind, 'unit')],
    ['At the relay', !isSynced ? 'not known without a connection'
      : isStored === null ? 'it has not said yet' : isStored ? 'all is stored' : 'not all is stored yet'],
    ['In this browser', { reading: 'being read', kept: 'all is kept', failed: 'nothing is kept' }[localCopy.state]],
  ]
}
