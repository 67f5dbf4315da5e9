/** What a comparison tells: the value that is printed as a table, or as JSON. */
import type { Estimate } from '../lib/intervals.ts'
import type { Measurement } from './benchRun.ts'

export const quantiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p99.9', 0.999],
] as const
export type QuantileName = (typeof quantiles)[number][0]
export type Latencies = Readonly<Record<QuantileName, Estimate>>

/** Part of the `--json` output, as all below. Durations are in milliseconds, shares from 0 to 1; what cannot be told (an infinite bound) is null there. */
export type VersionReport = {
  readonly version: string
  /** How its requests reached it. */
  readonly via: string
  readonly requests: number
  readonly requestsPerSecond: number
  readonly succeeded: number
  readonly success: Estimate
  readonly latencyMs: Latencies & { readonly max: number | null }
  /** By status code, or by what went wrong. */
  readonly results: Readonly<Record<string, number>>
  /** All versions have the same bins. */
  readonly histogram: readonly Bin[]
}
export type Bin = { readonly fromMs: number; readonly toMs: number; readonly count: number }
/** `version` minus `baseline`. */
export type Comparison = { readonly version: string; readonly baseline: string; readonly success: Estimate; readonly latencyMs: Latencies }

export type BenchReport = {
  readonly split: string
  readonly url: string
  readonly rate: number
  readonly durationMs: number
  readonly ranMs: number
  readonly isInterrupted: boolean
  readonly attributedBy: string
  /** What latency is measured by. */
  readonly latencyFrom: string
  readonly schedule: Measurement['schedule']
  readonly versions: readonly VersionReport[]
  readonly unattributed: number
  readonly differences: readonly Comparison[]
  /** That all intervals of `differences` hold the truth. */
  readonly confidence: number
  readonly verdict: string
  readonly notes: readonly string[]
}
