import type { Node, Taint } from '../../../api/node.ts'
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod, PodCondition, Toleration } from '../../../api/pod.ts'
import { hasAll, type Labels, meets } from '../../../api/selector.ts'
import { timestampOf } from '../../../api/time.ts'

export type Verdict = { readonly kind: 'fits' } | { readonly kind: 'unschedulable'; readonly message: string }

/** Whether a pod may go to the one node there is. Nobody reserves anything here, so what pods request is not weighed. */
export function schedule({ spec }: Pod, node: Node | undefined): Verdict {
  if (node === undefined) return { kind: 'unschedulable', message: 'no nodes available to schedule pods' }
  const because = obstacle(spec, node)
  if (because === undefined) return { kind: 'fits' }
  const preemption = 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
  return { kind: 'unschedulable', message: `0/1 nodes are available: 1 ${because}. no new claims to deallocate, ${preemption}` }
}

function obstacle({ nodeSelector = {}, affinity, tolerations = [] }: Pod['spec'], { metadata, spec }: Node): string | undefined {
  const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  if (spec?.unschedulable === true && !tolerations.some((each) => tolerates(each, cordon))) return 'node(s) were unschedulable'
  const untolerated = (spec?.taints ?? []).some((taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((each) => tolerates(each, taint)))
  if (untolerated) return 'node(s) had untolerated taint(s)'
  const labels = metadata.labels ?? {}
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const isSelected = hasAll(labels, nodeSelector)
  const isLiked = required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, labels, metadata.name))
  return isSelected && isLiked ? undefined : "node(s) didn't match Pod's node affinity/selector"
}

function tolerates({ key = '', operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''))
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, labels: Labels, name: string): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  return matchExpressions.every((each) => holds(each, labels)) && matchFields.every((each) => holds(each, { 'metadata.name': name }))
}

/** As labels are selected, and by numbers too. */
function holds({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  if (operator !== 'Gt' && operator !== 'Lt') return meets(labels, { key, operator, values })
  const value = Object.hasOwn(labels, key) ? Number(labels[key]) : Number.NaN
  return operator === 'Gt' ? value > Number(values[0]) : value < Number(values[0])
}

/** What a pod says that fits nowhere. */
export function unscheduled({ metadata, status }: Pod, message: string, nowMs: number): PodCondition {
  const before = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  return {
    type: 'PodScheduled',
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: (before?.status === 'False' && before.lastTransitionTime) || timestampOf(nowMs),
    reason: 'Unschedulable',
    message,
  }
}
