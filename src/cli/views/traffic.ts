/** What the edges see of each version: its share of the traffic, and how it answers. */
import type { BackendTraffic, SplitRole, TrafficSplit } from '../../api/trafficSplit.ts'
import { type Color, type Line, table } from './text.ts'
import { tagColors } from './versions.ts'

const longestBar = 20
/** What stands beside a bar. */
const besideBar = 76
const roleColors: Readonly<Record<SplitRole, Color>> = { ...tagColors, old: 'dim' }

/** Nothing where no edge carries the traffic. `columns`: of the terminal; bars take what is left. */
export function trafficLines(split: TrafficSplit | undefined, columns = besideBar + longestBar): readonly Line[] {
  if (split === undefined) return []
  const { spec, status = {}, metadata } = split
  const { edges = 0, acknowledged = 0, traffic = [] } = status
  const isCurrent = status.observedGeneration === undefined || status.observedGeneration >= (metadata.generation ?? 0)
  const isDone = isCurrent && edges > 0 && acknowledged >= edges
  const state = edges === 0 ? 'no edge carries it' : `applied by ${acknowledged} of ${edges} ${edges === 1 ? 'edge' : 'edges'}`
  return [
    ['Traffic:'.padEnd(17), { text: isCurrent ? state : `${state}; the newest change is under way`, color: isDone ? 'green' : 'yellow' }],
    ...table(traffic.map((backend) => row(backend, spec.totalWeight, Math.max(4, Math.min(longestBar, columns - besideBar))))),
  ]
}

function row(backend: BackendTraffic, totalWeight: number, barCells: number): readonly Line[] {
  const { podTemplateHash, role, weight, readyEndpoints, requestRate, successRate, p99Seconds } = backend
  const success = successRate === undefined ? undefined : Number(successRate)
  return [
    ['  ', { text: role, color: roleColors[role] }],
    [podTemplateHash],
    [share(weight, totalWeight).padStart(6)],
    [bar(weight / totalWeight, barCells)],
    [`${(requestRate === undefined ? '–' : Number(requestRate).toFixed(1)).padStart(7)} req/s`],
    success === undefined
      ? ['no requests']
      : [{ text: `${percent(success)} ok`, color: success >= 0.999 ? 'green' : success >= 0.99 ? 'yellow' : 'red' }],
    [p99Seconds === undefined ? 'p99 –' : `p99 ${time(Number(p99Seconds))}`],
    readyEndpoints === 0 ? [{ text: '0 ready', color: weight > 0 ? 'red' : 'dim' }] : [`${readyEndpoints} ready`],
  ]
}

function share(weight: number, totalWeight: number): string {
  return totalWeight === 100 ? `${weight} %` : `${weight}/${totalWeight}`
}

/** Any weight at all shows, and no share but all fills it. */
function bar(part: number, barCells: number): string {
  const eighths = part > 0 ? Math.max(1, Math.floor(Math.min(1, part) * barCells * 8)) : 0
  const full = '█'.repeat(Math.floor(eighths / 8))
  return (full + ' ▏▎▍▌▋▊▉'.charAt(eighths % 8).trim()).padEnd(barCells, '·')
}

/** Never rounded up to what would say that nothing failed. */
function percent(rate: number): string {
  return rate >= 1 ? '100 %' : `${(Math.floor(rate * 10_000) / 100).toFixed(2)} %`
}

function time(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  if (seconds >= 10) return `${seconds.toFixed(1)} s`
  const ms = seconds * 1_000
  return seconds >= 1 ? `${seconds.toFixed(2)} s` : `${ms >= 100 ? Math.round(ms) : ms.toFixed(1)} ms`
}
