import { createHash } from 'node:crypto'
import { type Served, type ServedResource, type ServedVersion, servedGroups } from '../discovery/served.ts'
import type { ServerDocument } from '../document.ts'
import type { Kind } from '../kinds/kind.ts'
import { serverVersion } from '../schema/definitions.ts'
import { type Components, componentsOf } from './components.ts'
import { encodeOpenApiV2 } from './gnostic.ts'
import { pathOf } from './names.ts'
import { type Paths, pathsOf } from './paths.ts'
import { openApiV2 } from './v2.ts'

/** Answers /openapi/v2, /openapi/v3 and what lies below; undefined for other paths. */
export type OpenApi = (path: string, query: URLSearchParams, accept: string | undefined) => ServerDocument | undefined

type Encoded = { readonly bytes: Uint8Array; readonly hash: string }

/** Of what is served now: to be made anew when that changes. Documents are made when they are first asked for. */
export function openApi(served: Served): OpenApi {
  const versions = servedGroups(served).flatMap(({ versions }) => versions)
  const byPath = new Map(versions.map((version) => [pathOf(version), version]))
  const second = memo((form: 'json' | 'protobuf') => {
    const document = openApiV2(
      versions.map((version) => versionDocument(version).parts),
      info(),
    )
    return form === 'json' ? encoded(document) : withHash(encodeOpenApiV2(document))
  })
  const index = memo((_: 'index') => {
    const urlOf = (path: string): string => `/openapi/v3/${path}?hash=${versionDocument(byPath.get(path)!).encoded.hash}`
    return { paths: Object.fromEntries([...byPath.keys()].sort().map((path) => [path, { serverRelativeURL: urlOf(path) }])) }
  })

  return (path, query, accept) => {
    if (path === '/openapi/v3') return { kind: 'object', object: index('index') }
    if (path === '/openapi/v2') return documentV2(second, accept)
    if (!path.startsWith('/openapi/v3/')) return undefined
    const at = path.slice('/openapi/v3/'.length)
    const version = byPath.get(at)
    if (version === undefined) return { kind: 'refused', code: 404 }
    const { bytes, hash } = versionDocument(version).encoded
    const asked = query.get('hash')
    if (asked !== null && asked !== hash) return { kind: 'moved', location: `/openapi/v3/${at}?hash=${hash}` }
    return { kind: 'bytes', bytes, contentType: 'application/json', etag: hash, isImmutable: asked !== null }
  }
}

type Parts = { readonly components: Components; readonly paths: Paths }
type VersionDocument = { readonly resources: ServedVersion['resources']; readonly parts: Parts; readonly encoded: Encoded }

/** By the version's first kind, so that what a new custom kind does not touch stays as it is. */
const versionDocuments = new WeakMap<Kind, VersionDocument>()

function versionDocument(version: ServedVersion): VersionDocument {
  const { resources } = version
  const key = resources[0]!.kind
  const known = versionDocuments.get(key)
  if (known !== undefined && sameResources(known.resources, resources)) return known
  const parts = { components: componentsOf(version), paths: pathsOf(version) }
  const made = { resources, parts, encoded: encoded(documentV3(parts, version)) }
  versionDocuments.set(key, made)
  return made
}

function sameResources(a: ServedVersion['resources'], b: ServedVersion['resources']): boolean {
  const namesOf = ({ subresources }: ServedResource): string => subresources.map(({ name }) => name).join()
  return a.length === b.length && a.every((resource, index) => resource.kind === b[index]!.kind && namesOf(resource) === namesOf(b[index]!))
}

function documentV2(second: (form: 'json' | 'protobuf') => Encoded, accept: string | undefined): ServerDocument {
  const form = formV2(accept)
  if (form === undefined) return { kind: 'refused', code: 406 }
  const { bytes, hash } = second(form)
  const contentType = form === 'json' ? 'application/json' : 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
  return { kind: 'bytes', bytes, contentType, etag: hash, isImmutable: false }
}

/** The first media type that we have. */
function formV2(accept = ''): 'json' | 'protobuf' | undefined {
  if (accept.trim() === '') return 'json'
  for (const clause of accept.split(',')) {
    const type = clause.split(';')[0]!.trim()
    // Clients write either; the one with the sign that media types may not have is the older.
    if (/^application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf$/.test(type)) return 'protobuf'
    if (['application/json', 'application/*', '*/*'].includes(type)) return 'json'
  }
  return undefined
}

function documentV3({ components, paths }: Parts, { resources }: ServedVersion): object {
  const isCustom = resources.every(({ kind }) => kind.prunes)
  return {
    openapi: '3.0.0',
    info: isCustom ? { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' } : info(),
    paths,
    components: {
      schemas: components,
      ...(!isCustom && { securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } } }),
    },
  }
}

function info(): { readonly title: string; readonly version: string } {
  return { title: 'Kubernetes', version: serverVersion().replace(/^v(\d+\.\d+).*$/, '$1') }
}

function encoded(document: object): Encoded {
  return withHash(Buffer.from(JSON.stringify(document)))
}

function withHash(bytes: Uint8Array): Encoded {
  return { bytes, hash: createHash('sha512').update(bytes).digest('hex').toUpperCase() }
}

function memo<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    const known = made.get(key) ?? make(key)
    made.set(key, known)
    return known
  }
}
