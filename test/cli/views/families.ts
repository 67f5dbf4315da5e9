/** Rollouts in many states, with all that belongs to them. */
import type { Pod } from '../../../src/api/pod.ts'
import type { Rollout, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import type { TrafficSplit } from '../../../src/api/trafficSplit.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import type { AnalysisRun, Experiment, Family } from '../../../src/cli/cluster/family.ts'

export const now = Date.parse('2026-03-01T12:00:00Z')

function ago(seconds: number): string {
  return new Date(now - seconds * 1_000).toISOString().replace('.000', '')
}

const owner = (kind: string, name: string) => [{ apiVersion: 'v1', kind, name, uid: `uid-${name}`, controller: true }]

type Version = {
  readonly hash: string
  readonly revision: number
  readonly image: string
  readonly pods: number
  readonly available?: number
  readonly age: number
}

function replicaSet({ hash, revision, image, pods, available = pods, age }: Version, annotations: Readonly<Record<string, string>> = {}): ReplicaSet {
  const name = `shop-${hash}`
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      generation: 1,
      creationTimestamp: ago(age),
      labels: { app: 'shop', 'rollouts-pod-template-hash': hash },
      annotations: { 'rollout.argoproj.io/revision': String(revision), ...annotations },
      ownerReferences: owner('Rollout', 'shop'),
    },
    spec: { replicas: pods, selector: {}, template: { spec: { containers: [{ name: 'app', image }] } } },
    status: { replicas: pods, readyReplicas: available, availableReplicas: available, observedGeneration: 1 },
  }
}

function pod(hash: string, suffix: string, fields: Partial<Pod> & { readonly restarts?: number } = {}): Pod {
  const name = `shop-${hash}-${suffix}`
  const container = { name: 'app', ready: true, restartCount: fields.restarts ?? 0, image: '', imageID: '', state: { running: {} } }
  return {
    metadata: { name, uid: `uid-${name}`, creationTimestamp: ago(240), ownerReferences: owner('ReplicaSet', `shop-${hash}`), ...fields.metadata },
    spec: { containers: [{ name: 'app', image: '' }], ...fields.spec },
    status: { phase: 'Running', containerStatuses: [container], ...fields.status },
  }
}

function waiting(hash: string, suffix: string, reason: string, restarts = 0): Pod {
  const state = { waiting: { reason } }
  return pod(hash, suffix, {
    status: { phase: 'Pending', containerStatuses: [{ name: 'app', ready: false, restartCount: restarts, image: '', imageID: '', state }] },
  })
}

function rollout(spec: RolloutSpec, status: RolloutStatus): Rollout {
  return {
    metadata: { name: 'shop', namespace: 'default', uid: 'uid-shop', generation: 3, creationTimestamp: ago(3 * 86_400) },
    spec: { replicas: 4, selector: { matchLabels: { app: 'shop' } }, ...spec },
    status: { observedGeneration: '3', ...status },
  }
}

export function family(fields: Partial<Family> & Pick<Family, 'rollout'>): Family {
  return { replicaSets: [], pods: [], experiments: [], analysisRuns: [], jobs: [], split: undefined, missing: [], ...fields }
}

const stable: Version = { hash: '6b9d', revision: 6, image: 'shop:v1', pods: 4, age: 3 * 86_400 }
const fresh: Version = { hash: '5f7c', revision: 7, image: 'shop:v2', pods: 1, age: 240 }
const steps = [{ setWeight: 5 }, { pause: { duration: '1m' } }, { setWeight: 40 }, { pause: {} }]
const routed: RolloutSpec = { strategy: { canary: { steps, trafficRouting: { plugins: { 'spillway/edge': {} } } } } }
const counts = { replicas: 5, updatedReplicas: 1, readyReplicas: 5, availableReplicas: 5, currentPodHash: '5f7c', stableRS: '6b9d' }

