import { isDeepStrictEqual } from 'node:util'
import { isPodReady, type Pod } from '../../../api/pod.ts'
import { selects } from '../../../api/selector.ts'
import { timestampOf } from '../../../api/time.ts'
import type { Job, JobStatus } from '../../../api/workloads.ts'
import type { Cluster } from '../../cluster.ts'
import { referenceTo } from '../../events.ts'
import type { ObjectKey } from '../../unstructured.ts'
import { keyOf, parseKey } from '../key.ts'
import { adopted, claim, controllerOf, controllerReference, released } from '../ownership.ts'
import { createPods, deletePods, type PodFailure } from '../podControl.ts'
import { podOwnerKeys } from '../podOwnerKeys.ts'
import type { Controller, World } from '../runner.ts'
import { backoffAfter, type JobBackoff, noBackoff } from './backoff.ts'
import { deadlineMs, isFinished, type Outcome, outcome, plan, success } from './decide.ts'
import { jobKind, jobPod, untracked } from './jobPod.ts'
import { countReleased, hasUncounted, jobCondition, noteEnded, suspendCondition, wireStatus, withJobCondition } from './status.ts'
import { isSuspended, isTracked, type Tally, tally } from './tally.ts'

const jobs = 'jobs.batch'

export function openJobController(): Controller {
  const backoffs = new Map<string, JobBackoff>()
  return {
    name: 'job-controller',
    follows: [jobs, 'pods'],
    keysOf: (event, cluster) =>
      event.resource === jobs
        ? [keyOf(event.object)]
        : podOwnerKeys(event, 'Job', () => cluster.list<Job>(jobs, { namespace: event.object.metadata.namespace })),
    sync(key, world) {
      const job = world.cluster.find<Job>(jobs, parseKey(key))
      if (job === undefined || isFinished(job)) {
        backoffs.delete(key)
        releaseLeftOver(parseKey(key), world.cluster)
        return undefined
      }
      if (job.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller') return undefined
      const pods = claimPods(job, world.cluster)
      const counted = tally(job, pods)
      const backoff = backoffAfter(backoffs.get(key) ?? noBackoff, counted.newlySucceeded, counted.newlyFailed)
      backoffs.set(key, backoff)
      return syncJob(job, pods, { counted, backoff }, world)
    },
  }
}

/** Pods of a Job that is gone, or done with counting, are held for nobody. */
function releaseLeftOver({ namespace, name }: ObjectKey, cluster: Cluster): void {
  for (const pod of cluster.list<Pod>('pods', { namespace })) {
    const owner = controllerOf(pod)
    if (owner?.kind === 'Job' && owner.name === name && isTracked(pod)) cluster.update('pods', untracked(pod))
  }
}

function claimPods(job: Job, cluster: Cluster): readonly Pod[] {
  const { namespace, uid } = job.metadata
  const { owned, adopt, release } = claim(job, cluster.list<Pod>('pods', { namespace }), (pod) => selects(job.spec.selector, pod.metadata.labels))
  for (const pod of release) cluster.update('pods', untracked(released(pod, uid)))
  const { finalizers } = jobPod(job, undefined).metadata
  const tracked = adopt.map((pod) =>
    adopted({ ...pod, metadata: { ...pod.metadata, ...(finalizers && { finalizers }) } }, controllerReference(job, jobKind)),
  )
  return [...owned, ...tracked.map((pod) => cluster.update('pods', pod))]
}

type Seen = { readonly counted: Tally; readonly backoff: JobBackoff }
/** What became of the pods in this turn. */
type Managed = {
  readonly active: number
  readonly ready: number
  readonly terminating: number
  readonly failure: PodFailure | undefined
  readonly againMs: number | undefined
}

function syncJob(job: Job, pods: readonly Pod[], { counted, backoff }: Seen, world: World): number | undefined {
  const { nowMs } = world
  const started: Job = job.status?.startTime === undefined && !isSuspended(job) ? withStatus(job, { startTime: timestampOf(nowMs) }) : job
  const early = outcome(started, counted, pods, nowMs)
  const managed =
    early === undefined && job.metadata.deletionTimestamp === undefined
      ? manage(started, { counted, backoff }, world)
      : stop(early, started, counted, world)
  const end = managed.failure === undefined ? (early ?? success(started, counted, managed.active)) : undefined
  const suspended = end === undefined && job.metadata.deletionTimestamp === undefined ? noteSuspension(started, world) : started
  const { active, ready, terminating } = managed
  count(withStatus(suspended, { active, ready, terminating }), pods, { end, counted }, world)
  if (managed.failure !== undefined) throw managed.failure.cause
  const deadline = deadlineMs(suspended)
  return end !== undefined ? undefined : earliest(managed.againMs, deadline)
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

function withStatus(job: Job, status: Partial<JobStatus>): Job {
  return { ...job, status: { ...job.status, ...status } }
}

/** A Job that ends needs no pods any more. */
function stop(early: Outcome | undefined, job: Job, { active, ready, terminating }: Tally, world: World): Managed {
  if (early === undefined) return { active: active.length, ready, terminating, failure: undefined, againMs: undefined }
  const failure = deletePods(referenceTo(job, jobKind), active, world)
  return { active: 0, ready: 0, terminating: terminating + active.length, failure, againMs: undefined }
}

function manage(job: Job, { counted, backoff }: Seen, world: World): Managed {
  const { active, ready, terminating } = counted
  const same = { active: active.length, ready, terminating, failure: undefined, againMs: undefined }
  const next = plan(job, counted, backoff, world.nowMs)
  const about = referenceTo(job, jobKind)
  switch (next.kind) {
    case 'nothing':
      return same
    case 'wait':
      // While a failure is waited out, upstream tells of no active pods, whatever runs.
      return { ...same, active: 0, againMs: next.untilMs }
    case 'create': {
      const failure = createPods(
        about,
        next.indexes.map((index) => jobPod(job, index)),
        world,
      )
      return { ...same, active: active.length + (failure === undefined ? next.indexes.length : 0), failure }
    }
    case 'remove': {
      const { pods } = next
      // They were not asked to fail: nobody counts them.
      const free = pods.map((pod) => (isTracked(pod) ? world.cluster.update('pods', untracked(pod)) : pod))
      const failure = deletePods(about, free, world)
      return {
        ...same,
        active: active.length - pods.length,
        ready: ready - pods.filter(isPodReady).length,
        terminating: terminating + pods.length,
        failure,
      }
    }
  }
}

function noteSuspension(job: Job, { recorder, nowMs }: World): Job {
  const condition = suspendCondition(job, nowMs)
  if (condition === undefined) return job
  const isResumed = condition.status === 'False'
  recorder.record(referenceTo(job, jobKind), { type: 'Normal', reason: isResumed ? 'Resumed' : 'Suspended', message: condition.message! })
  // Its deadline counts from here.
  return withStatus(job, { conditions: withJobCondition(job.status?.conditions, condition), ...(isResumed && { startTime: timestampOf(nowMs) }) })
}

/** Counts what has ended, and ends the Job when all is counted and nothing is on its way out. */
function count(job: Job, pods: readonly Pod[], { end, counted }: { readonly end: Outcome | undefined; readonly counted: Tally }, world: World): void {
  const { cluster, recorder, nowMs } = world
  const { noted, release } = noteEnded(job, pods, end, counted)
  const interim = end && jobCondition(end.kind === 'failed' ? 'FailureTarget' : 'SuccessCriteriaMet', end, nowMs)
  const isDecided = interim === undefined || noted.conditions?.some(({ type }) => type === interim.type)
  const first = write(job, isDecided ? noted : { ...noted, conditions: withJobCondition(noted.conditions, interim!) }, cluster)
  for (const { metadata } of release) {
    const pod = cluster.find<Pod>('pods', metadata)
    if (pod?.metadata.uid === metadata.uid && isTracked(pod!)) cluster.update('pods', untracked(pod!))
  }
  const left = pods.filter((pod) => !release.includes(pod))
  const total = countReleased(first.status ?? {}, left)
  const isDone = end !== undefined && !hasUncounted(total) && (total.terminating ?? 0) === 0
  if (!isDone) return void write(first, total, cluster)
  const final = jobCondition(end.kind === 'failed' ? 'Failed' : 'Complete', end, nowMs)
  const completionTime = end.kind === 'succeeded' && { completionTime: timestampOf(nowMs) }
  write(first, { ...total, ...completionTime, conditions: withJobCondition(total.conditions, final) }, cluster)
  const told =
    end.kind === 'failed'
      ? ({ type: 'Warning', reason: end.reason, message: end.message } as const)
      : ({ type: 'Normal', reason: 'Completed', message: 'Job completed' } as const)
  recorder.record(referenceTo(job, jobKind), told)
}

/** The Job as it is after. */
function write(job: Job, status: JobStatus, cluster: Cluster): Job {
  const current = cluster.find<Job>(jobs, job.metadata)!
  const wire = wireStatus(status)
  return isDeepStrictEqual(current.status, wire) ? current : cluster.update<Job>(jobs, { ...current, status: wire }, 'status')
}
