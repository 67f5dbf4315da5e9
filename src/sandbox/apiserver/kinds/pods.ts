import { addQuantities, formatQuantity, parseQuantity } from '../../../api/quantity.ts'
import type { Unstructured } from '../../unstructured.ts'
import { spec, status } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draft, draftIn, drafts, type Fields, fields, isFields, isSet, items, number, orDefault, size, text } from './fields.ts'
import type { Kind } from './kind.ts'
import { podColumns, podColumnsAfterAge, rowConditions } from './podCells.ts'
import { podClass } from './podClass.ts'
import { prioritize } from './podPriority.ts'
import { defaultPodSpec } from './podTemplate.ts'
import { podErrors } from './validation/pods.ts'
import { nameWarnings, podSpecWarnings } from './warnings.ts'

/** Beyond what its template would be given: this is written into the pod alone. */
function defaults(pod: Draft): void {
  const made = draftIn(pod, 'spec')
  defaultPodSpec(made)
  for (const container of [...drafts(made.containers), ...drafts(made.initContainers)]) {
    defaultRequests(container)
    if (made.hostNetwork === true) for (const port of drafts(container.ports)) if (number(port.hostPort) === 0) port.hostPort = port.containerPort
  }
  if (isFields(made.resources)) defaultPodRequests(made)
  orDefault(made, { enableServiceLinks: true })
  if (number(made.terminationGracePeriodSeconds) < 0) made.terminationGracePeriodSeconds = 1
  const shown = draftIn(pod, 'status')
  // The one address of old clients and the list are kept equal.
  const first = text(shown.podIP)
  if (first !== '' && text(items(shown.podIPs)[0]?.ip) !== first) shown.podIPs = [{ ip: first }]
  else if (first === '' && size(shown.podIPs) > 0) shown.podIP = items(shown.podIPs)[0]!.ip
}

function defaultRequests(container: Draft): void {
  const resources = draft(container.resources)
  if (size(resources.limits) > 0) resources.requests = sorted({ ...fields(resources.limits), ...fields(resources.requests) })
}

/** Of the pod as a whole: what its containers ask for together, or else its limits. */
function defaultPodRequests(made: Draft): void {
  const resources = draft(made.resources)
  if (size(resources.limits) === 0) return
  const together: Record<string, string> = {}
  for (const name of ['cpu', 'memory']) {
    const asked = items(made.containers).flatMap((each) => parseQuantity(text(fields(fields(each.resources).requests)[name])) ?? [])
    if (asked.length > 0) together[name] = formatQuantity(asked.reduce(addQuantities))
  }
  resources.requests = sorted({ ...fields(resources.limits), ...together, ...fields(resources.requests) })
}

function sorted(map: Fields): Fields {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const unreachableSeconds = 300

/** Every pod bears for a while that its node does not answer. */
function tolerate(made: Draft): void {
  const tolerations = items(made.tolerations)
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerations.some((each) => (each.key === key || text(each.key) === '') && (each.effect === 'NoExecute' || text(each.effect) === '')),
  )
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: unreachableSeconds }))
  if (added.length > 0) made.tolerations = [...tolerations, ...added]
}

function statusOfNew(made: Fields, now: string): Fields {
  const gated = { type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: now, reason: 'SchedulingGated' }
  const message = 'Scheduling is blocked due to non-empty scheduling gates'
  const conditions = size(made.schedulingGates) > 0 ? [{ ...gated, message }] : undefined
  return { phase: 'Pending', ...(conditions !== undefined && { conditions }), qosClass: podClass(made) }
}

function keepObserved(pod: Draft, old: Unstructured): void {
  const { generation, ownerReferences, ...metadata } = fields(pod.metadata)
  const kept = old.metadata.ownerReferences
  pod.metadata = { ...metadata, ...(generation !== undefined && { generation }), ...(kept !== undefined && { ownerReferences: kept }) }
  const shown = draftIn(pod, 'status')
  orDefault(shown, { qosClass: status(old).qosClass })
  if (number(shown.observedGeneration) === 0 && isSet(status(old).observedGeneration)) shown.observedGeneration = status(old).observedGeneration
  for (const condition of drafts(shown.conditions)) {
    const before = items(status(old).conditions).find(({ type }) => type === condition.type)
    if (before !== undefined && !isSet(condition.observedGeneration) && isSet(before.observedGeneration))
      condition.observedGeneration = before.observedGeneration
  }
}

/** At once where nobody runs it: it has no node, or it has ended. */
function graceSeconds(pod: Unstructured, asked: number | undefined): number {
  const { phase } = status(pod)
  if (text(spec(pod).nodeName) === '' || phase === 'Failed' || phase === 'Succeeded') return 0
  const seconds = asked ?? number(spec(pod).terminationGracePeriodSeconds)
  return seconds < 0 ? 1 : seconds
}

export const pod: Kind = {
  ...defineKind({
    group: '',
    version: 'v1',
    kind: 'Pod',
    plural: 'pods',
    looks: { asChanged: 2, asNew: 2 },
    shortNames: ['po'],
    categories: ['all'],
    subresources: { status: true },
    keepsGeneration: true,
    defaults,
    onCreate(pod, context) {
      const made = draft(pod.spec)
      tolerate(made)
      prioritize(pod, context)
      pod.status = statusOfNew(made, context.now)
    },
    onUpdate: (pod) => tolerate(draft(pod.spec)),
    onStatusUpdate: keepObserved,
    errors: podErrors,
    *warnings(pod, old) {
      if (old !== undefined) return
      yield* nameWarnings(pod, "the Pod's hostname")
      yield* podSpecWarnings(spec(pod), 'spec')
    },
    columns: podColumns,
    columnsAfterAge: podColumnsAfterAge,
    selectableFields: {
      'spec.nodeName': (each) => text(spec(each).nodeName),
      'spec.host': (each) => text(spec(each).nodeName),
      'spec.restartPolicy': (each) => text(spec(each).restartPolicy),
      'spec.schedulerName': (each) => text(spec(each).schedulerName),
      'spec.serviceAccountName': (each) => text(spec(each).serviceAccountName),
      'spec.hostNetwork': (each) => String(spec(each).hostNetwork === true),
      'status.phase': (each) => text(status(each).phase),
      'status.podIP': (each) => text(status(each).podIP),
      'status.nominatedNodeName': (each) => text(status(each).nominatedNodeName),
    },
    more: { graceSeconds, returnsDeleted: true },
  }),
  rowConditions,
}
