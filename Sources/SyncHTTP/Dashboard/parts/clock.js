/**
 * Time that goes on while a page is looked at.
 *
 * @module
 */

/** How long something lasts, given in seconds, to the second: 45 s, 12 min 05 s, 3 h 04 min 09 s or 2 d 3 h 04 min. */
export function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60]
  const two = number => String(number).padStart(2, '0')
  if (days > 0) return `${days} d ${hours} h ${two(minutes)} min`
  if (hours > 0) return `${hours} h ${two(minutes)} min ${two(whole % 60)} s`
  return minutes > 0 ? `${minutes} min ${two(whole % 60)} s` : `${whole} s`
}

/**
 * Calls `tick` now, and then each second while the page is to be seen.
 *
 * @param {() => void} tick
 * @param {AbortSignal} signal Ends it.
 */
export function everySecond(tick, signal) {
  const timer = setInterval(() => { if (!document.hidden) tick() }, 1000)
  document.addEventListener('visibilitychange', () => { if (!document.hidden) tick() }, { signal })
  signal.addEventListener('abort', () => clearInterval(timer))
  tick()
}
