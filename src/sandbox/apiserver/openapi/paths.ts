import type { JsonObject } from '../../unstructured.ts'
import type { ServedResource, ServedVersion } from '../discovery/served.ts'
import type { Subresource } from '../discovery/subresources.ts'
import type { Kind } from '../kinds/kind.ts'
import { definitionName, listDefinitionName } from './components.ts'
import { capital, operationPart, pathOf } from './names.ts'
import { type Operation, operationV3, queryOf } from './operations.ts'
import { pathParameter, query } from './parameters.ts'

export type Paths = Readonly<Record<string, JsonObject>>

/** The paths of a group and version, with what may be done at each. */
export function pathsOf(served: ServedVersion): Paths {
  const found: Record<string, JsonObject> = {}
  for (const resource of served.resources) Object.assign(found, pathsOfResource(resource))
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function pathsOfResource({ kind, subresources }: ServedResource): Paths {
  const root = `/${pathOf(kind)}`
  const scope = kind.namespaced ? '/namespaces/{namespace}' : ''
  const collection = `${root}${scope}/${kind.plural}`
  const item = `${collection}/{name}`
  const allNamespaces = kind.namespaced && kind.verbs.includes('list')
  return {
    ...pathItem(collection, collectionOperations(kind), kind),
    ...pathItem(item, itemOperations(kind), kind),
    ...(allNamespaces && pathItem(`${root}/${kind.plural}`, [listForAllNamespaces(kind)], kind)),
    ...Object.assign({}, ...subresources.map((below) => pathItem(`${item}/${below.name}`, subresourceOperations(kind, below), kind))),
  }
}

/** What all operations of a path take is said of the path. */
function pathItem(path: string, operations: readonly Operation[], kind: Kind): Paths {
  if (operations.length === 0) return {}
  const [first = [], ...others] = operations.map(({ action }) => queryOf(action, kind))
  const common = first.filter((name) => others.every((names) => names.includes(name)))
  const parameters = [
    ...(path.includes('{name}') ? [pathParameter('name')] : []),
    ...(path.includes('{namespace}') ? [pathParameter('namespace')] : []),
    ...query([...common, 'pretty']),
  ]
  const methods = operations.map((operation) => [operation.method, operationV3(operation, kind, common)])
  return { [path]: { ...Object.fromEntries(methods), parameters: parameters.sort(byName) } }
}

function byName(a: JsonObject, b: JsonObject): number {
  return String(a['name']) < String(b['name']) ? -1 : 1
}

/** `NamespacedPod`, `Node`. */
function scoped(kind: Kind): string {
  return `${kind.namespaced ? 'Namespaced' : ''}${kind.kind}`
}

function served<T extends Operation>(kind: Kind, operations: readonly (T & { readonly verb: string })[]): readonly Operation[] {
  return operations.filter(({ verb }) => kind.verbs.some((served) => served === verb))
}

function collectionOperations(kind: Kind): readonly Operation[] {
  const part = operationPart(kind)
  const object = definitionName(kind)
  return served(kind, [
    { verb: 'list', method: 'get', action: 'list', id: `list${part}${scoped(kind)}`, answer: listDefinitionName(kind) },
    { verb: 'create', method: 'post', action: 'post', id: `create${part}${scoped(kind)}`, body: object, answer: object },
    { verb: 'deletecollection', method: 'delete', action: 'deletecollection', id: `delete${part}Collection${scoped(kind)}` },
  ])
}

function listForAllNamespaces(kind: Kind): Operation {
  return { method: 'get', action: 'list', id: `list${operationPart(kind)}${kind.kind}ForAllNamespaces`, answer: listDefinitionName(kind) }
}

function itemOperations(kind: Kind): readonly Operation[] {
  const part = operationPart(kind)
  const object = definitionName(kind)
  return served(kind, [
    { verb: 'get', method: 'get', action: 'get', id: `read${part}${scoped(kind)}`, answer: object },
    { verb: 'update', method: 'put', action: 'put', id: `replace${part}${scoped(kind)}`, body: object, answer: object },
    {
      verb: 'delete',
      method: 'delete',
      action: 'delete',
      id: `delete${part}${scoped(kind)}`,
      ...(kind.strategy.returnsDeleted && { answer: object }),
    },
    { verb: 'patch', method: 'patch', action: 'patch', id: `patch${part}${scoped(kind)}`, answer: object },
  ])
}

/** Of those that carry objects; streams (`exec`, `log`) have no schema to tell. */
function subresourceOperations(kind: Kind, { name, kind: taken, verbs }: Subresource): readonly Operation[] {
  const about = { ...kind, ...taken }
  if (name === 'log' || /Options$/.test(about.kind)) return []
  const id = `${operationPart(kind)}${scoped(kind)}${capital(name)}`
  const object = definitionName(about)
  const { group, version, kind: said } = kind.prunes ? kind : about
  const gvk = { group, version, kind: said }
  const all: readonly (Operation & { readonly verb: string })[] = [
    { verb: 'get', method: 'get', action: 'get', id: `read${id}`, answer: object, gvk },
    { verb: 'update', method: 'put', action: 'put', id: `replace${id}`, body: object, answer: object, gvk },
    { verb: 'create', method: 'post', action: 'post', id: `create${id}`, body: object, answer: object, gvk },
    { verb: 'patch', method: 'patch', action: 'patch', id: `patch${id}`, answer: object, gvk },
  ]
  return all.filter(({ verb }) => verbs.includes(verb))
}
