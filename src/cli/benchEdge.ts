/** What the edge tells about a split: its admin API, and its counters. */
import type { Cell } from '../lib/histogram.ts'
import type { KnownSplit } from './benchPlan.ts'

export type AdminAddress = { readonly url: string; readonly token: string | undefined }

/** What the edge has counted for one backend since it started. */
export type Counted = {
  readonly codes: ReadonlyMap<string, number>
  /** As the edge measured it, in milliseconds. */
  readonly latency: readonly Cell[]
}

const deadlineMs = 3_000

/** Throws, in words for people, when the edge does not answer, or has no such split. */
export async function readSplit(admin: AdminAddress, split: string): Promise<KnownSplit> {
  return parseSplit(JSON.parse(await get(admin, `/v1/splits/${encodeURIComponent(split)}`)))
}

/** By backend. Throws as `readSplit`. */
export async function readCounters(admin: AdminAddress, split: string): Promise<ReadonlyMap<string, Counted>> {
  return parseCounters(await get(admin, '/metrics'), split)
}

async function get({ url, token }: AdminAddress, path: string): Promise<string> {
  const address = new URL(path, url)
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch(address, { headers, signal: AbortSignal.timeout(deadlineMs) }).catch((cause: unknown) => {
    throw new Error(`the admin API does not answer at ${address} (${reasonOf(cause)}); --admin names another address`, { cause })
  })
  const text = await response.text()
  if (response.status === 200) return text
  throw new Error(`GET ${address} answered ${response.status}${detailOf(text)}`)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? ('code' in cause && typeof cause.code === 'string' ? cause.code : cause.message) : String(cause)
}

/** The edge's own words, which name a remedy. */
function detailOf(text: string): string {
  if (!text.startsWith('{')) return ''
  const { detail, fix } = JSON.parse(text) as { readonly detail?: unknown; readonly fix?: unknown }
  return `: ${[detail, fix].filter((part) => typeof part === 'string').join(' ')}`
}

export function parseSplit(value: unknown): KnownSplit {
  const backends = isRecord(value) ? value['backends'] : undefined
  if (!Array.isArray(backends)) throw new Error('the admin API answered something that is no split')
  return { backends: backends.map(parseBackend) }
}

function parseBackend(value: unknown): KnownSplit['backends'][number] {
  const { name, configuredShare, reachedBy } = isRecord(value) ? value : {}
  if (typeof name !== 'string' || typeof configuredShare !== 'number') throw new Error('the admin API answered a backend without name or share')
  return { name, share: configuredShare, reachedBy: parseReach(reachedBy) }
}

function parseReach(value: unknown): KnownSplit['backends'][number]['reachedBy'] {
  if (!isRecord(value) || typeof value['route'] !== 'string' || !Array.isArray(value['headers'])) return undefined
  const headers: { readonly name: string; readonly value: string }[] = []
  for (const header of value['headers'] as readonly unknown[]) {
    const { name, value: text } = isRecord(header) ? header : {}
    if (typeof name !== 'string' || typeof text !== 'string') return undefined
    headers.push({ name, value: text })
  }
  return { route: value['route'], headers }
}

/** From the text of `/metrics`. */
export function parseCounters(metrics: string, split: string): ReadonlyMap<string, Counted> {
  const counted = new Map<string, { readonly codes: Map<string, number>; readonly latency: Cell[] }>()
  let below = 0
  for (const line of metrics.split('\n')) {
    const found = /^spillway_edge_request(s_total|_duration_seconds_bucket)\{(.*)\} (\S+)/.exec(line)
    if (found === null) continue
    const labels = new Map([...found[2]!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))
    const backend = labels.get('role')
    if (labels.get('split') !== split || backend === undefined) continue
    const sums = counted.get(backend) ?? { codes: new Map<string, number>(), latency: [] }
    counted.set(backend, sums)
    const count = Number(found[3])
    const code = labels.get('code')
    if (code !== undefined) sums.codes.set(code, (sums.codes.get(code) ?? 0) + count)
    // Buckets are cumulative, and ascending within a series.
    const le = labels.get('le')
    if (le === undefined) continue
    const low = sums.latency.at(-1)?.high ?? 0
    if (low === 0) below = 0
    sums.latency.push({ low, high: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le) * 1000, count: count - below })
    below = count
  }
  return counted
}

/** What was counted between two readings. */
export function since(before: Counted | undefined, after: Counted): Counted {
  const codes = [...after.codes].map(([code, count]) => [code, count - (before?.codes.get(code) ?? 0)] as const).filter(([, count]) => count > 0)
  const latency = after.latency.map((cell, i) => ({ ...cell, count: cell.count - (before?.latency[i]?.count ?? 0) })).filter(({ count }) => count > 0)
  return { codes: new Map(codes), latency }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
