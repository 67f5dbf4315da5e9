import type { OwnerReference } from '../../../../src/api/meta.ts'
import type { Any, Driver, Scenario, Step } from './driver.ts'

const deployments = 'deployments.apps'
const replicaSets = 'replicasets.apps'

/** Its pods are on a node that is not there, so that somebody has to end them. */
function web(nodeName?: string): Any {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { ...(nodeName && { nodeName }), containers: [{ name: 'web', image: 'demo' }] } },
    },
  }
}

const step = (name: string, run: Step['do']): Step => ({ name, do: run })
const created = (nodeName?: string): Step => step('created', (driver) => driver.create(deployments, web(nodeName)))

function configMap(name: string, ownerReferences: readonly OwnerReference[] = []): Any {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences } }
}

function owner(driver: Driver, name: string, rest: Partial<OwnerReference> = {}): OwnerReference {
  const { uid = '' } = driver.list('configmaps').find(({ metadata }) => metadata.name === name)!.metadata
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...rest }
}

const podsEnd: Step = step('the pods have ended', (driver) => {
  for (const { metadata } of driver.list('pods')) driver.remove('pods', metadata.name, 'now')
})

const scenarios: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'a deletion in the background',
    steps: [created(), step('deleted', (driver) => driver.remove(deployments, 'web', 'Background'))],
  },
  {
    name: 'a deletion in the foreground',
    steps: [created('nowhere'), step('deleted', (driver) => driver.remove(deployments, 'web', 'Foreground')), podsEnd],
  },
  {
    name: 'a deletion that leaves orphans, who are adopted again',
    steps: [
      created(),
      step('deleted', (driver) => driver.remove(deployments, 'web', 'Orphan')),
      step('created again', (driver) => driver.create(deployments, web())),
    ],
  },
  {
    name: 'owners of any kind',
    steps: [
      step('one with two owners', (driver) => {
        for (const name of ['first', 'second']) driver.create('configmaps', configMap(name))
        driver.create('configmaps', configMap('child', [owner(driver, 'first'), owner(driver, 'second')]))
        driver.create('configmaps', configMap('grandchild', [owner(driver, 'child')]))
      }),
      step('one owner is gone', (driver) => driver.remove('configmaps', 'first')),
      step('the other is gone', (driver) => driver.remove('configmaps', 'second')),
      step('an owner that never was', (driver) => {
        driver.create(
          'configmaps',
          configMap('waif', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'ghost', uid: '7e1f0d0c-0000-4000-8000-000000000000' }]),
        )
        driver.create(
          'configmaps',
          configMap('unknown', [{ apiVersion: 'example.com/v1', kind: 'Ghost', name: 'ghost', uid: '7e1f0d0c-0000-4000-8000-000000000001' }]),
        )
      }),
    ],
  },
  {
    name: 'dependents that hold their owner, and some that do not',
    steps: [
      step('an owner of three', (driver) => {
        driver.create('configmaps', configMap('top'))
        driver.create('configmaps', configMap('loose', [owner(driver, 'top')]))
        driver.create('configmaps', configMap('firm', [owner(driver, 'top', { blockOwnerDeletion: true })]))
        const held = configMap('held', [owner(driver, 'top', { blockOwnerDeletion: true })])
        driver.create('configmaps', { ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } })
      }),
      step('deleted', (driver) => driver.remove('configmaps', 'top', 'Foreground')),
      step('let go', (driver) =>
        driver.change('configmaps', 'held', ({ metadata: { finalizers: _, ...metadata }, ...rest }) => ({ ...rest, metadata })),
      ),
    ],
  },
  {
    name: 'a ring',
    steps: [
      step('two that own each other', (driver) => {
        driver.create('configmaps', configMap('hen'))
        driver.create('configmaps', configMap('egg', [owner(driver, 'hen', { blockOwnerDeletion: true })]))
        const reference = owner(driver, 'egg', { blockOwnerDeletion: true })
        driver.change('configmaps', 'hen', (object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [reference] } }))
      }),
      step('deleted', (driver) => driver.remove('configmaps', 'hen', 'Foreground')),
    ],
  },
]

/** What is there, whose it is, and what holds it. */
function snapshot(driver: Driver): unknown {
  return [deployments, replicaSets, 'pods', 'configmaps'].flatMap((resource) =>
    driver
      .list(resource)
      .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
      .map(({ metadata: { name, ownerReferences = [], finalizers = [], deletionTimestamp } }) => {
        const shown = resource === 'configmaps' ? ` ${name}` : ''
        const owners = ownerReferences.map(({ kind, name }) => (kind === 'ConfigMap' ? name : kind))
        return `${resource}${shown} of [${owners}] held by [${finalizers}]${deletionTimestamp === undefined ? '' : ', ending'}`
      })
      .toSorted(),
  )
}

export const deletionScenarios: readonly Scenario[] = scenarios.map((scenario) => ({ ...scenario, snapshot }))
export const watchedByDeletions = [deployments, replicaSets, 'pods', 'configmaps']
