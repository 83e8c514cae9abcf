import { showProjects } from './activity/projects.js'
import { showTimeline } from './activity/timeline.js'

export const title = 'Activity'

/** `#/activity` lists projects; `#/activity/ID` is what happened in the room `project:ID`. */
export async function show(root, { path: [project], query, signal }) {
  if (project) await showTimeline(root, project, query, signal)
  else await showProjects(root, signal)
}
