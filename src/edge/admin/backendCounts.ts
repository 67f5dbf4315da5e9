import type { BackendReport, Histogram } from '../../core/routing/report.ts'
import { at, codes, durationBounds, failureKinds, methods } from '../counters.ts'

export type BackendCounts = Pick<BackendReport, 'requests' | 'failures' | 'duration' | 'upstreamDuration' | 'inFlight'>

/** What a report tells of a backend's block. */
export function countsIn(cells: Float64Array): BackendCounts {
  const requests: Record<string, number> = {}
  for (let c = 0; c < codes.length; c++) {
    let sum = 0
    for (let method = 0; method < methods.length; method++) sum += cells[at.requests + method * codes.length + c]!
    if (sum > 0) requests[codes[c]!] = sum
  }
  const failures: Record<string, number> = {}
  for (let i = 0; i < failureKinds.length; i++) failures[failureKinds[i]!] = cells[at.failures + i]!
  return {
    requests,
    failures,
    duration: histogramAt(cells, at.duration),
    upstreamDuration: histogramAt(cells, at.upstreamDuration),
    inFlight: Math.max(0, cells[at.inFlight]! + cells[at.openTunnels]!),
  }
}

function histogramAt(cells: Float64Array, offset: number): Histogram {
  const end = offset + durationBounds.length + 1
  return { buckets: Array.from(cells.subarray(offset, end)), sumSeconds: cells[end]! }
}
