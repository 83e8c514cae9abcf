import { element } from '../../parts/dom.js'

/**
 * A table that is filled by `showList`.
 *
 * @param {(string | { text: string, isNumber: boolean })[]} columns
 * @param {Element} body
 */
export const table = (columns, body) => element('table', {},
  element('thead', {}, element('tr', {}, ...columns.map(column => typeof column === 'string'
    ? element('th', { scope: 'col' }, column)
    : element('th', { scope: 'col', class: column.isNumber ? 'number' : null }, column.text)))),
  body)
