/**
 * Addresses of pages: what stands behind the `#`, and never leaves the browser.
 *
 * @module
 */

/** @param {string} hash @returns {{ page: string, path: string[], query: URLSearchParams }} */
export function parseAddress(hash) {
  const [way, ...rest] = hash.replace(/^#\/?/, '').split('?')
  const [page, ...path] = way.split('/').map(part => {
    try { return decodeURIComponent(part) } catch { return part }
  })
  return { page: page || 'overview', path, query: new URLSearchParams(rest.join('?')) }
}

/**
 * The address of a page.
 *
 * @param {string} page
 * @param {string[]} [path]
 * @param {Record<string, string | number | null | undefined>} [query]
 */
export function address(page, path = [], query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const search = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()
  return `#/${[page, ...path.map(encodeURIComponent)].join('/')}${search && `?${search}`}`
}

/** Changes what the address says of the page that is shown, without opening it anew. */
export const replaceAddress = (...parts) => history.replaceState(null, '', address(...parts))
