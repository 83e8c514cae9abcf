import { element } from '../../parts/dom.js'

/** A row of a list of facts, which can be hidden as a whole. @param {string} term @param {HTMLElement} description */
export const fact = (term, description) => element('div', {}, element('dt', {}, term), description)
