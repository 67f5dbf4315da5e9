import type { JsonObject } from '../../unstructured.ts'
import type { Kind } from '../kinds/kind.ts'
import { type GroupVersionKind, meta } from '../schema/definitions.ts'
import { tagOf } from './names.ts'
import { deleteCollectionQuery, deleteQuery, listQuery, query, writeQuery } from './parameters.ts'

export type Operation = {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  readonly action: 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection'
  readonly id: string
  /** Names of definitions; without an answer it is a Status. */
  readonly body?: string
  readonly answer?: string
  /** Of what is sent and answered, where that is not the path's kind. */
  readonly gvk?: GroupVersionKind
}

/** Without the parameters that are said of the path. */
export function operationV3(operation: Operation, kind: Kind, common: readonly string[]): JsonObject {
  const { id, action } = operation
  const { group, version, kind: name } = operation.gvk ?? kind
  const parameters = query(queryOf(action, kind).filter((name) => !common.includes(name)))
  const requestBody = bodyOf(operation, kind)
  return {
    tags: [tagOf(kind)],
    operationId: id,
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    responses: responsesOf(operation, kind),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind: name },
  }
}

/** Custom kinds are described a little otherwise by the real server. */
export function queryOf(action: Operation['action'], { prunes: isCustom }: Kind): readonly string[] {
  switch (action) {
    case 'list':
      return listQuery
    case 'post':
    case 'put':
      return writeQuery
    case 'patch':
      return [...writeQuery, 'force']
    case 'delete':
      return deleteQuery
    case 'deletecollection':
      return isCustom ? listQuery : deleteCollectionQuery
    case 'get':
      return isCustom ? ['resourceVersion'] : []
  }
}

function bodyOf({ action, body }: Operation, kind: Kind): JsonObject | undefined {
  const taken = kind.prunes ? ['application/json', 'application/yaml'] : ['*/*']
  if (body !== undefined) return { content: content(taken, body), required: true }
  if (action === 'delete' || (action === 'deletecollection' && !kind.prunes)) return { content: content(taken, `${meta}.DeleteOptions`) }
  if (action !== 'patch') return undefined
  const strategic = kind.prunes ? [] : ['application/strategic-merge-patch+json']
  const types = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', ...strategic]
  return { content: content(types, `${meta}.Patch`), required: true }
}

function responsesOf({ action, answer }: Operation, kind: Kind): JsonObject {
  const types = ['application/json', ...(action === 'list' && !kind.prunes ? ['application/json;stream=watch'] : []), 'application/yaml']
  const codes: Readonly<Record<Operation['action'], readonly number[]>> = {
    list: [200],
    get: [200],
    post: [200, 201, 202],
    put: [200, 201],
    patch: kind.prunes ? [200] : [200, 201],
    delete: [200, 202],
    deletecollection: [200],
  }
  const said = content(types, answer ?? `${meta}.Status`)
  const good = codes[action].map((code) => [String(code), { description: phrases[code]!, content: said }] as const)
  return { ...Object.fromEntries(good), '401': { description: 'Unauthorized' } }
}

const phrases: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function content(types: readonly string[], definition: string): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema: { $ref: `#/components/schemas/${definition}` } }]))
}
