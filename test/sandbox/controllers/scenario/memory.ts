import type { Controller } from '../../../../src/sandbox/controllers/runner.ts'
import { memoryCluster } from '../memoryCluster.ts'
import type { Any, Driver } from './driver.ts'

export function memoryDriver(namespace: string, controllers: readonly Controller[]): Driver & { stop(): void } {
  const { cluster, clock, run, advance } = memoryCluster()
  const runner = run(controllers)
  return {
    create: (resource, object) =>
      void cluster.create(resource, resource === 'nodes' ? object : { ...object, metadata: { ...object.metadata, namespace } }),
    change: (resource, name, change, subresource) =>
      void cluster.update(resource, change(cluster.find<Any>(resource, { namespace, name })!), subresource),
    remove: (resource, name, how = 'Background') =>
      cluster.delete(
        resource,
        resource === 'nodes' ? { name } : { namespace, name },
        how === 'now' ? { gracePeriodSeconds: 0 } : { propagationPolicy: how },
      ),
    list: (resource) => cluster.list<Any>(resource, { namespace }),
    nowMs: clock.nowMs,
    async rest() {
      advance(1_000)
    },
    stop: runner.stop,
  }
}
