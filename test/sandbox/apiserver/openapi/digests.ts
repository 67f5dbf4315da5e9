import { createHash } from 'node:crypto'

type Document = { readonly paths: Readonly<Record<string, object>>; readonly components: { readonly schemas: Readonly<Record<string, object>> } }

/** A short hash of each schema and operation of an OpenAPI v3 document, without what ours leave out on purpose. */
export function digestsOf(document: Document): Readonly<Record<string, string>> {
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [name, digest(schema)] as const)
  // Watches with a path of their own are not served here, nor told of.
  const paths = Object.entries(document.paths).filter(([path]) => !/\/v\d\/watch\//.test(path))
  const operations = paths.flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method} ${path}`, digest(operation)] as const),
  )
  return Object.fromEntries([...schemas, ...operations])
}

function digest(value: object): string {
  return createHash('sha256')
    .update(JSON.stringify(normal(value)))
    .digest('base64')
    .slice(0, 8)
}

/** Sorted; without sentences, protobuf, and the parameter that deletes what cannot be read; a reference alone is one, not a list of one. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each?.name !== 'ignoreStoreReadErrorWithClusterBreakingPotential').map(normal)
  if (value === null || typeof value !== 'object') return value
  const said = Object.entries(value).filter(
    ([key, inner]) => !(key === 'description' && typeof inner === 'string') && !/vnd\.kubernetes\.protobuf/.test(key),
  )
  // Options belong to every group there is, of which the real server has more.
  const isOfAll = said.some(([key, inner]) => key === 'x-kubernetes-group-version-kind' && Array.isArray(inner) && inner.length > 1)
  const kept = said.filter(([key]) => !(isOfAll && key === 'x-kubernetes-group-version-kind'))
  const sorted = kept.map(([key, inner]) => [key, normal(inner)] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  const [only] = sorted
  if (sorted.length === 1 && only?.[0] === 'allOf' && Array.isArray(only[1])) return only[1][0]
  return Object.fromEntries(sorted)
}
