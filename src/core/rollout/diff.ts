/** What is to be done to bring the observed world closer to the planned one, in the order in which it may be done. */
import { desiredReplicasAnnotation, revisionAnnotation, rolloutLabel, scaleDownDeadlineAnnotation } from '../../api/rolloutLabels.ts'
import { timestampOf } from '../../api/time.ts'
import type { TrafficSplit, TrafficSplitSpec } from '../../api/trafficSplit.ts'
import { backendServiceFor, isSameService, rolloutLabelValue } from './backendServices.ts'
import type { Action } from './decision.ts'
import { isEqual } from './equal.ts'
import { revisionAnnotations } from './history.ts'
import { newReplicaSet } from './newReplicaSet.ts'
import type { Plan } from './plan.ts'
import { selectedHash } from './selectors.ts'
import { targetOf } from './target.ts'
import { setOf, type VersionSet, type View } from './view.ts'

/** Traffic first, then the Services, then pods: what is taken away from has been let go before. */
export function diff(view: View, plan: Plan): readonly Action[] {
  return [...revisionActions(view), ...setActions(view), ...splitActions(view, plan), ...selectorActions(view, plan), ...sizeActions(view, plan)]
}

function setActions(view: View): readonly Action[] {
  if (view.newSet !== undefined) return []
  return [{ kind: 'createReplicaSet', replicaSet: newReplicaSet(view) }]
}

function revisionActions({ rollout, revision }: View): readonly Action[] {
  const text = String(revision)
  return rollout.metadata.annotations?.[revisionAnnotation] === text ? [] : [{ kind: 'annotateRollout', annotations: { [revisionAnnotation]: text } }]
}

function splitActions(view: View, { split }: Plan): readonly Action[] {
  const { split: observed, services } = view.observed
  switch (split.kind) {
    case 'kept':
      return []
    case 'none':
      return observed === undefined ? [] : [{ kind: 'deleteSplit', target: targetOf(observed) }]
    case 'wanted': {
      const entries = split.spec.services.map(({ name }) => name)
      const backends = split.spec.backends.flatMap((backend): readonly Action[] => {
        const set = setOf(view, backend.podTemplateHash)
        const wanted = set === undefined ? undefined : backendServiceFor(view, set, entries)
        if (wanted === undefined) return []
        const found = services.get(backend.service)
        if (found === undefined) return [{ kind: 'createService', service: wanted }]
        if (isSameService(found, wanted)) return []
        const { ports = [], selector = {} } = wanted.spec
        return [{ kind: 'updateService', target: targetOf(found), resourceVersion: found.metadata.resourceVersion, spec: { ports, selector } }]
      })
      if (observed === undefined) return [...backends, { kind: 'createSplit', split: newSplit(view, split.spec) }]
      if (isEqual(observed.spec, split.spec)) return backends
      const { resourceVersion } = observed.metadata
      return [...backends, { kind: 'updateSplit', target: targetOf(observed), resourceVersion, spec: split.spec }]
    }
  }
}

function newSplit({ rollout: { metadata, apiVersion = 'argoproj.io/v1alpha1' } }: View, spec: TrafficSplitSpec): TrafficSplit {
  return {
    apiVersion: 'spillway.dev/v1alpha1',
    kind: 'TrafficSplit',
    metadata: {
      name: metadata.name,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels: { [rolloutLabel]: rolloutLabelValue(metadata.name) },
      ownerReferences: [{ apiVersion, kind: 'Rollout', name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    spec,
  }
}

function selectorActions({ observed }: View, { selectors }: Plan): readonly Action[] {
  return [...selectors].flatMap(([name, to]): readonly Action[] => {
    const service = observed.services.get(name)
    if (service === undefined) return []
    const from = selectedHash(service)
    return from === (to ?? undefined) ? [] : [{ kind: 'selectPods', target: targetOf(service), from, to }]
  })
}

/** More pods before fewer. */
function sizeActions(view: View, { sizes, deadlines }: Plan): readonly Action[] {
  const grow: Action[] = []
  const shrink: Action[] = []
  const note: Action[] = []
  for (const set of view.sets) {
    const to = sizes.get(set) ?? set.size
    const annotations = annotationsFor(view, set, to, deadlines.get(set))
    const target = targetOf(set.set)
    if (to !== set.size) (to > set.size ? grow : shrink).push({ kind: 'scaleReplicaSet', target, from: set.size, to, annotations })
    else if (Object.keys(annotations).length > 0)
      note.push({ kind: 'annotateReplicaSet', target, resourceVersion: set.set.metadata.resourceVersion, annotations })
  }
  return [...grow, ...note, ...shrink]
}

/** Those that differ. */
function annotationsFor(view: View, set: VersionSet, to: number, deadline: number | null | undefined): Readonly<Record<string, string | null>> {
  const wanted: Record<string, string | null> = {}
  const isSized = set === view.newSet || set === view.stableSet
  if (isSized) wanted[desiredReplicasAnnotation] = String(view.settings.replicas)
  if (set === view.newSet) Object.assign(wanted, revisionAnnotations(set.set, view.revision))
  if (deadline !== undefined && to > 0) wanted[scaleDownDeadlineAnnotation] = deadline === null ? null : timestampOf(deadline)
  const found = set.set.metadata.annotations ?? {}
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (found[key] ?? null) !== value))
}
