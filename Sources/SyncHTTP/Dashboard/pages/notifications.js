import { pageHead } from '../parts/pieces.js'

export const title = 'Notifications'

export async function show(root) {
  root.append(pageHead(title))
}
