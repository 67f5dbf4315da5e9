import type { ContenderName } from '../contenders/contender.ts'
import type { ScenarioName } from '../scenarios/scenario.ts'
import type { Row } from './rows.ts'

export type Verdict = 'moonshot' | 'reached' | 'missed' | 'not measured'

export type Goal = {
  readonly name: string
  /** As a reader would write it. */
  readonly toReach: string
  readonly moonshot: string
  readonly measured: string
  readonly verdict: Verdict
}

/** What Spillway has set itself, each against this run's rows. */
export function goalsOf(rows: readonly Row[]): Goal[] {
  const find = (contender: ContenderName, scenario: ScenarioName): Row | undefined =>
    rows.find((row) => row.contender === contender && row.scenario === scenario)
  const spillway = (scenario: ScenarioName): Row | undefined => find('spillway', scenario)
  const ratio = (peer: ContenderName, toReach: number, moonshot: number): Goal =>
    atMost(`CPU per request, keepalive-get: Spillway / ${peer}`, find(peer, 'keepalive-get')?.spillwayCpuRatio, { toReach, moonshot, unit: '' })
  const tlsRatio = (scenario: ScenarioName): Goal =>
    atMost(`CPU per request, ${scenario}: Spillway / nginx`, find('nginx', scenario)?.spillwayCpuRatio, { toReach: 1.5, unit: '' })
  const weights = spillway('weight-change')
  return [
    ratio('nginx', 1.15, 1.0),
    ratio('haproxy', 1.3, 1.1),
    ratio('node-http-undici', 0.45, 0.35),
    ratio('http-proxy', 0.16, 0.12),
    tlsRatio('tls-handshake'),
    tlsRatio('tls-bulk'),
    atMost('CPU per request: 1,000 routes / one route', extra(spillway('routes-1000'), 'ratioToOneRoute'), { toReach: 1.1, unit: '' }),
    atMost('p99 while weights change / at rest', extra(weights, 'p99Ratio'), { toReach: 1.2, unit: '' }),
    atMost('errors while weights change', weights?.errors, { toReach: 0, unit: '' }),
    atMost('memory of an idle kept connection', kilobytes(extra(spillway('idle-10000'), 'bytesPerConnection')), { toReach: 6, unit: ' KB' }),
    atMost('process with one worker, under load', spillway('keepalive-get')?.rssMb ?? undefined, { toReach: 90, unit: ' MB' }),
    atLeast('good answers at twice saturation / at best', extra(spillway('overload'), 'goodShareOfPeak'), 0.8),
    atMost('recovery when the load falls back', extra(spillway('overload'), 'recoveryMs'), { toReach: 5_000, unit: ' ms' }),
    atMost('each further worker', extra(spillway('worker-memory'), 'rssMbPerFurtherWorker'), { toReach: 25, unit: ' MB' }),
  ]
}

/** A warning when others kept the contender's core so busy that verdicts may be theirs; undefined on a quiet machine. */
export function doubtOf(rows: readonly Row[]): string | undefined {
  const most = Math.max(0, ...rows.map((row) => extra(row, 'otherWorkOnCore') ?? 0))
  if (most <= quietShare) return undefined
  return `Doubtful: other processes used up to ${Math.round(most * 100)} % of the contender's core (median of a row's rounds). Repeat on a quiet machine before believing a verdict.`
}

const quietShare = 0.05

type Bound = { readonly toReach: number; readonly moonshot?: number; readonly unit: string }

function atMost(name: string, measured: number | undefined, { toReach, moonshot, unit }: Bound): Goal {
  const text = (value: number | undefined): string => (value === undefined ? '–' : value === 0 ? '0' : `≤ ${value}${unit}`)
  return {
    name,
    toReach: text(toReach),
    moonshot: text(moonshot),
    measured: measured === undefined ? '–' : `${Number(measured.toFixed(2))}${unit}`,
    verdict: verdictOf(measured, toReach, moonshot),
  }
}

function atLeast(name: string, measured: number | undefined, toReach: number): Goal {
  const goal = { name, toReach: `≥ ${toReach}`, moonshot: '–', measured: measured === undefined ? '–' : String(Number(measured.toFixed(2))) }
  return { ...goal, verdict: measured === undefined ? 'not measured' : measured >= toReach ? 'reached' : 'missed' }
}

function verdictOf(measured: number | undefined, toReach: number, moonshot: number | undefined): Verdict {
  if (measured === undefined) return 'not measured'
  if (moonshot !== undefined && measured <= moonshot) return 'moonshot'
  return measured <= toReach ? 'reached' : 'missed'
}

function extra(row: Row | undefined, name: string): number | undefined {
  const value = row?.[name]
  return typeof value === 'number' ? value : undefined
}

function kilobytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1000
}
