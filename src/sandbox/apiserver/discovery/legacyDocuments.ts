import { createHash } from 'node:crypto'
import type { Kind } from '../kinds/kind.ts'
import type { ServedGroup, ServedResource, ServedVersion } from './served.ts'

/** `GET /api`. */
export function apiVersions(groups: readonly ServedGroup[], serverAddress: string): object {
  const versions = groups.find(({ name }) => name === '')?.versions.map(({ version }) => version) ?? []
  return { kind: 'APIVersions', versions, serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] }
}

/** `GET /apis`. */
export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(({ name }) => name !== '').map(groupFacts) }
}

/** `GET /apis/GROUP`. */
export function apiGroup(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFacts(group) }
}

function groupFacts({ name, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: all, preferredVersion: all[0] }
}

/** `GET /api/v1`, `GET /apis/GROUP/VERSION`. `storageVersion` gives the version in which a kind is kept. */
export function apiResourceList({ group, version, resources }: ServedVersion, keptAs: (kind: Kind) => Kind): object {
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.flatMap((resource) => resourceFacts(resource, keptAs)),
  }
}

function resourceFacts({ kind, subresources }: ServedResource, keptAs: (kind: Kind) => Kind): readonly object[] {
  const { plural, singular, namespaced, shortNames, categories } = kind
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(kind.verbs.includes('list') && { storageVersionHash: storageVersionHash(keptAs(kind)) }),
  }
  const below = subresources.map(({ name, kind, verbs }) => ({ name: `${plural}/${name}`, singularName: '', namespaced, ...kind, verbs }))
  return [own, ...below]
}

/** Tells clients when a kind comes to be kept in another version. */
function storageVersionHash({ group, version, kind }: Kind): string {
  // The real server keeps definitions in a version that it serves no more.
  const keptIn = group === 'apiextensions.k8s.io' ? 'v1beta1' : version
  return createHash('sha256').update(`${group}/${keptIn}/${kind}`).digest().subarray(0, 8).toString('base64')
}

const customOrder = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

/** In the order in which the real server has them, which is another one for custom kinds. */
export function verbsOf({ verbs, prunes }: Kind): readonly string[] {
  return prunes ? customOrder.filter((verb) => verbs.some((served) => served === verb)) : verbs.toSorted()
}