const split: TrafficSplit = {
  metadata: { name: 'shop', generation: 4 },
  spec: { totalWeight: 100, backends: [], services: [] },
  status: {
    observedGeneration: 4,
    edges: 2,
    acknowledged: 2,
    traffic: [
      {
        podTemplateHash: '6b9d',
        role: 'stable',
        weight: 95,
        readyEndpoints: 4,
        requests: 9_500,
        failures: 0,
        requestRate: '950.24',
        successRate: '1',
        p50Seconds: '0.002',
        p99Seconds: '0.01234',
      },
      {
        podTemplateHash: '5f7c',
        role: 'canary',
        weight: 5,
        readyEndpoints: 1,
        requests: 500,
        failures: 3,
        requestRate: '50',
        successRate: '0.99999',
        p50Seconds: '0.002',
        p99Seconds: '1.5',
      },
    ],
  },
}

const pausedAt = (seconds: number, reason: 'CanaryPauseStep' | 'BlueGreenPause' = 'CanaryPauseStep') => ({
  phase: 'Paused' as const,
  message: reason,
  controllerPause: true,
  pauseConditions: [{ reason, startTime: ago(seconds) }],
})

const run: AnalysisRun = {
  metadata: {
    name: 'shop-5f7c-7-2',
    uid: 'uid-run',
    creationTimestamp: ago(120),
    annotations: { 'rollout.argoproj.io/revision': '7' },
    ownerReferences: owner('Rollout', 'shop'),
  },
  status: {
    phase: 'Running',
    runSummary: { successful: 3, failed: 1 },
    metricResults: [{ measurements: [{ metadata: { 'job-name': 'probe' } }] }],
  },
}

const experiment: Experiment = {
  metadata: {
    name: 'compare',
    uid: 'uid-compare',
    creationTimestamp: ago(60),
    annotations: { 'rollout.argoproj.io/revision': '7' },
    ownerReferences: owner('Rollout', 'shop'),
  },
  status: { phase: 'Failed' },
}

const blueGreen: RolloutSpec = {
  strategy: { blueGreen: { activeService: 'shop', previewService: 'shop-preview', autoPromotionSeconds: 60 } },
}

/** By what is special about them. */
export const families: Readonly<Record<string, Family>> = {
  canary: family({
    rollout: rollout(routed, {
      ...counts,
      ...pausedAt(20),
      currentStepIndex: 1,
      canary: { weights: { canary: { weight: 5 }, stable: { weight: 95 }, verified: true } },
    }),
    replicaSets: [replicaSet(stable), replicaSet(fresh)],
    pods: [pod('5f7c', 'x2b', { restarts: 2 }), pod('6b9d', 'a'), pod('6b9d', 'b')],
    analysisRuns: [run],
    jobs: [{ metadata: { name: 'probe', creationTimestamp: ago(60) }, spec: { template: { spec: { containers: [] } } }, status: {} }],
    split,
  }),
  aborted: family({
    rollout: rollout(routed, {
      ...counts,
      phase: 'Degraded',
      message: 'RolloutAborted: by hand',
      abort: true,
      currentStepIndex: 0,
      canary: { weights: { canary: { weight: 0 }, stable: { weight: 100 } } },
    }),
    replicaSets: [replicaSet(stable), replicaSet(fresh, { 'scale-down-deadline': ago(-27) })],
    pods: [waiting('5f7c', 'x2b', 'CrashLoopBackOff', 4), waiting('5f7c', 'y', 'ImagePullBackOff')],
    experiments: [experiment],
    missing: ['analysisruns cannot be read: forbidden'],
  }),
  blueGreen: family({
    rollout: rollout(blueGreen, {
      ...counts,
      ...pausedAt(15, 'BlueGreenPause'),
      blueGreen: { activeSelector: '6b9d', previewSelector: '5f7c' },
    }),
    replicaSets: [
      replicaSet({ ...fresh, pods: 4 }),
      replicaSet({ ...stable, pods: 4 }),
      replicaSet({ hash: '1a2b', revision: 5, image: 'shop:v0', pods: 0, age: 9 * 86_400 }),
    ],
  }),
  hostile: family({
    rollout: {
      ...rollout({ strategy: { canary: {} } }, { ...counts, phase: 'Progressing', message: 'waits for \u001b[2Ja pod\nof 5f7c' }),
    },
    replicaSets: [replicaSet({ ...fresh, image: 'shop:\u001b]0;gone\u0007v2', available: 0 })],
  }),
}
