import { basename } from 'node:path'

export type Invocation = {
  /** What the user types to call this program. */
  readonly program: string
  readonly args: readonly string[]
}

/** By the name that it was called by, the program is one of its own, a plugin of kubectl, or what completes one. */
export function invocation(path: string, args: readonly string[]): Invocation {
  const name = basename(path)
  const [, plugin] = /^kubectl-(spillway|argo-rollouts)/.exec(name) ?? []
  if (plugin !== undefined) return { program: `kubectl ${plugin.replaceAll('-', ' ')}`, args }
  const [, completed] = /^kubectl_complete-(spillway|argo-rollouts)/.exec(name) ?? []
  if (completed !== undefined) return { program: `kubectl ${completed.replaceAll('-', ' ')}`, args: ['__complete', ...args] }
  return { program: 'spillway', args }
}
