import { pageHead } from '../parts/pieces.js'

export const title = 'Rooms'

export async function show(root) {
  root.append(pageHead(title))
}
