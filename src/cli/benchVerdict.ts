/** The differences between versions in a sentence. Pure. */
import type { Estimate } from '../lib/intervals.ts'
import type { BenchReport, Comparison, VersionReport } from './benchReport.ts'
import { millis, percent, signedMillis } from './benchView.ts'

/** A latency that differs by less than this share of the baseline's is the same to a user, however sure it is that it differs. */
const relevantShare = 0.02
const judged = ['p50', 'p90', 'p99'] as const

export function verdictOn({ versions, differences }: Pick<BenchReport, 'versions' | 'differences'>): string {
  const silent = versions.filter(({ requests }) => requests === 0).map(({ version }) => version)
  if (silent.length > 0) return `Nothing can be said: ${silent.join(' and ')} got no request.`
  const [only] = versions
  if (only === undefined) return 'Nothing can be said: no version got a request.'
  if (differences.length === 0) return `Only ${only.version} got requests: there is nothing to compare it with.`
  return differences.map((comparison) => sentence(comparison, versions)).join(' ')
}

function sentence(comparison: Comparison, versions: readonly VersionReport[]): string {
  const version = versions.find((it) => it.version === comparison.version)!
  const baseline = versions.find((it) => it.version === comparison.baseline)!
  const success = `${percent(version.success.value)} succeed, of ${baseline.version} ${percent(baseline.success.value)}`
  const slower = shifts(comparison, baseline, (estimate) => estimate.low > 0)
  const faster = shifts(comparison, baseline, (estimate) => estimate.high < 0)
  const failsMore = comparison.success.high < 0
  const failsLess = comparison.success.low > 0
  const worse = [...(failsMore ? [`fails more often (${success})`] : []), ...(slower === '' ? [] : [`is slower (${slower})`])]
  const better = [...(failsLess ? [`fails less often (${success})`] : []), ...(faster === '' ? [] : [`is faster (${faster})`])]
  if (worse.length + better.length === 0) return same(comparison, version, baseline)
  const word = better.length === 0 ? 'worse' : worse.length === 0 ? 'better' : undefined
  const says = [...worse, ...better].join(word === undefined ? ', but ' : ' and ')
  if (word === undefined) return `${version.version} differs from ${baseline.version}: it ${says}.`
  return `${version.version} is ${word} than ${baseline.version}: it ${says}.`
}

/** The latencies that surely and noticeably differ. */
function shifts(comparison: Comparison, baseline: VersionReport, isSure: (estimate: Estimate) => boolean): string {
  return judged
    .filter((name) => isSure(comparison.latencyMs[name]))
    .filter((name) => Math.abs(comparison.latencyMs[name].value) >= relevantShare * baseline.latencyMs[name].value)
    .map((name) => `${name} ${signedMillis(comparison.latencyMs[name].value)}`)
    .join(', ')
}

/** How large a difference could have gone unseen is what a "no difference" is worth. */
function same({ success, latencyMs }: Comparison, version: VersionReport, baseline: VersionReport): string {
  const points = Math.max(Math.abs(success.low), Math.abs(success.high)) * 100
  const unseen = Math.max(Math.abs(latencyMs.p50.low), Math.abs(latencyMs.p50.high))
  const latency = Number.isFinite(unseen) ? `, p50 within ${millis(unseen)}` : ''
  return `No difference between ${version.version} and ${baseline.version} shows: success within ${points.toFixed(1)} points${latency}.`
}
