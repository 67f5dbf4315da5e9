import type { Event } from '../../../../src/api/event.ts'
import type { Pod } from '../../../../src/api/pod.ts'
import { timestampOf } from '../../../../src/api/time.ts'
import type { Any, Driver, Scenario, Step } from './driver.ts'

const deployments = 'deployments.apps'
const autoscalers = 'horizontalpodautoscalers.autoscaling'
const budgets = 'poddisruptionbudgets.policy'

function web(name: string, replicas: number): Any {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'demo' }] } }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template } }
}

function autoscaler(name: string, spec: object): Any {
  return { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name }, spec }
}

const resource = (name: string, target: object) => ({ type: 'Resource', resource: { name, target } })
const pods = { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } }
const target = (kind: string, name: string, apiVersion = 'apps/v1') => ({ scaleTargetRef: { apiVersion, kind, name } })

function budget(name: string, spec: object): Any {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec: { selector: { matchLabels: { app: name } }, ...spec } }
}

/** What a kubelet would tell, of so many pods of each Deployment that are not ready. */
async function ready(driver: Driver, count: number): Promise<void> {
  const waiting = (driver.list('pods') as readonly unknown[] as readonly Pod[]).filter(({ status }) => status?.phase === 'Pending')
  const chosen = [...Map.groupBy(waiting, ({ metadata }) => metadata.labels?.['app']).values()].flatMap((pods) => pods.slice(0, count))
  for (const { metadata } of chosen) {
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: timestampOf(driver.nowMs()) }]
    driver.change('pods', metadata.name, (pod) => ({ ...pod, status: { ...(pod as unknown as Pod).status, phase: 'Running', conditions } }), 'status')
  }
  await driver.rest()
}

const step = (name: string, run: Step['do']): Step => ({ name, do: run })

function toldOf(driver: Driver, kind: string): readonly string[] {
  const events = driver.list('events') as readonly unknown[] as readonly Event[]
  return [
    ...new Set(
      events.filter(({ involvedObject }) => involvedObject.kind === kind).map(({ type, reason, message }) => `${type} ${reason} ${message}`),
    ),
  ].toSorted()
}

type Conditioned = { readonly conditions?: readonly { readonly lastTransitionTime?: unknown }[]; readonly [field: string]: unknown }

function timeless(status: unknown): unknown {
  const { conditions = [], lastScaleTime, disruptedPods, ...counts } = (status ?? {}) as Conditioned
  return {
    ...counts,
    isScaled: lastScaleTime !== undefined,
    disrupted: Object.keys(disruptedPods ?? {}).length,
    conditions: conditions.map(({ lastTransitionTime: _, ...rest }) => rest),
  }
}

const autoscaling: Scenario = {
  name: 'bounds of a size',
  steps: [
    step('too few, and too many', async (driver) => {
      driver.create(deployments, web('few', 1))
      driver.create(deployments, web('many', 7))
      driver.create(
        autoscalers,
        autoscaler('few', {
          ...target('Deployment', 'few'),
          minReplicas: 3,
          maxReplicas: 5,
          metrics: [resource('cpu', { type: 'Utilization', averageUtilization: 50 })],
        }),
      )
      driver.create(
        autoscalers,
        autoscaler('many', {
          ...target('Deployment', 'many'),
          maxReplicas: 4,
          metrics: [resource('memory', { type: 'AverageValue', averageValue: '100Mi' }), pods],
        }),
      )
      // Upstream waits for a period before it looks.
      await driver.pass(16)
    }),
    step('some time after', (driver) => driver.pass(16)),
    step('put to rest', async (driver) => {
      for (const name of ['few', 'many'])
        driver.change(deployments, name, (object) => ({ ...object, spec: { ...(object['spec'] as object), replicas: 0 } }))
      await driver.pass(16)
    }),
    step('what cannot be sized', async (driver) => {
      driver.create(autoscalers, autoscaler('missing', { ...target('Deployment', 'missing'), maxReplicas: 4 }))
      driver.create(autoscalers, autoscaler('unknown', { ...target('Thing', 'thing', 'example.com/v1'), maxReplicas: 4 }))
      await driver.pass(16)
    }),
  ],
  snapshot: (driver) => ({
    sizes: driver.list(deployments).map(({ metadata, spec }) => `${metadata.name} ${(spec as { readonly replicas: number }).replicas}`),
    autoscalers: driver.list(autoscalers).map(({ metadata, status }) => ({ name: metadata.name, status: timeless(status) })),
    events: toldOf(driver, 'HorizontalPodAutoscaler'),
  }),
}

const disruption: Scenario = {
  name: 'budgets of disruption',
  steps: [
    step('pods that are not ready', (driver) => {
      for (const name of ['minimum', 'share', 'maximum']) driver.create(deployments, web(name, 4))
      driver.create(budgets, budget('minimum', { minAvailable: 3 }))
      driver.create(budgets, budget('share', { minAvailable: '50%' }))
      driver.create(budgets, budget('maximum', { maxUnavailable: '30%' }))
      driver.create(budgets, budget('nobody', { maxUnavailable: 1 }))
    }),
    step('three are ready', (driver) => ready(driver, 3)),
    step('all are ready', (driver) => ready(driver, 1)),
    step('fewer are wanted', (driver) =>
      driver.change(deployments, 'maximum', (object) => ({ ...object, spec: { ...(object['spec'] as object), replicas: 2 } })),
    ),
  ],
  snapshot: (driver) => ({
    budgets: driver.list(budgets).map(({ metadata, status }) => ({ name: metadata.name, status: timeless(status) })),
    events: toldOf(driver, 'PodDisruptionBudget'),
  }),
}

export const boundScenarios: readonly Scenario[] = [autoscaling, disruption]
export const watchedByBounds = [deployments, 'pods', budgets]
