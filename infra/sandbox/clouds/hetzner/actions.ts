// Actions: whatever takes its time. An action is accepted at once, runs for a while and ends well or with an error.
import type { KeptAction } from './kept.ts'
import { page } from './lists.ts'
import { find, type Handler, invalid, iso, json, type Project } from './project.ts'

const perCall = 25
const remembered = 2_000

export function begin(
  project: Project,
  command: string,
  resources: KeptAction['resources'],
  options: { starts?: number; ends?: number; fails?: boolean } = {},
): KeptAction {
  const started = options.starts ?? project.now()
  const action: KeptAction = {
    id: project.nextId(),
    command,
    started,
    ends: options.ends ?? started + project.pace,
    fails: options.fails ? { code: 'action_failed', message: 'Action failed' } : null,
    resources,
  }
  project.state.actions = [...project.state.actions, action].slice(-remembered)
  return action
}

export function actionReply(project: Project, action: KeptAction) {
  const now = project.now()
  const running = now < action.ends
  const share = action.ends > action.started ? (now - action.started) / (action.ends - action.started) : 1
  return {
    id: action.id,
    command: action.command,
    status: running ? 'running' : action.fails ? 'error' : 'success',
    progress: running ? Math.max(0, Math.min(99, Math.floor(share * 100))) : 100,
    started: iso(action.started),
    finished: running ? null : iso(action.ends),
    resources: action.resources,
    error: running ? null : action.fails,
  }
}

export const getActions: Handler = (project, { query }) => {
  const wanted = query.getAll('id').map(Number)
  // Listing all of them ended in 2025: the ids have to be named.
  if (wanted.length === 0) throw invalid('id', 'Missing data for required field.')
  if (wanted.length > perCall) throw invalid('id', `Longer than maximum length ${perCall}.`)
  return json(200, {
    actions: project.state.actions.filter(({ id }) => wanted.includes(id)).map(one => actionReply(project, one)),
  })
}

export const getAction: Handler = (project, { ids }) =>
  json(200, { action: actionReply(project, find('action', project.state.actions, ids[0])) })

export const actionsOf =
  (type: string): Handler =>
  (project, { ids, query }) =>
    page(
      query,
      'actions',
      project.state.actions
        .filter(action => action.resources.some(one => one.type === type && one.id === ids[0]))
        .map(one => actionReply(project, one)),
    )
