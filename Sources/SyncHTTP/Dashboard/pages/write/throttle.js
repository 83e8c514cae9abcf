/** How often what is shown may change by itself: four times a second. */
const interval = 250

/**
 * A function that does something at once, and then at most once each interval, however often it is called.
 *
 * @param {() => void} action
 * @param {AbortSignal} signal Ends it.
 * @param {number} [milliseconds]
 */
export function throttled(action, signal, milliseconds = interval) {
  let timer = null, isDue = false
  const run = () => {
    isDue = false
    timer = setTimeout(() => {
      timer = null
      if (isDue) run()
    }, milliseconds)
    action()
  }
  signal.addEventListener('abort', () => clearTimeout(timer))
  return () => {
    if (signal.aborted) return
    isDue = true
    if (timer === null) run()
  }
}
