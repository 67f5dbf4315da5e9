/** What people do to a Rollout: the very patches of the command line's verbs, against what is there when they do it. */

import type { Rollout, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import { podTemplateHashLabel, revisionAnnotation } from '../../../src/api/rolloutLabels.ts'
import { timestampOf } from '../../../src/api/time.ts'
import type { Clock } from './clock.ts'
import type { Store } from './store.ts'

export type User = {
  setImage(image: string): void
  promote(): void
  promoteFull(): void
  abort(): void
  retry(): void
  pause(): void
  resume(): void
  scale(replicas: number): void
  /** Of all pods that are older than then. */
  restart(afterMs?: number): void
  /** Without a revision: to the one before the latest. */
  undo(revision?: number): void
  edit(change: (spec: RolloutSpec) => RolloutSpec): void
  delete(): void
}

type StatusPatch = { readonly [K in keyof RolloutStatus]?: RolloutStatus[K] | null }

export function userOf(store: Store, clock: Clock, name: string): User {
  const read = (): Rollout => {
    const rollout = store.get('Rollout', name)
    if (rollout === undefined) throw new Error(`there is no Rollout ${name}`)
    return rollout
  }
  const patchSpec = (change: (spec: RolloutSpec) => RolloutSpec): void => {
    const rollout = read()
    store.update('Rollout', { ...rollout, spec: change(rollout.spec) })
  }
  const patchStatus = (patch: StatusPatch): void => {
    const rollout = read()
    const status = Object.fromEntries(Object.entries({ ...rollout.status, ...patch }).filter(([, value]) => value !== null))
    store.update('Rollout', { ...rollout, status: status as RolloutStatus })
  }
  const resume = (): void => patchSpec((spec) => ({ ...spec, paused: false }))

  return {
    edit: patchSpec,
    setImage: (image) =>
      patchSpec((spec) => {
        const { spec: pod, ...template } = spec.template!
        return { ...spec, template: { ...template, spec: { ...pod, containers: pod.containers.map((each) => ({ ...each, image })) } } }
      }),
    promote() {
      const { spec, status = {} } = read()
      if (spec.paused === true) resume()
      const steps = spec.strategy?.canary?.steps ?? []
      if ((status.pauseConditions ?? []).length > 0) patchStatus({ pauseConditions: null })
      else if (steps.length > 0) {
        const at = status.currentStepIndex ?? 0
        patchStatus({ pauseConditions: null, currentStepIndex: Math.min(at + 1, steps.length) })
      }
    },
    promoteFull() {
      const { spec, status = {} } = read()
      if (spec.paused === true) resume()
      if (status.currentPodHash !== status.stableRS) patchStatus({ promoteFull: true })
    },
    abort: () => patchStatus({ abort: true }),
    retry: () => patchStatus({ abort: false }),
    pause: () => patchSpec((spec) => ({ ...spec, paused: true })),
    resume,
    scale: (replicas) => patchSpec((spec) => ({ ...spec, replicas })),
    restart: (afterMs = 0) => patchSpec((spec) => ({ ...spec, restartAt: timestampOf(clock.now() + afterMs) })),
    undo(revision) {
      const revisions = store
        .list('ReplicaSet')
        .map((set) => ({ set, revision: Number(set.metadata.annotations?.[revisionAnnotation] ?? 0) }))
        .sort((a, b) => b.revision - a.revision)
      const found = revision === undefined ? revisions[1] : revisions.find((each) => each.revision === revision)
      if (found === undefined) throw new Error('there is no such revision')
      const { metadata = {}, ...template } = found.set.spec.template!
      const { [podTemplateHashLabel]: _, ...labels } = metadata.labels ?? {}
      patchSpec((spec) => ({ ...spec, template: { ...template, metadata: { ...metadata, labels } } }))
    },
    delete: () => store.remove('Rollout', name),
  }
}
