import type { Controller } from '../../../../src/sandbox/controllers/runner.ts'
import { testCluster } from '../testCluster.ts'
import type { Any, Driver } from './driver.ts'

/** The sandbox's cluster, on a clock that goes on by a second with each rest. */
export function sandboxDriver(namespace: string, controllers: readonly Controller[]): Driver & { stop(): void } {
  const { cluster, clock, run, advance } = testCluster()
  cluster.create('namespaces', { metadata: { name: namespace } })
  const runner = run(controllers)
  const isHere = (resource: string): boolean => cluster.kinds().some((kind) => kind.resource === resource && kind.namespaced)
  const at = (resource: string, name: string) => (isHere(resource) ? { namespace, name } : { name })
  return {
    namespace,
    create: (resource, object) =>
      void cluster.create(resource, { ...object, metadata: { ...object.metadata, ...at(resource, object.metadata.name) } }),
    change: (resource, name, change, subresource) =>
      void cluster.update(resource, change(cluster.find<Any>(resource, at(resource, name))!), subresource),
    remove: (resource, name, how = 'Background') =>
      cluster.delete(resource, at(resource, name), how === 'now' ? { gracePeriodSeconds: 0 } : { propagationPolicy: how }),
    list: (resource) => cluster.list<Any>(resource, isHere(resource) ? { namespace } : {}),
    nowMs: clock.nowMs,
    pass: (seconds) => advance(seconds * 1_000),
    rest: () => advance(1_000),
    stop: runner.stop,
  }
}
