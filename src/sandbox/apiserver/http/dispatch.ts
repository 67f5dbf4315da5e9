import type { IncomingMessage } from 'node:http'
import { ApiError, notAllowed, qualified } from '../apiError.ts'
import { type Attributes, forbidden } from '../auth/attributes.ts'
import type { Verdict } from '../auth/rbac.ts'
import type { User } from '../auth/user.ts'
import type { FaultCall } from '../faults/fault.ts'
import type { Faults } from '../faults/faults.ts'
import { decodeProtobuf, protobufMedia } from '../protobuf/decode.ts'
import type { KindRegistry } from '../registry.ts'
import type { Answer } from './answer.ts'
import { type Headers, header, type ResourceServer } from './apiRequest.ts'
import { mediaType, readBody } from './body.ts'
import { answerFaulty } from './faultyAnswer.ts'
import { answerHealth } from './health.ts'
import { negotiate } from './negotiate.ts'
import { parseTarget, type ResourceTarget } from './requestInfo.ts'
import { answerResource, kindAt, noSuchResource, verbAsked } from './resources.ts'

/** Says who asks, and what he may do. */
export type Gate = {
  /** Throws 401. */
  authenticate(headers: Headers): User
  authorize(user: User, attributes: Attributes): Verdict
}

export type PathRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: () => Promise<Buffer>
}

export type Api = {
  readonly gate: Gate
  readonly resources: ResourceServer
  readonly faults: Pick<Faults, 'decide'>
  /** Answers what is no resource: discovery, schemas, administration. */
  readonly documents: (request: PathRequest) => Answer | Promise<Answer> | undefined
  /** `GET /version`. */
  readonly version: object
  /** Whether writes can be kept. */
  readonly isWritable: () => boolean
}

export type Asked = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: () => Promise<Buffer>
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export function askedOf(request: IncomingMessage, signal: AbortSignal): Asked {
  const url = request.url ?? '/'
  const at = url.indexOf('?')
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    ...contentOf(request),
    signal,
  }
}

/** What is sent as protobuf is JSON from here on. */
function contentOf(request: IncomingMessage): Pick<Asked, 'headers' | 'body'> {
  const { headers } = request
  if (mediaType(headers['content-type']) !== protobufMedia) return { headers, body: () => readBody(request) }
  return {
    headers: { ...headers, 'content-type': 'application/json' },
    async body() {
      const bytes = await readBody(request)
      return bytes.length === 0 ? bytes : Buffer.from(JSON.stringify(decodeProtobuf(bytes)))
    },
  }
}

/** Answers a request; refusals are thrown as ApiError. */
export async function dispatch(api: Api, asked: Asked, warn: (text: string) => void): Promise<Answer> {
  const user = api.gate.authenticate(asked.headers)
  const target = parseTarget(asked.path)
  const attributes = attributesOf(target, asked)
  requireAllowed(api, user, attributes)
  const call = faultCallOf(attributes, asked)
  const effects = api.faults.decide(call)
  const answer = (resources: ResourceServer): Promise<Answer> => answerAllowed({ ...api, resources }, asked, { user, target, warn })
  return effects.length === 0 ? answer(api.resources) : answerFaulty({ call, effects, resources: api.resources, signal: asked.signal }, answer)
}

type Allowed = { readonly user: User; readonly target: ReturnType<typeof parseTarget>; readonly warn: (text: string) => void }

async function answerAllowed(api: Api, { method, path, query, headers, body }: Asked, { user, target, warn }: Allowed): Promise<Answer> {
  if (target.kind === 'resource') {
    const kind = kindAt(api.resources.machinery.kinds, target)
    if (kind === undefined) return noSuchPath
    if (kind.deprecated !== undefined) warn(kind.deprecated)
    return answerResource(api.resources, { method, target, kind, query, headers, user, body, warn })
  }
  const health = answerHealth(path, query, api.isWritable())
  if (health !== undefined) return health
  if (path === '/version' || path === '/version/') {
    if (method !== 'GET') throw notAllowed()
    negotiate(header(headers, 'accept'))
    return { kind: 'object', code: 200, object: api.version }
  }
  const found = await api.documents({ method, path, query, headers, body })
  if (found === undefined && leadsToGroup(path, api.resources.machinery.kinds)) throw noSuchResource()
  return found ?? noSuchPath
}

/** Whether something below a group is asked for that serves other things. */
function leadsToGroup(path: string, kinds: KindRegistry): boolean {
  const [prefix, group = ''] = path.split('/').filter((part) => part !== '')
  return prefix === 'api' || (prefix === 'apis' && kinds.serves({ group }))
}

const noSuchPath: Answer = { kind: 'text', code: 404, text: '404 page not found\n' }

function requireAllowed({ gate }: Api, user: User, attributes: Attributes): void {
  const { allowed, reason } = gate.authorize(user, attributes)
  if (!allowed) throw forbidden(user, attributes, reason)
}

function attributesOf(target: ReturnType<typeof parseTarget>, { method, path, query }: Asked): Attributes {
  if (target.kind === 'path') return { kind: 'path', verb: method.toLowerCase(), path }
  const { group, plural: resource, subresource = '', namespace = '', name = '' } = target
  return {
    kind: 'resource',
    verb: verbAsked(method, target, query) ?? method.toLowerCase(),
    group,
    resource,
    subresource,
    namespace: spaceOf(target, namespace),
    name,
  }
}

function faultCallOf(attributes: Attributes, { path, headers }: Asked): FaultCall {
  const userAgent = header(headers, 'user-agent') ?? ''
  if (attributes.kind === 'path') return { verb: attributes.verb, path, resource: '', namespace: '', name: '', userAgent }
  const { verb, group, resource: plural, subresource, namespace, name } = attributes
  return { verb, path, resource: `${qualified({ group, plural })}${subresource === '' ? '' : `/${subresource}`}`, namespace, name, userAgent }
}

/** What is done to a namespace is done within it, as far as roles are concerned. */
function spaceOf({ plural, name = '', group }: ResourceTarget, namespace: string): string {
  return group === '' && plural === 'namespaces' ? name : namespace
}

/** A surprise, told without what only a log may know. */
export function surprise(): ApiError {
  return new ApiError({
    code: 500,
    reason: 'InternalError',
    message: 'Internal error occurred: the sandbox met an error that nobody foresaw; its log has it',
  })
}
