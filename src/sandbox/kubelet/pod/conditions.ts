import type { ConditionStatus } from '../../../api/condition.ts'
import type { ContainerStatus, Pod, PodCondition, PodPhase } from '../../../api/pod.ts'
import { timestampOf } from '../../../api/time.ts'
import type { ContainerRole } from './record.ts'

export type ConditionsObserved = {
  readonly pod: Pod
  /** In the order of the spec, init containers first. */
  readonly statuses: readonly (ContainerStatus & { readonly role: ContainerRole })[]
  readonly phase: PodPhase
  readonly isPrepared: boolean
  readonly nowMs: number
}

type Verdict = { readonly status: ConditionStatus; readonly reason?: string; readonly message?: string }

/** All of a pod's conditions: those of others as they are, then the kubelet's own. */
export function podConditions(observed: ConditionsObserved): readonly PodCondition[] {
  const { pod, isPrepared, nowMs } = observed
  const before = pod.status?.conditions ?? []
  const containers = containersReady(observed)
  const own: readonly (readonly [type: string, verdict: Verdict])[] = [
    ['PodReadyToStartContainers', { status: isPrepared ? 'True' : 'False' }],
    ['Initialized', initialized(observed)],
    ['Ready', containers.status === 'True' ? gated(pod) : containers],
    ['ContainersReady', containers],
    ['PodScheduled', { status: 'True' }],
  ]
  const { generation } = pod.metadata
  return [
    ...before.filter(({ type }) => !own.some(([ownType]) => ownType === type)),
    ...own.map(([type, verdict]): PodCondition => {
      const old = before.find((condition) => condition.type === type)
      const isSame = old?.status === verdict.status && old.lastTransitionTime != null
      return {
        type,
        ...verdict,
        ...(generation !== undefined && { observedGeneration: generation }),
        lastProbeTime: null,
        lastTransitionTime: isSame ? old.lastTransitionTime! : timestampOf(nowMs),
      }
    }),
  ]
}

function initialized({ statuses, phase }: ConditionsObserved): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const hasBegun = statuses.some(({ role, started, state, lastState }) => role === 'main' && (started || state?.terminated || lastState?.terminated))
  if (hasBegun) return { status: 'True' }
  const incomplete = statuses.filter(({ role, ready, started }) => (role === 'init' && !ready) || (role === 'sidecar' && !started))
  return incomplete.length === 0
    ? { status: 'True' }
    : { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: ${namesOf(incomplete)}` }
}

function containersReady({ statuses, phase }: ConditionsObserved): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const unready = statuses.filter(({ role, ready }) => role !== 'init' && !ready)
  return unready.length === 0
    ? { status: 'True' }
    : { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: ${namesOf(unready)}` }
}

/** What others must say, too, before the pod is ready. */
function gated({ spec, status }: Pod): Verdict {
  const missing = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = status?.conditions?.find(({ type }) => type === conditionType)
    if (found === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return found.status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  return missing.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') }
}

const namesOf = (statuses: readonly ContainerStatus[]): string => `[${statuses.map(({ name }) => name).join(' ')}]`
