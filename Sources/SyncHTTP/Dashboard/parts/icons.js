import { drawing } from './dom.js'

/** Drawn with a pen on a square of 24. */
const paths = {
  overview: 'M4 19V10M10 19V5M16 19v-7M21 19H3',
  rooms: 'M4 5h16v5H4zM4 14h16v5H4zM7 7.5h.01M7 16.5h.01',
  write: 'M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3',
  activity: 'M3 12h4l3-7 4 14 3-7h4',
  notifications: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  connection: 'M5 12a10 10 0 0 1 14 0M8 15a6 6 0 0 1 8 0M2 9a15 15 0 0 1 20 0M12 19h.01',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 13l4 4L19 7',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  information: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01',
  light: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  automatic: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7h5M12 12h8M12 17h5',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0',
  key: 'M8 16a4 4 0 1 1 3.5-5.8L20 10v4h-3v2h-3v-2h-2.5A4 4 0 0 1 8 16zM7.5 12h.01',
  search: 'M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM20 20l-4.6-4.6',
  undo: 'M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  redo: 'M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3',
  add: 'M12 5v14M5 12h14',
  remove: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  archive: 'M3 4h18v5H3zM5 9v11h14V9M10 13h4',
  unread: 'M3 6h18v13H3zM3 7l9 7 9-7',
  next: 'M9 5l7 7-7 7',
  previous: 'M15 5l-7 7 7 7',
  up: 'M5 15l7-7 7 7',
  down: 'M5 9l7 7 7-7',
  time: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  play: 'M7 5l12 7-12 7z',
  pause: 'M8 5v14M16 5v14',
  settings: 'M4 7h10M18 7h2M4 12h2M10 12h10M4 17h8M16 17h4M16 7m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M8 12m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M14 17m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
}

/** @param {keyof typeof paths} name @returns {SVGElement} An icon that says nothing to a screen reader. */
export function icon(name) {
  if (!paths[name]) throw new RangeError(`there is no icon ${name}`)
  return drawing('svg', { class: 'icon-image', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, drawing('path', { d: paths[name] }))
}
