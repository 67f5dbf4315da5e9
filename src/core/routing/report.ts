/**
 * The traffic report: what an edge tells of what it serves, as one line of JSON. Edges write it, whoever decides reads it; nothing else goes
 * that way. Counters are cumulative since `startedAt` of that instance: of two reports of one instance, the difference is what happened between.
 */
export type TrafficReport = {
  /** Another one after each start of the process, and with it new counters. */
  readonly instance: string
  /** ISO 8601, as `time`. */
  readonly startedAt: string
  readonly time: string
  /** To go on from, as `since`. */
  readonly cursor: string
  readonly scope: EdgeScope
  /** It goes on serving, but takes leave: nothing waits for it any more. */
  readonly draining: boolean
  /** `splits` are all that there are; else those that changed since the line before, or since the cursor that was asked for. */
  readonly complete: boolean
  /** Upper bounds in seconds of all buckets in `splits`; each histogram has one bucket more, for what is beyond. */
  readonly durationBounds: readonly number[]
  readonly splits: readonly SplitReport[]
  /** Splits that the edge has let go, as `namespace/name`; empty where `complete`. */
  readonly removed: readonly string[]
}

/** Whose splits the edge serves. `namespaces` null: of all; `class` null: all that its configuration names. */
export type EdgeScope = { readonly namespaces: readonly string[] | null; readonly class: string | null }

/** In Kubernetes a TrafficSplit: one report for all of its entry Services and their ports. */
export type SplitReport = {
  /** '' without Kubernetes. */
  readonly namespace: string
  readonly name: string
  /** The version by which every request is served that begins now: of the TrafficSplit; without Kubernetes the edge's own account. */
  readonly applied: { readonly uid: string; readonly generation: number; readonly etag: string }
  /** A route leads to it: without one, no request can. */
  readonly routed: boolean
  /** Its entry Services; none without Kubernetes. */
  readonly services: readonly { readonly name: string; readonly routed: boolean }[]
  /** A newer version that the edge cannot serve by, and why; null: there is none. */
  readonly refused: { readonly generation: number; readonly message: string } | null
  readonly backends: readonly BackendReport[]
}

/** Summed over all entry Services and ports by which the edge serves it. */
export type BackendReport = {
  /** In Kubernetes the pod-template hash. */
  readonly name: string
  /** At the first entry Service. */
  readonly weight: number
  /**
   * That every worker of the edge uses: those that do not answer, or fail, are not among them. Where several ports are served, at the one that has
   * the fewest; 0 where no route leads to the split.
   */
  readonly readyEndpoints: number
  /** By status code. */
  readonly requests: Readonly<Record<string, number>>
  /** Exchanges that failed by the edge's own account, by kind. */
  readonly failures: Readonly<Record<string, number>>
  /** From the first byte of a request to the last of its answer. */
  readonly duration: Histogram
  /** From the request's head sent to the head of the answer. */
  readonly upstreamDuration: Histogram
  /** Requests and tunnels under way, those included that began by an earlier version. */
  readonly inFlight: number
}

/** `buckets` are counts by themselves, not sums of those before. */
export type Histogram = { readonly buckets: readonly number[]; readonly sumSeconds: number }

export type ParsedReport = { readonly ok: true; readonly report: TrafficReport } | { readonly ok: false; readonly mistake: string }

