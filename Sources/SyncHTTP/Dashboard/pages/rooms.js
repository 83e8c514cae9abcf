import { showList } from './rooms/list.js'
import { showRoom } from './rooms/room.js'

export const title = 'Rooms'

/** The list of rooms, or what is in one of them: `#/rooms/NAME?tab=tree`. */
export async function show(root, { path, query, signal }) {
  const room = path.join('/')
  if (room === '') showList(root, { query, signal })
  else await showRoom(root, { room, query, signal })
}
