import { isDeepStrictEqual } from 'node:util'
import type { Pod } from '../../../api/pod.ts'
import type { Endpoints, Service } from '../../../api/services.ts'
import type { Cluster } from '../../cluster.ts'
import { keyOf, parseKey } from '../key.ts'
import type { Controller } from '../runner.ts'
import { hasEndpoints, isHeadless, selectedPods, servicesOfPod } from './podEndpoints.ts'
import { subsetsOf } from './subsets.ts'
import { openTriggerTimes, withTriggerTime } from './triggerTime.ts'

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const headlessLabel = 'service.kubernetes.io/headless'

/** Endpoints, which EndpointSlices replace, for those who still read them: `kubectl get endpoints`. */
export function openEndpointsController(): Controller {
  const triggerTimes = openTriggerTimes()
  return {
    name: 'endpoint-controller',
    follows: ['services', 'pods', 'endpoints'],
    keysOf(event, cluster) {
      if (event.resource === 'pods') return servicesOfPod(event, cluster)
      return event.resource === 'services' || event.type === 'DELETED' || isLeftOver(event.object as Endpoints, cluster) ? [keyOf(event.object)] : []
    },
    sync(key, { cluster }) {
      const service = cluster.find<Service>('services', parseKey(key))
      const existing = cluster.find<Endpoints>('endpoints', parseKey(key))
      if (service === undefined) {
        triggerTimes.forget(key)
        if (existing !== undefined) cluster.delete('endpoints', existing.metadata)
      } else if (hasEndpoints(service)) {
        const pods = selectedPods(service, cluster.list<Pod>('pods', { namespace: service.metadata.namespace }))
        write(service, pods, { cluster, existing, time: triggerTimes.next(service, pods) })
      }
      return undefined
    },
  }
}

/** Of a Service that is gone. Those that a person made for a Service to come would be lost with it: only what is ours goes. */
function isLeftOver({ metadata }: Endpoints, cluster: Cluster): boolean {
  return metadata.labels?.[managedByLabel] !== undefined && cluster.find('services', metadata) === undefined
}

type Written = { readonly cluster: Cluster; readonly existing: Endpoints | undefined; readonly time: string | undefined }

function write(service: Service, pods: readonly Pod[], { cluster, existing, time }: Written): void {
  const { namespace, name, labels: own = {} } = service.metadata
  const subsets = subsetsOf(service, pods)
  const labels = { ...own, ...(isHeadless(service) && { [headlessLabel]: '' }), [managedByLabel]: 'endpoint-controller' }
  if (existing !== undefined && isDeepStrictEqual(existing.subsets ?? [], subsets) && isDeepStrictEqual(existing.metadata.labels, labels)) return
  const { subsets: _, ...kept } = existing ?? {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  }
  const metadata = { ...kept.metadata, labels, annotations: withTriggerTime(kept.metadata.annotations, time) }
  const next: Endpoints = { ...kept, metadata, ...(subsets.length > 0 && { subsets }) }
  if (existing === undefined) cluster.create('endpoints', next)
  else cluster.update('endpoints', next)
}
