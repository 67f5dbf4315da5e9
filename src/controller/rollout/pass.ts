import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { Action, Decision, RolloutEvent } from '../../core/rollout/decision.ts'
import type { ActionFailure, Instant, Observed } from '../../core/rollout/observed.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { rollouts } from '../resources.ts'
import { execute, fieldManager, isStale, type Written } from './execute.ts'
import { statusWrite } from './statusWrite.ts'

export type Decide = (rollout: Rollout, observed: Observed, now: Instant) => Decision
export type EventsOf = (executed: readonly Action[], before: RolloutStatus | undefined, after: RolloutStatus) => readonly RolloutEvent[]

export type Pass = {
  readonly client: KubeClient
  readonly rollout: Rollout
  readonly observed: Observed
  readonly decision: Decision
  /** Whether the Rollout still is what was decided from, `own` being our last write to it. */
  isCurrent(own: Written | undefined): boolean
  /** For the next request, while this process may write. */
  guard(): AbortSignal
  /** The server has answered a write. */
  onWritten(written: Written): void
}

export type Passed = {
  readonly executed: readonly Action[]
  /** What ended the actions; `isStale`: nobody's fault, the world has moved on. */
  readonly failure: (ActionFailure & { readonly isStale: boolean }) | undefined
  /** `overtaken`: somebody else wrote what this was decided from. */
  readonly status: 'written' | 'unchanged' | 'overtaken'
}

const statusMs = 10_000

/** Carries a decision out: the actions up to the first failure, then the status. Rejects where the status could not be written for another reason than having been overtaken. */
export async function carryOut(pass: Pass): Promise<Passed> {
  const { client, rollout, observed, decision } = pass
  const executed: Action[] = []
  let own: Written | undefined
  for (const action of decision.actions) {
    if (!pass.isCurrent(own)) return { executed, failure: undefined, status: 'overtaken' }
    try {
      const written = await execute(action, { client, rollout, observed, signal: pass.guard() })
      if (written !== undefined) pass.onWritten(written)
      if (written?.resource === rollouts) own = written
      executed.push(action)
    } catch (error) {
      if (!isKubeError(error)) throw error
      const failure = { action: action.kind, object: objectOf(action, rollout), reason: error.reason || error.kind, message: error.message }
      return { executed, failure: { ...failure, isStale: isStale(error) }, status: await writeStatus(pass) }
    }
  }
  return { executed, failure: undefined, status: await writeStatus(pass) }
}

async function writeStatus({ client, rollout, decision, guard, onWritten }: Pass): Promise<Passed['status']> {
  const body = statusWrite(rollout, decision.status)
  if (body === undefined) return 'unchanged'
  const { namespace = '', name } = rollout.metadata
  try {
    const call = { subresource: 'status', fieldManager, timeoutMs: statusMs, signal: guard() }
    const object = await client.patch<Rollout>(rollouts, { namespace, name }, { kind: 'json', body }, call)
    onWritten({ resource: rollouts, kind: 'changed', object })
    return 'written'
  } catch (error) {
    if (isStale(error)) return 'overtaken'
    throw error
  }
}

function objectOf(action: Action, rollout: Rollout): string {
  switch (action.kind) {
    case 'createReplicaSet':
      return action.replicaSet.metadata.name
    case 'createService':
      return action.service.metadata.name
    case 'createSplit':
      return action.split.metadata.name
    case 'setReplicas':
    case 'annotateRollout':
      return rollout.metadata.name
    default:
      return action.target.name
  }
}
