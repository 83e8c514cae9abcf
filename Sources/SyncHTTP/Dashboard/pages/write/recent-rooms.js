/**
 * The rooms that were opened in this browser last. Where nothing can be stored, there are none.
 *
 * @module
 */

const storageKey = 'syncctl.rooms'
const countMax = 8

/** @returns {string[]} The latest first. */
export function recentRooms() {
  try {
    const rooms = JSON.parse(localStorage.getItem(storageKey))
    return Array.isArray(rooms) ? rooms.filter(room => typeof room === 'string').slice(0, countMax) : []
  } catch {
    return []
  }
}

/** @param {string} room Was opened now. */
export const noteRoom = room => store([room, ...recentRooms().filter(other => other !== room)])

/** @param {string} room Is no longer offered. */
export const forgetRoom = room => store(recentRooms().filter(other => other !== room))

function store(rooms) {
  try { localStorage.setItem(storageKey, JSON.stringify(rooms.slice(0, countMax))) } catch { /* Then they are typed again. */ }
}
