import type { Node } from '../../../api/node.ts'
import type { Pod } from '../../../api/pod.ts'
import type { EndpointSlice, Service } from '../../../api/services.ts'
import type { Cluster } from '../../cluster.ts'
import { referenceTo } from '../../events.ts'
import { keyOf, parseKey } from '../key.ts'
import type { Controller, World } from '../runner.ts'
import { hasEndpoints, isReachable, selectedPods, servicesOfPod } from './podEndpoints.ts'
import { managedByLabel, planSlices, serviceNameLabel, slicesManager } from './slices.ts'
import { openTriggerTimes, withTriggerTime } from './triggerTime.ts'

const endpointSlices = 'endpointslices.discovery.k8s.io'

export function openEndpointSliceController(): Controller {
  const triggerTimes = openTriggerTimes()
  return {
    name: 'endpoint-slice-controller',
    follows: ['services', 'pods', 'nodes', endpointSlices],
    keysOf(event, cluster) {
      const { resource, object, type } = event
      if (resource === 'services') return [keyOf(object)]
      if (resource === 'pods') return servicesOfPod(event, cluster)
      // A pod may be known before its node is.
      if (resource === 'nodes') return type === 'ADDED' ? cluster.list('services').map(keyOf) : []
      const { [serviceNameLabel]: name, [managedByLabel]: manager } = object.metadata.labels ?? {}
      return name !== undefined && manager === slicesManager ? [`${object.metadata.namespace}/${name}`] : []
    },
    sync(key, world) {
      const service = world.cluster.find<Service>('services', parseKey(key))
      if (service === undefined) triggerTimes.forget(key)
      else if (hasEndpoints(service)) syncSlices(service, world, triggerTimes.next)
      return undefined
    },
  }
}

type NextTime = (service: Service, pods: readonly Pod[]) => string | undefined

function syncSlices(service: Service, { cluster, recorder }: World, nextTime: NextTime): void {
  const { namespace, name } = service.metadata
  const selected = selectedPods(service, cluster.list<Pod>('pods', { namespace }))
  const { pods, zones, lost } = onKnownNodes(service, selected, cluster)
  const slices = cluster.list<EndpointSlice>(endpointSlices, { namespace }).filter(({ metadata }) => {
    const { labels = {}, deletionTimestamp } = metadata
    return labels[serviceNameLabel] === name && labels[managedByLabel] === slicesManager && deletionTimestamp === undefined
  })
  const time = nextTime(service, selected)
  const timed = (slice: EndpointSlice): EndpointSlice => ({
    ...slice,
    metadata: { ...slice.metadata, annotations: withTriggerTime(slice.metadata.annotations, time) },
  })
  const changes = planSlices({ service, pods, slices, zones })
  // The garbage collector is about to remove its slices: new ones would be left over.
  if (service.metadata.deletionTimestamp === undefined) for (const slice of changes.create) cluster.create(endpointSlices, timed(slice))
  for (const slice of changes.update) cluster.update(endpointSlices, timed(slice))
  for (const { metadata } of changes.delete) cluster.delete(endpointSlices, metadata)
  for (const pod of lost) {
    const problem = `skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${pod.spec.nodeName ?? ''} Not Found`
    const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${problem}`
    recorder.record(referenceTo(service, { apiVersion: 'v1', kind: 'Service' }), { type: 'Warning', reason: 'FailedToUpdateEndpointSlices', message })
  }
}

type Located = { readonly pods: readonly Pod[]; readonly lost: readonly Pod[]; readonly zones: ReadonlyMap<string, string> }

/** Pods of unknown nodes do not count, unless those that are not ready are wanted, too. */
function onKnownNodes(service: Service, selected: readonly Pod[], cluster: Cluster): Located {
  const zones = new Map<string, string>()
  const pods: Pod[] = []
  const lost: Pod[] = []
  for (const pod of selected) {
    const name = pod.spec.nodeName ?? ''
    const node = name === '' ? undefined : cluster.find<Node>('nodes', { name })
    const zone = node?.metadata.labels?.['topology.kubernetes.io/zone']
    if (zone) zones.set(name, zone)
    if (node !== undefined || service.spec.publishNotReadyAddresses === true) pods.push(pod)
    else if (isReachable(pod)) lost.push(pod)
  }
  return { pods, lost, zones }
}
