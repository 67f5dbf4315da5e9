import type { Node } from '../../../api/node.ts'
import { isPodTerminal, type Pod } from '../../../api/pod.ts'
import { ApiError } from '../../apiserver/apiError.ts'
import type { Cluster } from '../../cluster.ts'
import { openEventRecorder, referenceTo } from '../../events.ts'
import { schedule, unscheduled } from './schedule.ts'

export type SchedulerOptions = { readonly cluster: Cluster; readonly nodeName: string; readonly nowMs: () => number }

const schedulerName = 'default-scheduler'

/** Gives pods to the one node, as kube-scheduler would. Returns how to end that. */
export function startScheduler({ cluster: whole, nodeName, nowMs }: SchedulerOptions): () => void {
  const cluster = whole.as('kube-scheduler')
  const recorder = openEventRecorder({ cluster, component: schedulerName, nowMs })

  function tryPod(seen: Pod): void {
    const { namespace, name } = seen.metadata
    const pod = cluster.find<Pod>('pods', { namespace, name })
    if (pod === undefined || !isWaiting(pod)) return
    const verdict = schedule(pod, cluster.find<Node>('nodes', { name: nodeName }))
    const about = referenceTo(pod, { apiVersion: 'v1', kind: 'Pod' })
    if (verdict.kind === 'fits') {
      cluster.update('pods', { ...pod, spec: { ...pod.spec, nodeName } }, 'binding')
      recorder.record(about, { type: 'Normal', reason: 'Scheduled', message: `Successfully assigned ${namespace}/${name} to ${nodeName}` })
      return
    }
    const { message } = verdict
    const before = pod.status?.conditions ?? []
    if (before.some((condition) => condition.type === 'PodScheduled' && condition.message === message)) return
    const conditions = [...before.filter(({ type }) => type !== 'PodScheduled'), unscheduled(pod, message, nowMs())]
    cluster.update('pods', { ...pod, status: { ...pod.status, conditions } }, 'status')
    recorder.record(about, { type: 'Warning', reason: 'FailedScheduling', message })
  }

  function tryOne(pod: Pod): void {
    try {
      tryPod(pod)
    } catch (error) {
      // It has changed or gone meanwhile: then there is news of it.
      if (!(error instanceof ApiError)) throw error
    }
  }

  const tryAll = (): void => {
    for (const pod of cluster.list<Pod>('pods')) tryOne(pod)
  }
  const end = cluster.follow(['pods', 'nodes'], ({ resource, type, object }) => {
    if (resource === 'nodes') tryAll()
    else if (type !== 'DELETED') tryOne(object as Pod)
  })
  tryAll()
  return end
}

function isWaiting(pod: Pod): boolean {
  const { spec, metadata } = pod
  if (spec.nodeName || metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return false
  return (spec.schedulingGates ?? []).length === 0 && (spec.schedulerName ?? schedulerName) === schedulerName
}
