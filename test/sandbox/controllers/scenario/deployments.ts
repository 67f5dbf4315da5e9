import type { Event } from '../../../../src/api/event.ts'
import { isPodReady, type Pod } from '../../../../src/api/pod.ts'
import { timestampOf } from '../../../../src/api/time.ts'
import type { Deployment, DeploymentSpec, ReplicaSet } from '../../../../src/api/workloads.ts'
import type { Any, Driver, Scenario, Step } from './driver.ts'

const deployments = 'deployments.apps'
const replicaSets = 'replicasets.apps'
const revision = 'deployment.kubernetes.io/revision'

function deployment(spec: Partial<DeploymentSpec>): Any {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations: { note: 'first' } },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'demo:1' }] } },
      ...spec,
    },
  }
}

const create = (spec: Partial<DeploymentSpec> = {}): Step => ({ name: 'created', do: (driver) => driver.create(deployments, deployment(spec)) })

function change(name: string, make: (spec: DeploymentSpec) => DeploymentSpec): Step {
  return {
    name,
    do: (driver) => driver.change(deployments, 'web', (object) => ({ ...object, spec: make((object as unknown as Deployment).spec) })),
  }
}

const image = (name: string, tag: string): Step =>
  change(name, (spec) => ({
    ...spec,
    template: { ...spec.template, spec: { ...spec.template.spec, containers: [{ ...spec.template.spec.containers[0]!, image: tag }] } },
  }))

const scale = (name: string, replicas: number): Step => change(name, (spec) => ({ ...spec, replicas }))

/** What a kubelet would tell of all pods of an image that are not ready, one after the other. */
function ready(name: string, tag: string, isReady = true): Step {
  return {
    name,
    async do(driver) {
      const pods = driver.list('pods') as readonly unknown[] as readonly Pod[]
      for (const pod of pods.filter((pod) => pod.spec.containers[0]!.image === tag && isPodReady(pod) !== isReady)) {
        // It may have gone since: which ones are deleted is not for this test to say.
        if (!driver.list('pods').some(({ metadata }) => metadata.name === pod.metadata.name)) continue
        setReady(driver, pod, isReady)
        await driver.rest()
      }
    },
  }
}

function setReady(driver: Driver, { metadata }: Pod, isReady: boolean): void {
  const lastTransitionTime = timestampOf(driver.nowMs())
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime }]
  driver.change('pods', metadata.name, (pod) => ({ ...pod, status: { ...(pod as unknown as Pod).status, phase: 'Running', conditions } }), 'status')
}

