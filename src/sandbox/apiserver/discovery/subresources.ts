import type { Kind } from '../kinds/kind.ts'

export type Subresource = {
  readonly name: string
  /** What it takes and gives; a group and version only where they are others than the resource's. */
  readonly kind: { readonly group?: string; readonly version?: string; readonly kind: string }
  readonly verbs: readonly string[]
}

const readAndWrite = ['get', 'patch', 'update']
const connect = ['create', 'get']
const proxy = ['create', 'delete', 'get', 'patch', 'update']

/** Of the built-in kinds, besides `status` and `scale`. */
const known: Readonly<Record<string, readonly Subresource[]>> = {
  namespaces: [{ name: 'finalize', kind: { kind: 'Namespace' }, verbs: ['update'] }],
  nodes: [{ name: 'proxy', kind: { kind: 'NodeProxyOptions' }, verbs: proxy }],
  pods: [
    { name: 'attach', kind: { kind: 'PodAttachOptions' }, verbs: connect },
    { name: 'binding', kind: { kind: 'Binding' }, verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: { kind: 'Pod' }, verbs: readAndWrite },
    { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    { name: 'exec', kind: { kind: 'PodExecOptions' }, verbs: connect },
    { name: 'log', kind: { kind: 'Pod' }, verbs: ['get'] },
    { name: 'portforward', kind: { kind: 'PodPortForwardOptions' }, verbs: connect },
    { name: 'proxy', kind: { kind: 'PodProxyOptions' }, verbs: proxy },
    { name: 'resize', kind: { kind: 'Pod' }, verbs: readAndWrite },
  ],
  serviceaccounts: [{ name: 'token', kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'] }],
  services: [{ name: 'proxy', kind: { kind: 'ServiceProxyOptions' }, verbs: proxy }],
}

/** What is served below a resource, in discovery's order; `served` are the names of all that are no `status` or `scale`. */
export function subresourcesOf(kind: Kind, served: readonly string[]): readonly Subresource[] {
  const connected = kind.group === '' ? (known[kind.plural] ?? []) : []
  const scale: Subresource = { name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: readAndWrite }
  const all = [
    ...connected.filter(({ name }) => served.includes(`${kind.plural}/${name}`)),
    ...(kind.subresources.scale === undefined ? [] : [scale]),
    ...(kind.subresources.status ? [{ name: 'status', kind: { kind: kind.kind }, verbs: readAndWrite }] : []),
  ]
  // Custom kinds have no more than the two, and the other way round.
  return kind.prunes ? all.toReversed() : all.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
