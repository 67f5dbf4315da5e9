/** What the load saw, kept for the last minute, and the figures drawn from it. Times in milliseconds of one monotonic clock. */

/** One answered, or failed, request. `version` is absent when no version answered: the edge itself did, or nobody. */
export type Sample = { readonly at: number; readonly version?: string; readonly succeeded: boolean; readonly latencyMs: number }

export type VersionFigures = {
  readonly requests: number
  /** Of all requests in the window; undefined without any. */
  readonly share: number | undefined
  readonly requestsPerSecond: number
  /** From 0 to 1; undefined without requests. */
  readonly successRate: number | undefined
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

export type Totals = { readonly sent: number; readonly answered: number; readonly failed: number; readonly byVersion: ReadonlyMap<string, number> }

/** A second of the past, of one version. */
export type Second = { readonly share: number | undefined; readonly successRate: number | undefined }

export type Records = {
  sent(): void
  add(sample: Sample): void
  totals(): Totals
  /** Figures of `version` ('' = answered by no version) over what ended in [from, to). */
  figures(version: string, from: number, to: number): VersionFigures
  /** The last `seconds` whole seconds before `to`, oldest first. */
  history(version: string, seconds: number, to: number): readonly Second[]
}

export const keptMs = 60_000

/** Nearest rank: the smallest value that at least `fraction` of the values do not exceed. `sorted` ascends and is not empty. */
export function percentile(sorted: readonly number[], fraction: number): number {
  const rank = Math.max(1, Math.ceil(sorted.length * fraction))
  return sorted[rank - 1] ?? Number.NaN
}

export function newRecords(): Records {
  let samples: Sample[] = []
  let sent = 0
  let answered = 0
  let failed = 0
  const byVersion = new Map<string, number>()

  const forgetBefore = (at: number): void => {
    const first = samples.findIndex((sample) => sample.at >= at)
    samples = first < 0 ? [] : samples.slice(first)
  }

  return {
    sent: () => {
      sent++
    },
    add: (sample) => {
      answered++
      if (!sample.succeeded) failed++
      const version = sample.version ?? ''
      byVersion.set(version, (byVersion.get(version) ?? 0) + 1)
      samples.push(sample)
      // Twice the window, so that the copy is paid for once a minute and not once a request.
      const oldest = samples[0]
      if (oldest !== undefined && oldest.at < sample.at - 2 * keptMs) forgetBefore(sample.at - keptMs)
    },
    totals: () => ({ sent, answered, failed, byVersion: new Map(byVersion) }),
    figures: (version, from, to) => figuresOf(within(samples, from, to), version, (to - from) / 1000),
    history: (version, seconds, to) =>
      Array.from({ length: seconds }, (_, index) => {
        const from = to - (seconds - index) * 1000
        const { share, successRate } = figuresOf(within(samples, from, from + 1000), version, 1)
        return { share, successRate }
      }),
  }
}

/** Samples are kept in the order in which they ended, so that a window is a slice. */
function within(samples: readonly Sample[], from: number, to: number): readonly Sample[] {
  return samples.slice(firstAt(samples, from), firstAt(samples, to))
}

function firstAt(samples: readonly Sample[], at: number): number {
  let low = 0
  let high = samples.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((samples[middle]?.at ?? Number.POSITIVE_INFINITY) < at) low = middle + 1
    else high = middle
  }
  return low
}

function figuresOf(samples: readonly Sample[], version: string, seconds: number): VersionFigures {
  const own = samples.filter((sample) => (sample.version ?? '') === version)
  const latencies = own.map((sample) => sample.latencyMs).sort((a, b) => a - b)
  const hasOwn = own.length > 0
  return {
    requests: own.length,
    share: samples.length > 0 ? own.length / samples.length : undefined,
    requestsPerSecond: seconds > 0 ? own.length / seconds : 0,
    successRate: hasOwn ? own.filter((sample) => sample.succeeded).length / own.length : undefined,
    p50Ms: hasOwn ? percentile(latencies, 0.5) : undefined,
    p99Ms: hasOwn ? percentile(latencies, 0.99) : undefined,
  }
}