/** Reads a line. Fields that nobody here knows are passed over: an edge may be newer than its reader. */
export function parseReport(line: string): ParsedReport {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    return { ok: false, mistake: `not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  try {
    return { ok: true, report: reportIn(value) }
  } catch (error) {
    if (error instanceof Mistaken) return { ok: false, mistake: error.message }
    throw error
  }
}

/** What is known of an edge after another of its lines; `before` is by `splitKey`. */
export function withReport(before: ReadonlyMap<string, SplitReport>, report: TrafficReport): ReadonlyMap<string, SplitReport> {
  const after = new Map(report.complete ? [] : before)
  for (const key of report.removed) after.delete(key)
  for (const split of report.splits) after.set(splitKey(split), split)
  return after
}

export function splitKey(split: Pick<SplitReport, 'namespace' | 'name'>): string {
  return `${split.namespace}/${split.name}`
}

class Mistaken extends Error {}

type Read<T> = (value: unknown, at: string) => T
type Entries = Readonly<Record<string, unknown>>

function mistaken(at: string, wanted: string): never {
  throw new Mistaken(`${at === '' ? 'the report' : at} is not ${wanted}`)
}

const entries: Read<Entries> = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mistaken(at, 'an object')
  return value as Entries
}
const string: Read<string> = (value, at) => (typeof value === 'string' ? value : mistaken(at, 'a text'))
const boolean: Read<boolean> = (value, at) => (typeof value === 'boolean' ? value : mistaken(at, 'true or false'))
const amount: Read<number> = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : mistaken(at, 'a number from 0')
const count: Read<number> = (value, at) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : mistaken(at, 'a count'))
const time: Read<string> = (value, at) => (typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : mistaken(at, 'a time'))

function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value, at) => (Array.isArray(value) ? value.map((item, index) => read(item, `${at}[${index}]`)) : mistaken(at, 'a list'))
}

function orNull<T>(read: Read<T>): Read<T | null> {
  return (value, at) => (value === null ? null : read(value, at))
}

const counts: Read<Readonly<Record<string, number>>> = (value, at) =>
  Object.fromEntries(Object.entries(entries(value, at)).map(([key, each]) => [key, count(each, `${at}.${key}`)]))

function reportIn(value: unknown): TrafficReport {
  const all = entries(value, '')
  const scope = entries(all['scope'], 'scope')
  const durationBounds = list(amount)(all['durationBounds'], 'durationBounds')
  if (durationBounds.some((bound, index) => index > 0 && bound <= durationBounds[index - 1]!)) mistaken('durationBounds', 'in rising order')
  return {
    instance: string(all['instance'], 'instance'),
    startedAt: time(all['startedAt'], 'startedAt'),
    time: time(all['time'], 'time'),
    cursor: string(all['cursor'], 'cursor'),
    scope: { namespaces: orNull(list(string))(scope['namespaces'], 'scope.namespaces'), class: orNull(string)(scope['class'], 'scope.class') },
    draining: boolean(all['draining'], 'draining'),
    complete: boolean(all['complete'], 'complete'),
    durationBounds,
    splits: list(splitReader(durationBounds.length + 1))(all['splits'], 'splits'),
    removed: list(string)(all['removed'], 'removed'),
  }
}

function splitReader(buckets: number): Read<SplitReport> {
  const backends = list(backendReader(buckets))
  return (value, at) => {
    const split = entries(value, at)
    const applied = entries(split['applied'], `${at}.applied`)
    return {
      namespace: string(split['namespace'], `${at}.namespace`),
      name: string(split['name'], `${at}.name`),
      applied: {
        uid: string(applied['uid'], `${at}.applied.uid`),
        generation: count(applied['generation'], `${at}.applied.generation`),
        etag: string(applied['etag'], `${at}.applied.etag`),
      },
      routed: boolean(split['routed'], `${at}.routed`),
      services: list(service)(split['services'] ?? [], `${at}.services`),
      refused: orNull(refused)(split['refused'] ?? null, `${at}.refused`),
      backends: backends(split['backends'], `${at}.backends`),
    }
  }
}

const service: Read<SplitReport['services'][number]> = (value, at) => {
  const read = entries(value, at)
  return { name: string(read['name'], `${at}.name`), routed: boolean(read['routed'], `${at}.routed`) }
}

const refused: Read<NonNullable<SplitReport['refused']>> = (value, at) => {
  const read = entries(value, at)
  return { generation: count(read['generation'], `${at}.generation`), message: string(read['message'], `${at}.message`) }
}

function backendReader(buckets: number): Read<BackendReport> {
  const histogram: Read<Histogram> = (value, at) => {
    const read = entries(value, at)
    const found = list(count)(read['buckets'], `${at}.buckets`)
    if (found.length !== buckets) mistaken(`${at}.buckets`, `a list of ${buckets}`)
    return { buckets: found, sumSeconds: amount(read['sumSeconds'], `${at}.sumSeconds`) }
  }
  return (value, at) => {
    const backend = entries(value, at)
    return {
      name: string(backend['name'], `${at}.name`),
      weight: count(backend['weight'], `${at}.weight`),
      readyEndpoints: count(backend['readyEndpoints'], `${at}.readyEndpoints`),
      requests: counts(backend['requests'], `${at}.requests`),
      failures: counts(backend['failures'], `${at}.failures`),
      duration: histogram(backend['duration'], `${at}.duration`),
      upstreamDuration: histogram(backend['upstreamDuration'], `${at}.upstreamDuration`),
      inFlight: count(backend['inFlight'], `${at}.inFlight`),
    }
  }
}
