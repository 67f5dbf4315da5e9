import type { Namespace } from '../../../../src/api/namespace.ts'
import type { Any, Driver, Scenario, Step } from './driver.ts'

const step = (name: string, run: Step['do']): Step => ({ name, do: run })

const pod: Any = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { nodeName: 'nowhere', terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: 'demo' }] },
}

const steps: readonly Step[] = [
  step('created', () => undefined),
  step('its account and its certificate deleted', (driver) => {
    driver.remove('serviceaccounts', 'default')
    driver.remove('configmaps', 'kube-root-ca.crt')
  }),
  step('content', (driver) => {
    driver.create('pods', pod)
    driver.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' } })
    for (const name of ['a', 'b'])
      driver.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, finalizers: ['example.com/hold', `example.com/${name}`] },
      })
  }),
  step('deleted', (driver) => driver.remove('namespaces', driver.namespace)),
  step('its pod has ended', (driver) => driver.remove('pods', 'web', 'now')),
  step('all let go', (driver) => {
    for (const name of ['a', 'b'])
      driver.change('configmaps', name, ({ metadata: { finalizers: _, ...metadata }, ...rest }) => ({ ...rest, metadata }))
  }),
]

function snapshot(driver: Driver): unknown {
  const found = driver.list('namespaces').find(({ metadata }) => metadata.name === driver.namespace) as Namespace | undefined
  if (found === undefined) return 'gone'
  const { phase, conditions = [] } = found.status ?? {}
  return {
    phase,
    conditions: conditions.map(
      ({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message?.replace(driver.namespace, 'NAMESPACE')}`,
    ),
    content: ['pods', 'configmaps', 'serviceaccounts'].flatMap((resource) =>
      driver.list(resource).map(({ metadata }) => `${resource} ${metadata.name}`),
    ),
  }
}

export const namespaceScenarios: readonly Scenario[] = [{ name: 'the end of a namespace', steps, snapshot }]
export const watchedByNamespaces = ['pods', 'configmaps', 'serviceaccounts', 'namespaces']
