/** The ReplicaSet controller and the kubelets: pods come, become ready or fail as their image does, and go. */
import type { Pod, PodCondition, PodStatus } from '../../../src/api/pod.ts'
import { timestampOf } from '../../../src/api/time.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import type { Instant } from '../../../src/core/rollout/observed.ts'
import { isPodActive } from '../../../src/sandbox/controllers/podAvailability.ts'
import { podFromTemplate } from '../../../src/sandbox/controllers/podFromTemplate.ts'
import { replicaSetStatus } from '../../../src/sandbox/controllers/replicaSet/status.ts'
import { victims } from '../../../src/sandbox/controllers/replicaSet/victims.ts'
import type { Clock } from './clock.ts'
import type { Store } from './store.ts'

/** What becomes of a pod with this image. */
export type ImageFate =
  | { readonly kind: 'ready'; readonly afterMs: number }
  | { readonly kind: 'never ready' }
  | { readonly kind: 'CrashLoopBackOff'; readonly afterMs: number }
  | { readonly kind: 'ImagePullBackOff' }
  | { readonly kind: 'Unschedulable' }

export type PodRules = {
  fateOf(image: string): ImageFate
  /** From a ReplicaSet's or pod's change to what its controller makes of it. */
  lagMs(): number
  /** From the deletion of a pod to its end. */
  readonly terminationMs: number
}

export type Pods = {
  /** By a user, a node or the eviction API. */
  delete(name: string): void
  /** A ready pod is so no more, and becomes it again as its image does. */
  crash(name: string): void
  /** Pods that fail because of their image try again as it is now. */
  retry(): void
}

export function runPods(store: Store, clock: Clock, rules: PodRules): Pods {
  const due = new Map<string, Instant>()
  const lives = new Map<string, number>()

  function syncSoon(name: string, at: Instant = clock.now() + rules.lagMs()): void {
    const before = due.get(name)
    if (before !== undefined && before <= at) return
    due.set(name, at)
    clock.at(at, () => {
      if (due.get(name) !== at) return
      due.delete(name)
      sync(name)
    })
  }

  function podsOf(set: ReplicaSet): readonly Pod[] {
    return store.list('Pod').filter((pod) => isPodActive(pod) && pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid)
  }

  function sync(name: string): void {
    const set = store.get('ReplicaSet', name)
    if (set === undefined) return
    const present = podsOf(set)
    const missing = (set.spec.replicas ?? 1) - present.length
    for (let made = 0; made < missing; made++) start(set)
    if (missing < 0) for (const pod of victims(present, -missing, [], clock.now())) end(pod)
    const { status, againMs } = replicaSetStatus(set, podsOf(set), undefined, clock.now())
    const latest = store.get('ReplicaSet', name)
    if (latest !== undefined) store.update('ReplicaSet', { ...latest, status })
    if (againMs !== undefined) syncSoon(name, againMs)
  }

  function start(set: ReplicaSet): void {
    const { uid = '', name } = set.metadata
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true }
    const pod = store.create('Pod', podFromTemplate(set, set.spec.template!, owner))
    begin(pod)
  }

  /** The kubelet's part, from its beginning or once more. */
  function begin(pod: Pod): void {
    const { name } = pod.metadata
    const life = (lives.get(name) ?? 0) + 1
    lives.set(name, life)
    const fate = rules.fateOf(imageOf(pod))
    const become = (afterMs: number, status: PodStatus): void => {
      clock.at(clock.now() + afterMs, () => {
        const latest = store.get('Pod', name)
        if (latest !== undefined && lives.get(name) === life) report(latest, status)
      })
    }
    switch (fate.kind) {
      case 'Unschedulable':
        return report(pod, { phase: 'Pending', conditions: [unscheduled(clock.now())] })
      case 'ImagePullBackOff':
        return report(pod, waiting(pod, 'ImagePullBackOff', `Back-off pulling image "${imageOf(pod)}"`))
      case 'never ready':
        return report(pod, running(pod, false, clock.now()))
      case 'ready':
        report(pod, running(pod, false, clock.now()))
        return become(fate.afterMs, running(pod, true, clock.now() + fate.afterMs))
      case 'CrashLoopBackOff':
        report(pod, running(pod, false, clock.now()))
        return become(fate.afterMs, waiting(pod, 'CrashLoopBackOff', 'back-off 10s restarting failed container'))
    }
  }

  function report(pod: Pod, status: PodStatus): void {
    const nodeName = status.conditions?.some(({ reason }) => reason === 'Unschedulable') ? undefined : 'node'
    store.update('Pod', { ...pod, spec: nodeName === undefined ? pod.spec : { ...pod.spec, nodeName }, status })
  }

  function end(pod: Pod): void {
    const { name, uid } = pod.metadata
    store.update('Pod', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: timestampOf(clock.now()) } })
    lives.delete(name)
    clock.at(clock.now() + rules.terminationMs, () => {
      if (store.get('Pod', name)?.metadata.uid === uid) store.remove('Pod', name)
    })
  }

  store.onChange((change) => {
    if (change.kind === 'ReplicaSet') {
      if (change.object !== undefined && change.object.status?.observedGeneration !== change.object.metadata.generation) syncSoon(change.name)
    } else if (change.kind === 'Pod') {
      const owner = change.object?.metadata.ownerReferences?.[0]?.name
      if (owner !== undefined) syncSoon(owner)
    }
  })

  return {
    delete(name) {
      const pod = store.get('Pod', name)
      if (pod !== undefined && isPodActive(pod)) end(pod)
    },
    crash(name) {
      const pod = store.get('Pod', name)
      if (pod !== undefined && isPodActive(pod)) begin(pod)
    },
    retry() {
      for (const pod of store.list('Pod')) if (isPodActive(pod) && !isReady(pod)) begin(pod)
    },
  }
}

export function imageOf(pod: { readonly spec: Pod['spec'] }): string {
  return pod.spec.containers[0]?.image ?? ''
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

function unscheduled(now: Instant): PodCondition {
  const message = '0/3 nodes are available: 3 Insufficient cpu.'
  return { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: timestampOf(now) }
}

function running(pod: Pod, ready: boolean, since: Instant): PodStatus {
  const image = imageOf(pod)
  return {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: timestampOf(since) }],
    containerStatuses: [{ name: 'app', ready, restartCount: 0, image, imageID: image, state: { running: {} } }],
  }
}

function waiting(pod: Pod, reason: string, message: string): PodStatus {
  const image = imageOf(pod)
  return {
    phase: reason === 'CrashLoopBackOff' ? 'Running' : 'Pending',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ name: 'app', ready: false, restartCount: 0, image, imageID: image, state: { waiting: { reason, message } } }],
  }
}
