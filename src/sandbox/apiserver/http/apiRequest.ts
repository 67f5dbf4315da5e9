import type { JsonObject } from '../../unstructured.ts'
import type { User } from '../auth/user.ts'
import type { WatchFaults } from '../faults/watchFaults.ts'
import type { Kind } from '../kinds/kind.ts'
import type { Call, Machinery } from '../requests/machinery.ts'
import type { VirtualResource } from '../requests/virtualResource.ts'
import type { Answer } from './answer.ts'
import { objectMedia, parseObject } from './body.ts'
import type { ResourceTarget } from './requestInfo.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** A request about a resource, from a user who may ask it. */
export type ApiRequest = {
  readonly method: string
  readonly target: ResourceTarget
  readonly kind: Kind
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly user: User
  /** The whole body; at most `maxBodyBytes`. May be called once. */
  readonly body: () => Promise<Buffer>
  readonly warn: (text: string) => void
}

/** Answers what is asked of one subresource: `pods/log`. Refusals are thrown as ApiError. */
export type SubresourceHandler = (request: ApiRequest) => Answer | Promise<Answer>

/** What resources are answered with. */
export type ResourceServer = {
  readonly machinery: Machinery
  /** By resource and subresource: `pods/log`. */
  readonly subresources: ReadonlyMap<string, SubresourceHandler>
  /** Kinds that are answered and never kept, by `storedAs`. */
  readonly virtual: ReadonlyMap<string, VirtualResource>
  readonly watches: WatchLimits
  readonly watchFaults: WatchFaults
}

export type WatchLimits = {
  /** Between two bookmarks. */
  readonly bookmarkMs: number
  /** How long a watch lasts for which no time is asked. */
  readonly durationMs: number
  /** Events that wait for a slow reader before he is cut off. */
  readonly maxWaiting: number
}

export function callOf({ kind, target, user, warn }: ApiRequest, facts: Pick<Call, 'manager' | 'dryRun' | 'fieldValidation'>): Call {
  const namespace = kind.namespaced ? target.namespace : undefined
  const { manager, dryRun, fieldValidation } = facts
  return { kind, namespace, user, warn, manager, dryRun, fieldValidation }
}

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** What a request brings, parsed; `kind` is what it must be, for the message. */
export async function objectIn({ headers, body }: Pick<ApiRequest, 'headers' | 'body'>, kind: string): Promise<JsonObject> {
  return parseObject((await body()).toString(), objectMedia(header(headers, 'content-type')), kind)
}
