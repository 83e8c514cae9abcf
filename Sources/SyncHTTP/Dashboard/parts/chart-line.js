import { drawing, element } from './dom.js'

/** A line is told by its mark as well as by its colour: a shape around a point, about 8 units wide. */
const marks = [
  'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z', 'M-3.2-3.2h6.4v6.4h-6.4z', 'M0-4.4L4.4 3.4H-4.4z', 'M0-4.6L4.6 0L0 4.6L-4.6 0z',
]

/**
 * What a line of a chart is made of: its outline, what is below it, its mark, and its entry in the legend.
 *
 * @param {string} name
 * @param {number} index Which of the chart's lines it is.
 */
export function makeLine(name, index) {
  const kind = `line-${index + 1}`
  const value = element('strong', { class: 'chart-value' }, '–')
  const mark = marks[index]
  return {
    value,
    path: drawing('path', { class: `chart-line ${kind}` }),
    fill: drawing('path', { class: `chart-fill ${kind}` }),
    mark: drawing('path', { class: `chart-mark ${kind}`, d: mark, hidden: true }),
    legend: element('li', {},
      drawing('svg', { class: 'chart-key', viewBox: '-12 -6 24 12', 'aria-hidden': 'true' },
        drawing('path', { class: `chart-line ${kind}`, d: 'M-11 0H11' }),
        drawing('path', { class: `chart-mark ${kind}`, d: mark })),
      element('span', { class: 'quiet' }, name), value),
  }
}
