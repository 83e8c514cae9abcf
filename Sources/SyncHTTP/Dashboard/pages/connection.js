import { pageHead } from '../parts/pieces.js'

export const title = 'Connection'

export async function show(root) {
  root.append(pageHead(title))
}
