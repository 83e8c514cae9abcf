import { pageHead } from '../parts/pieces.js'

export const title = 'Overview'

export async function show(root) {
  root.append(pageHead(title))
}
