/** The two calls that the demo makes: to the edge's admin API, and to a version's own control. */
import { request } from 'node:http'

export type BackendState = {
  readonly name: string
  readonly weight: number
  /** Of the choices by weight since the weights last changed; undefined before the first. */
  readonly actualShare: number | undefined
  /** Both since the edge started; failed: answered with 5xx, by the backend or in its place. */
  readonly requests: number
  readonly failed: number
}
export type SplitState = { readonly etag: string; readonly totalWeight: number; readonly backends: readonly BackendState[] }

export type Change = { readonly kind: 'applied' } | { readonly kind: 'stale' } | { readonly kind: 'refused'; readonly message: string }

const deadlineMs = 2_000

type Call = { readonly method: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
type Reply = { readonly status: number; readonly etag: string | undefined; readonly text: string }

/** A connection of its own per call: nothing stays open that would keep the edge from ending. */
function call(url: string, { method, headers = {}, body }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(new Error(`${method} ${url}`, { cause }))
    const text = body === undefined ? '' : JSON.stringify(body)
    const entity = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
    const outgoing = request(
      url,
      { method, headers: { ...headers, ...entity }, agent: false, signal: AbortSignal.timeout(deadlineMs) },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.once('error', fail)
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, etag: response.headers.etag, text: Buffer.concat(parts).toString('utf8') }),
        )
      },
    )
    outgoing.once('error', fail)
    outgoing.end(text)
  })
}

/** The split as the edge has it now. Throws when the edge does not answer, or answers something else. */
export async function readSplit(adminUrl: string, split: string): Promise<SplitState> {
  const url = `${adminUrl}/v1/splits/${split}`
  const reply = await call(url, { method: 'GET' })
  if (reply.status !== 200 || reply.etag === undefined) throw new Error(`GET ${url} answered ${reply.status}: ${reply.text.slice(0, 200)}`)
  return parseSplit(JSON.parse(reply.text), reply.etag)
}

export function parseSplit(value: unknown, etag: string): SplitState {
  const listed: unknown = isRecord(value) ? value['backends'] : undefined
  if (!Array.isArray(listed)) throw new Error('a split without backends')
  const backends = listed.map(parseBackend)
  return { etag, totalWeight: backends.reduce((sum, { weight }) => sum + weight, 0), backends }
}

function parseBackend(value: unknown): BackendState {
  if (!isRecord(value)) throw new Error('a backend that is not an object')
  const { name, weight, actual, requests, successRate } = value
  if (typeof name !== 'string' || typeof weight !== 'number') throw new Error('a backend without name or weight')
  const share: unknown = isRecord(actual) ? actual['share'] : undefined
  const all = typeof requests === 'number' ? requests : 0
  return {
    name,
    weight,
    actualShare: typeof share === 'number' ? share : undefined,
    requests: all,
    failed: typeof successRate === 'number' ? Math.round(all * (1 - successRate)) : 0,
  }
}

/** Changes the weights if nobody changed the split since `etag`. */
export async function writeWeights(adminUrl: string, split: string, etag: string, weights: Readonly<Record<string, number>>): Promise<Change> {
  const reply = await call(`${adminUrl}/v1/splits/${split}`, { method: 'PATCH', headers: { 'if-match': etag }, body: { weights } })
  if (reply.status === 200 || reply.status === 204) return { kind: 'applied' }
  if (reply.status === 412) return { kind: 'stale' }
  return { kind: 'refused', message: `${reply.status} ${reply.text.trim().slice(0, 200)}` }
}

/** Tells a version of the demo app how often to fail; undefined, or why it would not. */
export async function writeErrorRate(appUrl: string, errorRate: number): Promise<string | undefined> {
  const reply = await call(`${appUrl}/control`, { method: 'POST', body: { errorRate } })
  return reply.status === 200 ? undefined : `${reply.status} ${reply.text.trim().slice(0, 200)}`
}

/** How often a version fails now, by its own account. */
export async function readErrorRate(appUrl: string): Promise<number> {
  // An empty change is answered with what holds.
  const reply = await call(`${appUrl}/control`, { method: 'POST', body: {} })
  const value: unknown = JSON.parse(reply.text)
  const rate = isRecord(value) ? value['errorRate'] : undefined
  if (typeof rate !== 'number') throw new Error(`${appUrl}/control answered ${reply.status}`)
  return rate
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
