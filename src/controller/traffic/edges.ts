import { serviceNameLabel } from '../../api/ingress.ts'
import { componentLabel } from '../../api/rolloutLabels.ts'
import type { Endpoint, EndpointSlice, Service } from '../../api/services.ts'
import type { Informers } from '../../kube/informers.ts'
import { endpointSlices, keyOf, services } from '../../kube/resource.ts'

/** An edge as the cluster, or the command line, has it. */
export type EdgePeer = {
  /** Of its pod, or its URL: nobody else has it, and it keeps it for as long as it is there. */
  readonly id: string
  /** What people know it by. */
  readonly name: string
  /** Of its admin address; undefined: nobody says where that is. */
  readonly url: string | undefined
  /** It gets traffic, as far as Kubernetes knows; ready or not, one that ends may still do. */
  readonly isServing: boolean
  readonly isTerminating: boolean
}

/** The edges that there are. */
export type EdgeFinder = {
  peers(): readonly EdgePeer[]
  /** Resolves once the cluster's edges have been looked up. */
  synced(signal: AbortSignal): Promise<void>
  /** Calls when they may have changed; returns what ends that. */
  subscribe(listener: () => void): () => void
}

/** By what its admin address is found: a port of the Service. */
const adminPort = 'admin'
const byService = 'service'

/** Those behind Services with the component label in the namespaces, and those of the URLs. */
export function openEdgeFinder(options: {
  readonly informers: Pick<Informers, 'of'>
  readonly namespaces: readonly string[]
  readonly urls: readonly string[]
}): EdgeFinder {
  const { informers, namespaces, urls } = options
  const labelSelector = `${componentLabel}=edge`
  const found = namespaces.map((namespace) => ({
    services: informers.of<Service>({ resource: services, namespace, labelSelector }),
    // Not by label: whether slices have those of their Service is up to who makes them.
    slices: informers.of<EndpointSlice>({ resource: endpointSlices, namespace, indexes: { [byService]: serviceOf } }),
  }))
  const named = urls.map(peerAt)

  return {
    peers: () => [
      ...mergedPeers(
        found.flatMap((in_) =>
          [...in_.services.store.values()].flatMap((service) => in_.slices.store.by(byService, keyOf(service)).flatMap((slice) => peersIn(slice))),
        ),
      ),
      ...named,
    ],
    async synced(signal) {
      await Promise.all(found.flatMap((each) => [each.services.synced(signal), each.slices.synced(signal)]))
    },
    subscribe(listener) {
      const ends = found.flatMap((each) => [each.services.store.subscribe(listener), each.slices.store.subscribe(listener)])
      return () => {
        for (const end of ends) end()
      }
    },
  }
}

export function peerAt(url: string): EdgePeer {
  return { id: url, name: url, url, isServing: true, isTerminating: false }
}

function serviceOf({ metadata: { namespace = '', labels } }: EndpointSlice): readonly string[] {
  const service = labels?.[serviceNameLabel]
  return service === undefined ? [] : [`${namespace}/${service}`]
}

export function peersIn({ addressType, endpoints, ports }: EndpointSlice): readonly EdgePeer[] {
  if (addressType === 'FQDN') return []
  const port = ports?.find(({ name }) => name === adminPort)?.port
  return (endpoints ?? []).flatMap((endpoint) => peerOf(endpoint, port))
}

function peerOf({ addresses: [address], conditions = {}, targetRef }: Endpoint, port: number | undefined): readonly EdgePeer[] {
  if (address === undefined) return []
  const host = address.includes(':') ? `[${address}]` : address
  const { ready = true, serving = ready, terminating = false } = conditions
  return [
    {
      id: targetRef?.uid ?? address,
      name: targetRef?.name ?? address,
      url: port === undefined ? undefined : `http://${host}:${port}`,
      isServing: serving,
      isTerminating: terminating,
    },
  ]
}

/** A pod may be behind several Services, and have an address of each family: one that says where its admin address is counts. */
export function mergedPeers(peers: readonly EdgePeer[]): readonly EdgePeer[] {
  const byId = new Map<string, EdgePeer>()
  for (const peer of [...peers].sort((a, b) => compare(a.url ?? '', b.url ?? ''))) {
    const known = byId.get(peer.id)
    if (known === undefined) byId.set(peer.id, peer)
    else
      byId.set(peer.id, {
        ...known,
        url: known.url ?? peer.url,
        isServing: known.isServing || peer.isServing,
        isTerminating: known.isTerminating || peer.isTerminating,
      })
  }
  return [...byId.values()].sort((a, b) => compare(a.name, b.name))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
