import type { Pod, PodCondition } from '../../../api/pod.ts'
import type { Unstructured } from '../../unstructured.ts'
import { conflict, notFound } from '../apiError.ts'
import { type Call, type Machinery, timeText } from './machinery.ts'
import { about, findLive, stored } from './write.ts'

/** Gives a pod the node that `object.spec.nodeName` says. As there, it is no change of what is wanted, and nobody owns the field by it. */
export function bindPod(machinery: Machinery, call: Call, object: Unstructured): Unstructured {
  const { name } = object.metadata
  const live = findLive(machinery, call, name)
  if (live === undefined) throw notFound(about(call, name))
  const { spec, status } = live as unknown as Pod
  const what = { ...about(call, name), plural: 'pods/binding' }
  const nodeName = (object as unknown as Pod).spec.nodeName ?? ''
  if (live.metadata.deletionTimestamp !== undefined) throw conflict(what, `pod ${name} is being deleted, cannot be assigned to a host`)
  if (spec.nodeName) throw conflict(what, `pod ${name} is already assigned to node "${spec.nodeName}"`)
  const scheduled: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timeText(machinery.nowMs()),
  }
  const conditions = [...(status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled'), scheduled]
  return stored(machinery, call, { ...live, spec: { ...spec, nodeName }, status: { ...status, conditions } })
}
