import type { ContenderName } from '../contenders/contender.ts'
import type { Series } from '../rounds.ts'
import type { Sample, ScenarioName } from '../scenarios/scenario.ts'

/** One line of `--json`: the named figures first, then what only this scenario tells. */
export type Row = {
  readonly contender: ContenderName
  readonly scenario: ScenarioName
  readonly requestsPerSecond: number | null
  readonly cpuMicrosPerRequest: number | null
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly rssMb: number | null
  /** Of all rounds together. */
  readonly errors: number
  readonly rounds: number
  /** CPU per request of Spillway divided by this contender's: the median of the rounds' ratios. */
  readonly spillwayCpuRatio?: number
  readonly [extra: string]: string | number | null
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new Error('the median of nothing')
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** Medians over the rounds; errors are summed, because a median would hide those of a single round. */
export function rowsOf(series: readonly Series[]): Row[] {
  return series.filter(({ samples }) => samples.length > 0).map((one) => rowOf(one, series))
}

function rowOf({ contender, scenario, samples }: Series, all: readonly Series[]): Row {
  const extras = Object.keys(samples[0]?.extras ?? {}).map((name) => [name, rounded(median(samples.map((one) => one.extras[name] ?? 0)))] as const)
  const reference = all.find((one) => one.scenario === scenario && one.contender === 'spillway')
  const ratio = contender === 'spillway' ? undefined : reference && cpuRatio(reference.samples, samples)
  return {
    contender,
    scenario,
    requestsPerSecond: middle(samples, 'requestsPerSecond'),
    cpuMicrosPerRequest: middle(samples, 'cpuMicrosPerRequest'),
    p50Ms: middle(samples, 'p50Ms'),
    p99Ms: middle(samples, 'p99Ms'),
    rssMb: middle(samples, 'rssMb'),
    errors: samples.reduce((sum, one) => sum + one.errors, 0),
    rounds: samples.length,
    ...(ratio === undefined ? {} : { spillwayCpuRatio: rounded(ratio) }),
    ...Object.fromEntries(extras),
  }
}

/** The median of the ratios of samples that were taken in the same round; undefined when there is no such pair. */
export function cpuRatio(ours: readonly Sample[], theirs: readonly Sample[]): number | undefined {
  const ratios = ours.flatMap((one, round) => {
    const our = one.cpuMicrosPerRequest
    const their = theirs[round]?.cpuMicrosPerRequest
    return our === null || their === null || their === undefined ? [] : [our / their]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

type Figure = 'requestsPerSecond' | 'cpuMicrosPerRequest' | 'p50Ms' | 'p99Ms' | 'rssMb'

function middle(samples: readonly Sample[], figure: Figure): number | null {
  const values = samples.map((one) => one[figure]).filter((value) => value !== null)
  return values.length === 0 ? null : rounded(median(values))
}

/** To three decimals below 1,000, none above: more would pretend to a precision that the clock ticks do not have. */
function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Math.round(value * 1000) / 1000
}
