import type { ServerDocument } from '../document.ts'
import type { Kind } from '../kinds/kind.ts'
import { groupDiscoveryList } from './aggregatedDocument.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacyDocuments.ts'
import { type Served, servedGroups } from './served.ts'

/** Answers what groups, versions and resources there are; undefined for other paths. */
export type Discovery = (path: string, accept: string | undefined) => ServerDocument | undefined

/** Of what is served now: to be made anew when that changes. Documents are made when they are first asked for. `serverAddress`: `127.0.0.1:6443`. */
export function discovery(served: Served, serverAddress: string): Discovery {
  const groups = servedGroups(served)
  const core = groups.filter(({ name }) => name === '')
  const named = groups.filter(({ name }) => name !== '')
  const made = new Map<string, object>()
  const makers = new Map<string, () => object>([
    ['/api', () => apiVersions(core, serverAddress)],
    ['/apis', () => apiGroupList(named)],
    ['aggregated /api', () => groupDiscoveryList(core)],
    ['aggregated /apis', () => groupDiscoveryList(named)],
    ...named.map((group) => [`/apis/${group.name}`, () => apiGroup(group)] as const),
    ...groups.flatMap(({ name, versions }) =>
      versions.map(
        (version) => [`${name === '' ? '/api' : `/apis/${name}`}/${version.version}`, () => apiResourceList(version, keptAs(served))] as const,
      ),
    ),
  ])
  const document = (key: string): object | undefined => {
    const known = made.get(key) ?? makers.get(key)?.()
    if (known !== undefined) made.set(key, known)
    return known
  }
  return (path, accept) => {
    const at = path.endsWith('/') ? path.slice(0, -1) : path
    if ((at === '/api' || at === '/apis') && wantsAggregated(accept)) {
      const object = document(`aggregated ${at}`)
      return object && { kind: 'object', object, contentType: aggregatedType }
    }
    const object = document(at)
    return object && { kind: 'object', object }
  }
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** The first media type that we have decides; older clients ask for `v2beta1`, which is not served any more, and then for plain JSON. */
function wantsAggregated(accept = ''): boolean {
  for (const clause of accept.split(',')) {
    const [type, ...parameters] = clause.split(';').map((part) => part.trim())
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue
    const asked = Object.fromEntries(parameters.map((part) => part.split('=')))
    if (asked.g === 'apidiscovery.k8s.io' && asked.v === 'v2' && asked.as === 'APIGroupDiscoveryList') return true
    if (asked.as === undefined) return false
  }
  return false
}

/** The kind in whose form the objects are kept: the one that needs no conversion, or else the first that was registered. */
function keptAs({ kinds }: Served): (kind: Kind) => Kind {
  return ({ storedAs }) => {
    const same = kinds.filter((other) => other.storedAs === storedAs)
    return same.find(({ conversion }) => conversion === undefined) ?? same[0]!
  }
}
