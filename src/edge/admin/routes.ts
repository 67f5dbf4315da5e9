import type { IncomingMessage } from 'node:http'
import type { WorkerStatus } from '../crew.ts'
import type { EdgeStatus } from '../state.ts'
import { type AdminAnswer, json, problem, text } from './answer.ts'
import { type Authenticate, refuse } from './guard.ts'
import type { Reports } from './reports.ts'
import { type Handler, pathOf } from './server.ts'
import type { Splits } from './splits.ts'

type Method = (request: IncomingMessage) => AdminAnswer | Promise<AdminAnswer>
type Resource = { readonly GET: Method; readonly PATCH?: Method }

/** Everything that the admin listener answers. */
export function adminRoutes(options: {
  readonly splits: Splits
  readonly reports: Reports
  status(): EdgeStatus
  workers(): readonly WorkerStatus[]
  /** Workers whose event loop stands still. */
  stalled(): readonly number[]
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>
  /** Absent: as the configuration has it. */
  readonly authenticate?: Authenticate | undefined
}): Handler {
  const { splits, reports, status, workers, stalled, metrics, authenticate } = options

  function find(path: string): Resource | undefined {
    switch (path) {
      case '/healthz':
        return { GET: () => text(200, 'ok\n') }
      case '/readyz':
        return { GET: () => readiness(status(), workers(), stalled()) }
      case '/metrics':
        return {
          async GET() {
            const { contentType, body } = await metrics()
            return text(200, body, contentType)
          },
        }
      case '/v1/splits':
        return { GET: () => splits.list() }
      case '/v1/reports':
        return { GET: (request) => reports.answer(request) }
    }
    const name = nameIn(path)
    return name === undefined ? undefined : { GET: () => splits.show(name), PATCH: (request) => splits.patch(name, request) }
  }

  return async (request, admin) => {
    const path = pathOf(request)
    const refusal = path.startsWith('/v1/') ? await refuse(request, admin, authenticate) : undefined
    if (refusal !== undefined) return closing(refusal, request)
    const resource = find(path)
    if (resource === undefined) return closing(notFound(path), request)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const answer = method === 'GET' ? resource.GET : method === 'PATCH' ? resource.PATCH : undefined
    return answer === undefined ? closing(notAllowed(resource, request), request) : answer(request)
  }
}

/**
 * A whole crew is not needed: a worker that is being replaced listens nowhere, so that the system sends connections to the others only. To one that
 * stands still it goes on sending its share.
 */
function readiness(status: EdgeStatus, workers: readonly WorkerStatus[], stalled: readonly number[]): AdminAnswer {
  const serving = workers.filter((worker) => worker.appliedVersion !== undefined).length
  const fix = 'Send traffic elsewhere until this is 200.'
  if (status.draining) return problem(503, { detail: 'The edge is draining.', fix })
  if (status.version === 0) return problem(503, { detail: 'The edge is starting: it has no table yet.', fix })
  if (serving === 0) return problem(503, { detail: `None of ${workers.length} workers serves.`, fix })
  if (stalled.length > 0) return problem(503, { detail: `The event loop of worker ${stalled.join(', ')} stands still.`, fix })
  return json(200, { ready: true, version: status.version, workers: { serving, wanted: workers.length } })
}

function nameIn(path: string): string | undefined {
  const encoded = /^\/v1\/splits\/([^/]+)$/.exec(path)?.[1]
  if (encoded === undefined) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

function notFound(path: string): AdminAnswer {
  const fix = 'There are /healthz, /readyz, /metrics, /v1/reports, /v1/splits and /v1/splits/{name}.'
  return problem(404, { detail: `Nothing is at ${JSON.stringify(path.slice(0, 200))}.`, fix })
}

function notAllowed(resource: Resource, request: IncomingMessage): AdminAnswer {
  const allow = resource.PATCH === undefined ? 'GET, HEAD' : 'GET, HEAD, PATCH'
  return problem(405, { detail: `${request.method} is not possible here.`, fix: `Use ${allow}.` }, { Allow: allow })
}

/** A body that nobody reads would be taken for the next request. */
function closing(answer: AdminAnswer, request: IncomingMessage): AdminAnswer {
  return request.complete || request.method === 'GET' ? answer : { ...answer, headers: { ...answer.headers, Connection: 'close' } }
}
