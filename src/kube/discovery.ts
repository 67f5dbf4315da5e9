import type { KubeClient } from './client.ts'
import { isKubeError } from './errors.ts'
import type { Resource } from './resource.ts'

/** Which kinds the server has. */
export type Discovery = {
  /** Undefined: the server does not have it, or not at this version. `apiVersion` as in manifests: `apps/v1`, `v1`. */
  find(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource | undefined>
}

/** Kinds come with definitions and go with them; what was found once is believed for so long. */
const knownMs = 600_000
/** What was not found is asked for again after so long: whoever has just defined a kind expects it to work. */
const missedMs = 5_000
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

type Known = { readonly kinds: ReadonlyMap<string, Resource>; readonly askedMs: number }

export function openDiscovery(client: KubeClient, now: () => number = () => performance.now()): Discovery {
  const versions = new Map<string, Known>()
  const asking = new Map<string, Promise<Known>>()
  /** Older servers, and proxies that drop the Accept field, answer in the older way, a version at a time. */
  let isLegacy = false

  async function ask(apiVersion: string): Promise<Known> {
    const askedMs = now()
    if (!isLegacy) {
      const answer = await client.read<GroupList>(apiVersion.includes('/') ? '/apis' : '/api', { accept: `${aggregated},application/json` })
      if (answer.kind === 'APIGroupDiscoveryList') {
        for (const [version, kinds] of kindsByVersion(answer)) versions.set(version, { kinds, askedMs })
        const found = versions.get(apiVersion)
        // A server behind this one that does not answer leaves its group out, or lets it be stale: ask for it alone.
        if (found?.askedMs === askedMs) return found
      } else isLegacy = true
    }
    const list = await client.read<ResourceList>(apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`).catch((error: unknown) => {
      if (isKubeError(error, 'notFound')) return { resources: [] }
      throw error
    })
    const known = { kinds: kindsIn(apiVersion, list), askedMs }
    versions.set(apiVersion, known)
    return known
  }

  /** Who asks while another does gets the same answer; the request is nobody's alone, and has the client's own deadline. */
  function asked(apiVersion: string): Promise<Known> {
    const open = asking.get(apiVersion)
    if (open !== undefined) return open
    const begun = ask(apiVersion).finally(() => asking.delete(apiVersion))
    asking.set(apiVersion, begun)
    return begun
  }

  return {
    async find(apiVersion, kind, signal) {
      signal?.throwIfAborted()
      const known = versions.get(apiVersion)
      const found = known?.kinds.get(kind)
      if (known !== undefined && now() - known.askedMs < (found === undefined ? missedMs : knownMs)) return found
      const fresh = await asked(apiVersion)
      signal?.throwIfAborted()
      return fresh.kinds.get(kind)
    },
  }
}

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList, or what an older server says instead. */
type GroupList = {
  readonly kind?: string
  readonly items?: readonly { readonly metadata?: { readonly name?: string }; readonly versions?: readonly GroupVersion[] }[]
}
type GroupVersion = {
  readonly version: string
  readonly freshness?: string
  readonly resources?: readonly { readonly resource: string; readonly scope: string; readonly responseKind?: { readonly kind?: string } }[]
}
/** APIResourceList. */
type ResourceList = { readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[] }

const isCurrent = ({ freshness }: GroupVersion): boolean => freshness !== 'Stale'

function kindsByVersion({ items = [] }: GroupList): readonly (readonly [string, ReadonlyMap<string, Resource>])[] {
  return items.flatMap(({ metadata, versions = [] }) =>
    versions.filter(isCurrent).map(({ version, resources = [] }) => {
      const group = metadata?.name ?? ''
      const all = resources.map(({ resource: name, scope, responseKind }) => ({
        group,
        version,
        name,
        kind: responseKind?.kind ?? '',
        namespaced: scope === 'Namespaced',
      }))
      return [group === '' ? version : `${group}/${version}`, byKind(all)] as const
    }),
  )
}

function kindsIn(apiVersion: string, { resources = [] }: ResourceList): ReadonlyMap<string, Resource> {
  const at = split(apiVersion)
  return byKind(resources.map(({ name, kind, namespaced }) => ({ ...at, name, kind, namespaced })))
}

/** Subresources, as `pods/eviction`, have kinds as well: the objects themselves are meant. */
function byKind(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.filter(({ name, kind }) => kind !== '' && !name.includes('/')).map((resource) => [resource.kind, resource]))
}

function split(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}
