import type { Event } from '../../../../src/api/event.ts'
import type { ContainerStatus, Pod, PodPhase } from '../../../../src/api/pod.ts'
import { timestampOf } from '../../../../src/api/time.ts'
import type { Job, JobSpec } from '../../../../src/api/workloads.ts'
import type { Any, Driver, Scenario, Step } from './driver.ts'

const jobs = 'jobs.batch'
const index = 'batch.kubernetes.io/job-completion-index'

function job(spec: Partial<JobSpec>, restartPolicy: 'Never' | 'OnFailure' = 'Never'): Any {
  const template = { spec: { restartPolicy, containers: [{ name: 'work', image: 'demo' }] } }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work' }, spec: { template, ...spec } }
}

const step = (name: string, run: Step['do']): Step => ({ name, do: run })
const created = (spec: Partial<JobSpec>, restartPolicy?: 'Never' | 'OnFailure'): Step =>
  step('created', (driver) => driver.create(jobs, job(spec, restartPolicy)))
const later = (name: string, seconds: number): Step => step(name, (driver) => driver.pass(seconds))
const suspend = (name: string, isSuspended: boolean): Step =>
  step(name, (driver) => driver.change(jobs, 'work', (object) => ({ ...object, spec: { ...(object['spec'] as JobSpec), suspend: isSuspended } })))

function running(driver: Driver): readonly Pod[] {
  const pods = driver.list('pods') as readonly unknown[] as readonly Pod[]
  return pods.filter(({ status, metadata }) => !/Succeeded|Failed/.test(status?.phase ?? '') && metadata.deletionTimestamp === undefined)
}

/** What a kubelet would tell of some pods that run. */
function pods(name: string, phase: PodPhase, count: number, restartCount = 0): Step {
  return step(name, async (driver) => {
    const chosen = running(driver).toSorted((a, b) => ((a.metadata.annotations?.[index] ?? '') < (b.metadata.annotations?.[index] ?? '') ? -1 : 1))
    for (const { metadata } of chosen.slice(0, count)) {
      tell(driver, metadata.name, phase, restartCount)
      await driver.rest()
    }
  })
}

function tell(driver: Driver, name: string, phase: PodPhase, restartCount: number): void {
  const now = timestampOf(driver.nowMs())
  const isRunning = phase === 'Running'
  const terminated = { exitCode: phase === 'Failed' ? 1 : 0, finishedAt: now, startedAt: now }
  const state = isRunning ? { running: { startedAt: now } } : { terminated }
  const containerStatuses: readonly ContainerStatus[] = [{ name: 'work', state, ready: isRunning, restartCount, image: 'demo', imageID: '' }]
  const conditions = [{ type: 'Ready', status: isRunning ? 'True' : 'False', lastTransitionTime: now }]
  driver.change('pods', name, (pod) => ({ ...pod, status: { ...(pod as unknown as Pod).status, phase, containerStatuses, conditions } }), 'status')
}

const scenarios: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'three completions, two at a time',
    steps: [
      created({ completions: 3, parallelism: 2 }),
      pods('both run', 'Running', 2),
      pods('one has succeeded', 'Succeeded', 1),
      pods('two more have succeeded', 'Succeeded', 2),
    ],
  },
  {
    name: 'a failure that is tried again, and fails again',
    steps: [created({ backoffLimit: 1 }), pods('failed', 'Failed', 1), later('tried again', 11), pods('failed again', 'Failed', 1)],
  },
  {
    name: 'a failure that ends all',
    steps: [created({ backoffLimit: 0, completions: 3, parallelism: 3 }), pods('one runs', 'Running', 1), pods('one has failed', 'Failed', 1)],
  },
  { name: 'a deadline', steps: [created({ activeDeadlineSeconds: 15 }), pods('runs', 'Running', 1), later('too late', 15)] },
  {
    name: 'suspended, resumed, suspended, resumed',
    steps: [
      created({ suspend: true, parallelism: 2 }),
      suspend('resumed', false),
      suspend('suspended', true),
      suspend('resumed again', false),
      pods('succeeded', 'Succeeded', 2),
    ],
  },
  {
    name: 'indexes',
    steps: [
      created({ completionMode: 'Indexed', completions: 4, parallelism: 2 }),
      pods('one has succeeded', 'Succeeded', 1),
      pods('another has failed', 'Failed', 1),
      later('it is tried again', 11),
      pods('all have succeeded', 'Succeeded', 2),
      pods('the last has succeeded', 'Succeeded', 2),
    ],
  },
  {
    name: 'restarts in the same pod',
    steps: [created({ backoffLimit: 2 }, 'OnFailure'), pods('one restart', 'Running', 1, 1), pods('two restarts', 'Running', 1, 2)],
  },
  {
    name: 'no number of completions',
    steps: [
      step('created', (driver) => driver.create(jobs, job({ parallelism: 2 }))),
      pods('one has succeeded', 'Succeeded', 1),
      pods('the other, too', 'Succeeded', 1),
    ],
  },
  { name: 'kept for a while', steps: [created({ ttlSecondsAfterFinished: 12 }), pods('succeeded', 'Succeeded', 1), later('expired', 13)] },
  {
    name: 'deleted while it runs',
    steps: [created({ parallelism: 2 }), pods('one runs', 'Running', 1), step('deleted', (driver) => driver.remove(jobs, 'work', 'Background'))],
  },
]

function snapshot(driver: Driver): unknown {
  const found = driver.list(jobs) as readonly unknown[] as readonly Job[]
  const events = new Map<string, number>()
  for (const { involvedObject, type, reason, message, count = 1 } of driver.list('events') as readonly unknown[] as readonly Event[]) {
    const text = `${type} ${reason} ${message.replace(/work-(\d-)?[a-z0-9]{5}$/, 'work-$1POD')}`
    if (involvedObject.kind === 'Job') events.set(text, (events.get(text) ?? 0) + count)
  }
  return {
    jobs: found.map(({ status: { startTime, completionTime, conditions = [], uncountedTerminatedPods = {}, ...counts } = {} }) => ({
      ...counts,
      isStarted: startTime !== undefined,
      isCompleted: completionTime !== undefined,
      uncounted: Object.keys(uncountedTerminatedPods),
      conditions: conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`),
    })),
    pods: driver
      .list('pods')
      .map(({ metadata: { annotations, labels, finalizers = [], deletionTimestamp, generateName }, status }) => {
        const at = annotations?.[index] === undefined ? '' : ` ${annotations[index]} ${labels?.[index]} ${generateName}`
        return `${(status as Pod['status'])?.phase}${at} held by [${finalizers}]${deletionTimestamp === undefined ? '' : ', ending'}`
      })
      .toSorted(),
    events: [...events].map(([text, count]) => `${count} × ${text}`).toSorted(),
  }
}

export const jobScenarios: readonly Scenario[] = scenarios.map((scenario) => ({ ...scenario, snapshot }))
export const watchedByJobs = [jobs, 'pods', 'events']