/** The Deployment and its sets, by revision, without what differs from run to run. */
function snapshot(driver: Driver): unknown {
  const sets = (driver.list(replicaSets) as readonly unknown[] as readonly ReplicaSet[]).toSorted((a, b) => numbered(a) - numbered(b))
  const owner = driver.list(deployments)[0] as unknown as Deployment | undefined
  const named = (text: string): string => {
    for (const [i, { metadata }] of sets.entries()) text = text.replaceAll(metadata.name, `SET${i + 1}`)
    return text.replace(/web-[a-z0-9]+/, 'GONE').replace(/(pod: \w+)-.*/, '$1-POD')
  }
  const events = new Map<string, Map<string, number>>()
  for (const { involvedObject, type, reason, message, count = 1 } of driver.list('events') as readonly unknown[] as readonly Event[]) {
    if (!/ReplicaSet|Deployment/.test(involvedObject.kind ?? '')) continue
    const news = `${involvedObject.kind} ${type} ${reason}`
    const counts = events.get(news) ?? new Map<string, number>()
    events.set(news, counts)
    counts.set(named(message), (counts.get(named(message)) ?? 0) + count)
  }
  const { observedGeneration: _, conditions = [], ...status } = owner?.status ?? {}
  return {
    revision: owner?.metadata.annotations?.[revision],
    status,
    conditions: conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${named(message ?? '')}`).toSorted(),
    sets: sets.map(({ metadata, spec, status: { observedGeneration: _, ...counted } = { replicas: 0 } }) => ({
      annotations: metadata.annotations,
      replicas: spec.replicas,
      status: counted,
    })),
    events: [...events].flatMap(([news, counts]) => counted(news, counts)).toSorted(),
  }
}

/** Which of many similar ones are told by themselves is drawn by lot. */
function counted(news: string, counts: ReadonlyMap<string, number>): readonly string[] {
  if (![...counts.keys()].some((message) => message.startsWith('(combined')))
    return [...counts].map(([message, count]) => `${count} × ${news} ${message}`)
  return [`${[...counts.values()].reduce((sum, count) => sum + count)} × ${news}`]
}

function numbered({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[revision])
}

const gentle = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } as const

const scenarios: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'a rolling update',
    steps: [
      create(),
      ready('ready', 'demo:1'),
      image('second image', 'demo:2'),
      ready('first of the second ready', 'demo:2'),
      ready('more of the second ready', 'demo:2'),
      ready('all of the second ready', 'demo:2'),
      image('back to the first', 'demo:1'),
      ready('first again ready', 'demo:1'),
      ready('more of the first again ready', 'demo:1'),
      ready('all of the first again ready', 'demo:1'),
    ],
  },
  {
    name: 'sizes during a rollout',
    steps: [
      create({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
      ready('ready', 'demo:1'),
      image('second image', 'demo:2'),
      scale('scaled up', 15),
      scale('scaled down', 5),
      scale('scaled to none', 0),
      scale('and up again', 3),
      ready('all ready', 'demo:2'),
    ],
  },
  {
    name: 'a broken image, undone',
    steps: [
      create({ replicas: 3, strategy: gentle }),
      ready('ready', 'demo:1'),
      image('broken image', 'demo:broken'),
      image('another image before the end', 'demo:2'),
      image('back', 'demo:1'),
      ready('still ready', 'demo:1'),
      ready('one that is no more', 'demo:1', false),
    ],
  },
  {
    name: 'a pause',
    steps: [
      create({ replicas: 2 }),
      ready('ready', 'demo:1'),
      change('paused', (spec) => ({ ...spec, paused: true })),
      image('second image while paused', 'demo:2'),
      scale('scaled while paused', 3),
      change('resumed', ({ paused: _, ...spec }) => spec),
      ready('second ready', 'demo:2'),
      ready('second ready again', 'demo:2'),
    ],
  },
  {
    name: 'recreation',
    steps: [
      create({ replicas: 2, strategy: { type: 'Recreate' } }),
      ready('ready', 'demo:1'),
      image('second image', 'demo:2'),
      ready('second ready', 'demo:2'),
    ],
  },
  {
    name: 'a short history',
    steps: [
      create({ replicas: 1, revisionHistoryLimit: 1, strategy: gentle }),
      ready('ready', 'demo:1'),
      image('second image', 'demo:2'),
      ready('second ready', 'demo:2'),
      image('third image', 'demo:3'),
      ready('third ready', 'demo:3'),
      image('fourth image', 'demo:4'),
      ready('fourth ready', 'demo:4'),
    ],
  },
  {
    name: 'no deadline, other notes',
    steps: [
      create({ replicas: 1, progressDeadlineSeconds: 2 ** 31 - 1 }),
      ready('ready', 'demo:1'),
      {
        name: 'another note',
        do: (driver) =>
          driver.change(deployments, 'web', ({ metadata, ...rest }) => ({
            ...rest,
            metadata: { ...metadata, annotations: { ...metadata.annotations, note: 'other' } },
          })),
      },
      change('patient', (spec) => ({ ...spec, minReadySeconds: 3_600 })),
    ],
  },
]

export const deploymentScenarios: readonly Scenario[] = scenarios.map((scenario) => ({ ...scenario, snapshot }))
export const watchedByDeployments = [deployments, replicaSets, 'pods', 'events']
