import { verbsOf } from './legacyDocuments.ts'
import type { ServedGroup, ServedResource } from './served.ts'

/** All of `/api`, or of `/apis`, in one answer (KEP-3352). */
export function groupDiscoveryList(groups: readonly ServedGroup[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === '' ? {} : { name },
      versions: versions.map(({ version, resources }) => ({ version, resources: resources.map(resourceFacts), freshness: 'Current' })),
    })),
  }
}

function resourceFacts({ kind, subresources }: ServedResource): object {
  const { plural, namespaced, singular, shortNames, categories } = kind
  // As the real server has it: of built-in kinds the group and version are told only where they differ from the list's.
  const base = kind.prunes ? { group: kind.group, version: kind.version } : { group: '', version: '' }
  const below = subresources.map(({ name, kind, verbs }) => ({ subresource: name, responseKind: { ...base, ...kind }, verbs }))
  return {
    resource: plural,
    responseKind: { ...base, kind: kind.kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(below.length > 0 && { subresources: below }),
  }
}
