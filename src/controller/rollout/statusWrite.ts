import { isDeepStrictEqual } from 'node:util'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { JsonPatchStep } from '../../kube/client.ts'

/** What users write into a status, to ask for something: each write of ours is decided from all of it. */
const wishes = ['abort', 'promoteFull', 'pauseConditions', 'controllerPause', 'currentStepIndex'] as const satisfies readonly (keyof RolloutStatus)[]

/**
 * Brings the Rollout's status to `after`, only if no wish was written into it meanwhile; undefined: it is so already. Of the object as a whole nothing is asked,
 * or each scaling by an autoscaler would be in the way.
 */
export function statusWrite({ metadata, status }: Rollout, after: RolloutStatus): readonly JsonPatchStep[] | undefined {
  const before: Readonly<Record<string, unknown>> = status ?? {}
  const wanted = withoutUndefined(after)
  const names = [...new Set([...Object.keys(before), ...Object.keys(wanted)])].filter((name) => !isDeepStrictEqual(before[name], wanted[name]))
  if (names.length === 0) return undefined
  const ofUid: JsonPatchStep = { op: 'test', path: '/metadata/uid', value: metadata.uid }
  if (status === undefined) return [ofUid, { op: 'test', path: '/status', value: null }, { op: 'add', path: '/status', value: wanted }]
  return [
    ofUid,
    ...wishes.map((name): JsonPatchStep => ({ op: 'test', path: `/status/${name}`, value: before[name] ?? null })),
    ...names.map((name): JsonPatchStep => {
      const path = `/status/${name}`
      return name in wanted ? { op: 'add', path, value: wanted[name] } : { op: 'remove', path }
    }),
  ]
}

/** As the wire has it. */
function withoutUndefined(status: RolloutStatus): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(status)) as Readonly<Record<string, unknown>>
}
