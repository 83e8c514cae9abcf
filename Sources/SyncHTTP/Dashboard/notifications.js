import { Emitter } from './crdt/emitter.js'

/** How many notifications are unread. Event: `change`. */
class Unread extends Emitter {
  count = 0

  set(count) {
    if (count === this.count) return
    this.count = count
    this.emit('change', this)
  }
}

export const unread = new Unread()

/** Follows what the user is told. */
export function startNotifications() {}
