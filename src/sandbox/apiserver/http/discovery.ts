import type { Kind } from '../kinds/kind.ts'
import type { KindRegistry } from '../registry.ts'
import type { Answer } from './answer.ts'

/** Answers what groups, versions and resources there are; undefined for other paths. */
export function answerDiscovery(path: string, kinds: KindRegistry): Answer | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  const [prefix, group, version] = parts
  if (prefix === 'api' && parts.length === 1) return object({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] })
  if (prefix === 'api' && parts.length === 2) return resources(kinds, '', group!)
  if (prefix !== 'apis') return undefined
  if (parts.length === 1) return object({ kind: 'APIGroupList', apiVersion: 'v1', groups: groups(kinds) })
  if (parts.length === 2) {
    const found = groups(kinds).find(({ name }) => name === group)
    return found === undefined ? undefined : object({ kind: 'APIGroup', apiVersion: 'v1', ...found })
  }
  return parts.length === 3 ? resources(kinds, group!, version!) : undefined
}

function object(found: object): Answer {
  return { kind: 'object', code: 200, object: found }
}

function groups(kinds: KindRegistry): readonly { readonly name: string }[] {
  const names = new Set(
    kinds
      .all()
      .map(({ group }) => group)
      .filter((group) => group !== ''),
  )
  return [...names].map((name) => {
    const found = new Set(
      kinds
        .all()
        .filter(({ group }) => group === name)
        .map(({ version }) => version),
    )
    const versions = [...found].map((version) => ({ groupVersion: `${name}/${version}`, version }))
    return { name, versions, preferredVersion: versions[0] }
  })
}

function resources(kinds: KindRegistry, group: string, version: string): Answer | undefined {
  const found = kinds.all().filter((kind) => kind.group === group && kind.version === version)
  if (found.length === 0) return undefined
  const groupVersion = group === '' ? version : `${group}/${version}`
  return object({ kind: 'APIResourceList', ...(group !== '' && { apiVersion: 'v1' }), groupVersion, resources: found.flatMap(entries) })
}

function entries({ plural, singular, namespaced, kind, verbs, shortNames, categories, subresources }: Kind): readonly object[] {
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  }
  const writable = ['get', 'patch', 'update']
  return [
    own,
    ...(subresources.status === true ? [{ name: `${plural}/status`, singularName: '', namespaced, kind, verbs: writable }] : []),
    ...(subresources.scale !== undefined
      ? [{ name: `${plural}/scale`, singularName: '', namespaced, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: writable }]
      : []),
  ]
}
