import { pageHead } from '../parts/pieces.js'

export const title = 'Write together'

export async function show(root) {
  root.append(pageHead(title))
}
