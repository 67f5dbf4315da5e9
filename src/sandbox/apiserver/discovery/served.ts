import type { Kind } from '../kinds/kind.ts'
import { type Subresource, subresourcesOf } from './subresources.ts'

/** What a server serves: the kinds, and the subresources that are more than `status` and `scale`: `pods/log`. */
export type Served = { readonly kinds: readonly Kind[]; readonly subresources: readonly string[] }

/** The core group's name is ''. */
export type ServedGroup = { readonly name: string; readonly versions: readonly ServedVersion[] }
export type ServedVersion = { readonly group: string; readonly version: string; readonly resources: readonly ServedResource[] }
export type ServedResource = { readonly kind: Kind; readonly subresources: readonly Subresource[] }

/** The real server's order, which is that of preference; custom groups come after. */
const groupOrder = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
]

export function servedGroups({ kinds, subresources }: Served): readonly ServedGroup[] {
  const groups = Map.groupBy(kinds, ({ group }) => group)
  const rank = (name: string): number => (groupOrder.includes(name) ? groupOrder.indexOf(name) : groupOrder.length)
  return [...groups.keys()]
    .sort((a, b) => rank(a) - rank(b) || compareText(a, b))
    .map((name) => ({ name, versions: versionsOf(name, groups.get(name)!, subresources) }))
}

function versionsOf(group: string, kinds: readonly Kind[], subresources: readonly string[]): readonly ServedVersion[] {
  const versions = Map.groupBy(kinds, ({ version }) => version)
  return [...versions.keys()].sort(compareVersions).map((version) => ({
    group,
    version,
    resources: versions
      .get(version)!
      .toSorted((a, b) => compareText(a.plural, b.plural))
      .map((kind) => ({ kind, subresources: subresourcesOf(kind, subresources) })),
  }))
}

/** Kubernetes' order of versions, the preferred one first: `v2`, `v1`, `v1beta1`, `v1alpha2`, then all other names as texts. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [parseVersion(a), parseVersion(b)]
  if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined) || compareText(a, b)
  return second.stability - first.stability || second.major - first.major || second.minor - first.minor
}

function parseVersion(version: string): { readonly stability: number; readonly major: number; readonly minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version)
  if (match === null) return undefined
  return { stability: match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, major: Number(match[1]), minor: Number(match[3] ?? 0) }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
