// Reports, splits and edges as plain values.
import type { BackendReport, SplitReport, TrafficReport } from '../../../src/core/routing/report.ts'

export const durationBounds = [0.01, 0.1, 1]

export function backendReport(name: string, change: Partial<BackendReport> = {}): BackendReport {
  const histogram = { buckets: [0, 0, 0, 0], sumSeconds: 0 }
  return { name, weight: 0, readyEndpoints: 2, requests: {}, failures: {}, duration: histogram, upstreamDuration: histogram, inFlight: 0, ...change }
}

export function splitReport(name: string, generation = 1, change: Partial<SplitReport> = {}): SplitReport {
  return {
    namespace: 'shop',
    name,
    applied: { uid: `uid-${name}`, generation, etag: '' },
    routed: true,
    services: [
      { name: `${name}-stable`, routed: true },
      { name: `${name}-canary`, routed: false },
    ],
    refused: null,
    backends: [backendReport('v1', { weight: 90 }), backendReport('v2', { weight: 10 })],
    ...change,
  }
}

export function report(change: Partial<TrafficReport> = {}): TrafficReport {
  return {
    instance: 'i1',
    startedAt: '2026-01-01T00:00:00.000Z',
    time: '2026-01-01T00:00:01.000Z',
    cursor: 'i1.1',
    scope: { namespaces: null, class: 'spillway' },
    draining: false,
    complete: true,
    durationBounds,
    splits: [splitReport('api')],
    removed: [],
    ...change,
  }
}
