import type { AutoscalerCondition, AutoscalerSpec, AutoscalerStatus, HorizontalPodAutoscaler, MetricSpec } from '../../../api/autoscaling.ts'
import { timestampOf } from '../../../api/time.ts'
import type { Told } from '../../events.ts'

/** A size that keeps to the bounds: there are no metrics here that could ask for more. `reason` as upstream words it. */
export type Size =
  | { readonly kind: 'off' }
  | { readonly kind: 'rescale'; readonly replicas: number; readonly reason: string }
  | { readonly kind: 'unmeasured' }

export function sizeFor({ minReplicas = 1, maxReplicas }: AutoscalerSpec, current: number): Size {
  // Somebody has put it to rest.
  if (current === 0 && minReplicas !== 0) return { kind: 'off' }
  if (current > maxReplicas) return { kind: 'rescale', replicas: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' }
  if (current < minReplicas) return { kind: 'rescale', replicas: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas' }
  return { kind: 'unmeasured' }
}

/** Why a metric cannot be had: `short` is its own news, `long` that of all metrics. */
type Gap = { readonly reason: string; readonly short: string; readonly long: string }

const noResources = 'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)'
const noMetrics = 'no custom metrics API (custom.metrics.k8s.io) registered'

function gapOf({ type, resource, containerResource, pods, object, external }: MetricSpec): Gap {
  const measured = resource ?? containerResource
  if (measured !== undefined) {
    const { name, target } = measured
    const short = `failed to get ${name} ${target.type === 'Utilization' ? 'utilization' : 'usage'}: unable to get metrics for resource ${name}: ${noResources}`
    const what = type === 'Resource' ? 'resource' : 'container'
    return { reason: `FailedGet${type}Metric`, short, long: `failed to get ${name} ${what} metric value: ${short}` }
  }
  const name = (pods ?? object ?? external)?.metric.name ?? ''
  const short =
    type === 'External'
      ? `unable to get external metric ${name}: unable to fetch metrics from external metrics API: no external metrics API (external.metrics.k8s.io) registered`
      : `unable to get metric ${name}: ${type === 'Pods' ? 'unable to fetch metrics from custom metrics API: ' : ''}${noMetrics}`
  return { reason: `FailedGet${type}Metric`, short, long: `failed to get ${type.toLowerCase()} metric value: ${short}` }
}

export type Change = { readonly status: AutoscalerStatus; readonly told: readonly Told[] }

type Facts = Pick<AutoscalerCondition, 'type' | 'status' | 'reason' | 'message'>
const reachable: Facts = {
  type: 'AbleToScale',
  status: 'True',
  reason: 'SucceededGetScale',
  message: "the HPA controller was able to get the target's current scale",
}

/** Its target cannot be sized. */
export function unreachable(autoscaler: HorizontalPodAutoscaler, because: string, nowMs: number): Change {
  const facts: Facts = {
    ...reachable,
    status: 'False',
    reason: 'FailedGetScale',
    message: `the HPA controller was unable to get the target's current scale: ${because}`,
  }
  const status = autoscaler.status ?? { desiredReplicas: 0, currentMetrics: null }
  return {
    status: { ...status, conditions: withFacts(status.conditions, [facts], nowMs) },
    told: [{ type: 'Warning', reason: 'FailedGetScale', message: because }],
  }
}

/** `size` has been brought about. */
export function observed(autoscaler: HorizontalPodAutoscaler, current: number, size: Size, nowMs: number): Change {
  const { status: before, spec } = autoscaler
  const { desiredReplicas = 0, lastScaleTime } = before ?? {}
  const common = { ...(lastScaleTime !== undefined && { lastScaleTime }), ...(current > 0 && { currentReplicas: current }) }
  switch (size.kind) {
    case 'off': {
      const message = 'scaling is disabled since the replica count of the target is zero'
      const facts: readonly Facts[] = [reachable, { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message }]
      return {
        status: { ...common, desiredReplicas: current, currentMetrics: null, conditions: withFacts(before?.conditions, facts, nowMs) },
        told: [],
      }
    }
    case 'rescale': {
      const message = `the HPA controller was able to update the target scale to ${size.replicas}`
      const conditions = withFacts(before?.conditions, [{ ...reachable, reason: 'SucceededRescale', message }], nowMs)
      const status = { ...common, lastScaleTime: timestampOf(nowMs), desiredReplicas: size.replicas, currentMetrics: null, conditions }
      return { status, told: [{ type: 'Normal', reason: 'SuccessfulRescale', message: `New size: ${size.replicas}; reason: ${size.reason}` }] }
    }
    case 'unmeasured': {
      const { metrics = [] } = spec
      const gaps = metrics.map(gapOf)
      const [first] = gaps
      const facts: readonly Facts[] =
        first === undefined
          ? [reachable]
          : [
              reachable,
              {
                type: 'ScalingActive',
                status: 'False',
                reason: first.reason,
                message: `the HPA was unable to compute the replica count: ${first.short}`,
              },
            ]
      const all = `invalid metrics (${gaps.length} invalid out of ${gaps.length}), first error is: ${first?.long ?? ''}`
      const told = gaps.map(({ reason, short }): Told => ({ type: 'Warning', reason, message: short }))
      const status = {
        ...common,
        desiredReplicas,
        currentMetrics: metrics.map(() => ({ type: '' })),
        conditions: withFacts(before?.conditions, facts, nowMs),
      }
      return { status, told: [...told, { type: 'Warning', reason: 'FailedComputeMetricsReplicas', message: all }] }
    }
  }
}

/** Each in its place, or at the end; a time changes with the status only. */
function withFacts(conditions: readonly AutoscalerCondition[] = [], all: readonly Facts[], nowMs: number): readonly AutoscalerCondition[] {
  const next = conditions.map((old) => {
    const facts = all.find(({ type }) => type === old.type)
    return facts === undefined ? old : { ...old, ...facts, ...(old.status !== facts.status && { lastTransitionTime: timestampOf(nowMs) }) }
  })
  const fresh = all.filter(({ type }) => !conditions.some((old) => old.type === type))
  return [...next, ...fresh.map((facts) => ({ ...facts, lastTransitionTime: timestampOf(nowMs) }))]
}
