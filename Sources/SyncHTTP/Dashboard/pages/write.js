/**
 * Write together: a room's document in two editors, with who is there, undo, and all that can happen to a connection.
 *
 * @module
 */

import { showChooser } from './write/chooser.js'
import { roomOf } from './write/room-name.js'
import { showRoom } from './write/room.js'

export const title = 'Write together'

/** Documents take the token of whoever signs in, and go on. */
export const handlesSession = true

export async function show(root, { path, query, signal }) {
  root.classList.add('write')
  const name = path.join('/')
  if (name === '') return showChooser(root, { signal })
  const { room, problem } = roomOf(name)
  if (room === null) return showChooser(root, { signal, name, problem })
  await showRoom(root, { room, query, signal })
}
