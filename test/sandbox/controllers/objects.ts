import type { Event } from '../../../src/api/event.ts'
import type { Pod, PodPhase } from '../../../src/api/pod.ts'
import { timestampOf } from '../../../src/api/time.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import type { TestCluster } from './testCluster.ts'

export const namespace = 'shop'
export const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'demo' }] } }

export function replicaSet(fields: { readonly name?: string; readonly replicas: number; readonly minReadySeconds?: number }): ReplicaSet {
  const { name = 'web', ...spec } = fields
  return { metadata: { name, namespace }, spec: { ...spec, selector: { matchLabels: { app: 'web' } }, template } }
}

export function pods({ cluster }: TestCluster): readonly Pod[] {
  return cluster.list<Pod>('pods', { namespace })
}

/** What the kubelet would tell. */
export function setPod(
  { cluster, clock }: TestCluster,
  name: string,
  told: { readonly phase?: PodPhase; readonly ready?: boolean; readonly ip?: string; readonly node?: string },
): void {
  const { phase = 'Running', ready = phase === 'Running', ip, node = 'here' } = told
  const pod = cluster.find<Pod>('pods', { namespace, name })!
  if (pod.spec.nodeName === undefined) cluster.update('pods', { ...pod, spec: { ...pod.spec, nodeName: node } })
  const fresh = cluster.find<Pod>('pods', { namespace, name })!
  const status = ready ? 'True' : 'False'
  const before = fresh.status?.conditions?.find(({ type }) => type === 'Ready')
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime! : timestampOf(clock.nowMs())
  cluster.update<Pod>(
    'pods',
    {
      ...fresh,
      status: {
        ...fresh.status,
        phase,
        conditions: [{ type: 'Ready', status, lastTransitionTime }],
        ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
      },
    },
    'status',
  )
}

/** `Normal SuccessfulCreate Created pod: web-xxxxx ×2` */
export function eventsOf({ cluster }: TestCluster): readonly string[] {
  return cluster.list<Event>('events').map(({ type, reason, message, count = 1 }) => `${type} ${reason} ${message}${count > 1 ? ` ×${count}` : ''}`)
}
