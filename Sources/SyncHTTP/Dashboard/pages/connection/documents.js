import { element, setText, showList } from '../../parts/dom.js'
import { address } from '../../parts/address.js'
import { failure } from '../../failure.js'
import { ask, badge, button, card } from '../../parts/pieces.js'
import { counted } from '../../parts/format.js'
import { openDocuments } from '../../open-documents.js'
import { toast } from '../../toasts.js'
import { bringOver, forget, keptRooms } from './kept.js'

const lookMilliseconds = 500
const keptMilliseconds = 5000
const unknown = { behind: null, ahead: 0, unacknowledged: 0, isStored: null }
const isOpen = room => openDocuments.entries.some(entry => entry.room === room)
const roomLink = room => element('a', { href: address('write', [room]) }, room)

/** Documents that are open in this page, and how far the relay has them. @param {AbortSignal} signal */
export function showOpenDocuments(signal) {
  const list = element('ul', { class: 'connection-documents' })
  const empty = element('p', { class: 'quiet' }, 'None is open, so nothing of this page waits to be stored.')
  const keys = new WeakMap()
  let lastKey = 0
  const key = entry => {
    if (!keys.has(entry)) keys.set(entry, String(++lastKey))
    return keys.get(entry)
  }
  const look = () => {
    showList(list, openDocuments.entries, key, makeOpen, fillOpen)
    empty.hidden = list.children.length > 0
  }
  const timer = setInterval(look, lookMilliseconds)
  const stop = openDocuments.on('change', look)
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    stop()
  })
  look()
  return card('Open documents', list, empty)
}

function makeOpen({ room }) {
  const parts = { state: badge(''), text: element('p', { class: 'quiet small' }) }
  const head = element('div', { class: 'row' }, element('strong', {}, roomLink(room)), parts.state)
  return Object.assign(element('li', { 'data-room': room }, head, parts.text), { parts })
}

function fillOpen({ parts }, { provider, persistence }) {
  const { behind, ahead, unacknowledged, isStored } = provider?.progress ?? unknown
  const isWaiting = ahead > 0 || unacknowledged > 0
  const [kind, word] = provider?.status === 'denied' ? ['bad', 'not let in']
    : isWaiting ? ['warning', 'not all is stored']
      : provider?.status !== 'connected' ? ['warning', provider?.status ?? 'disconnected']
        : isStored ? ['good', 'all is stored'] : ['', provider.isSynced ? 'all is sent' : 'catching up']
  parts.state.className = `badge ${kind}`
  setText(parts.state, word)
  setText(parts.text, [
    isWaiting
      ? `The relay has yet to store ${counted(unacknowledged, 'change')} of yours, ${counted(ahead, 'unit')} of text or data.`
      : 'Nothing of yours waits.',
    behind === null && 'What others write comes once it is connected.',
    behind > 0 && `Of what others wrote, ${counted(behind, 'unit')} of text or data are still to come.`,
    persistence?.isLoaded ? 'This browser keeps it.' : 'This browser does not keep it: leave this page open until all is stored.',
  ].filter(Boolean).join(' '))
}

/** An error of the browser, with what did not work. */
const titled = (error, title) => error.title ? error : Object.assign(new Error(error.message), { title })

/** Documents that this browser keeps. @param {AbortSignal} signal */
export function showKeptDocuments(signal) {
  const list = element('ul', { class: 'connection-documents' })
  const text = element('p', { class: 'quiet small' },
    'They open without a relay. What the relay lacks of them goes over when they are opened, or by “Bring over”.')
  const empty = element('p', { class: 'quiet' }, 'Nothing is kept. What you write is, once you have opened a room.')
  const problem = element('div')
  let shown = null

  const look = async () => {
    if (document.hidden) return
    try {
      const rooms = await keptRooms()
      if (signal.aborted) return
      showList(list, rooms, room => room, make)
      empty.hidden = rooms.length > 0
      text.hidden = rooms.length === 0
      if (shown === 'look') tell(null)
    } catch (error) {
      if (!signal.aborted) tell(titled(error, 'This browser does not say what it keeps'), 'look')
    }
  }
  const tell = (error, what = null) => {
    shown = error && what
    problem.replaceChildren(...error ? [failure(error)] : [])
  }

  const make = room => {
    let isBusy = false
    const bring = button('Bring over', async () => {
      if (isBusy) return
      isBusy = true
      setText(bring, 'Bringing over')
      try {
        await bringOver(room, signal)
        tell(null)
        toast({ title: `All of ${room} is stored by the relay`, icon: 'check' })
      } catch (error) {
        if (!signal.aborted) tell(titled(error, `${room} could not be brought over`), 'bring')
      }
      isBusy = false
      setText(bring, 'Bring over')
    }, { 'aria-label': `Bring ${room} over to the relay` })
    const remove = button('Delete', async () => {
      const isSure = await ask({
        title: `Delete what this browser keeps of ${room}?`, action: 'Delete', isDangerous: true,
        text: `What the relay has of it stays there. What only this browser has is lost.${
          isOpen(room) ? ' It is open in this page: what is written from now on is not kept until it is opened again.' : ''}`,
      })
      if (!isSure) return
      remove.disabled = true
      try {
        await forget(room)
        await look()
      } catch (error) {
        tell(titled(error, `${room} could not be deleted`), 'delete')
      }
      remove.disabled = false
    }, { class: 'danger', 'aria-label': `Delete what is kept of ${room}` })
    return element('li', { class: 'row', 'data-room': room }, element('strong', {}, roomLink(room)),
      element('span', { class: 'row' }, bring, remove))
  }

  const timer = setInterval(look, keptMilliseconds)
  const stop = openDocuments.on('change', look)
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    stop()
  })
  look()
  return card('Kept in this browser', text, list, empty, problem)
}
