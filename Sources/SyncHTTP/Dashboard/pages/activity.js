import { pageHead } from '../parts/pieces.js'

export const title = 'Activity'

export async function show(root) {
  root.append(pageHead(title))
}
