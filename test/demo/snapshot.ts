import type { VersionFigures } from '../../src/demo/records.ts'
import type { Snapshot } from '../../src/demo/view.ts'

export const noFigures: VersionFigures = {
  requests: 0,
  share: undefined,
  requestsPerSecond: 0,
  successRate: undefined,
  p50Ms: undefined,
  p99Ms: undefined,
}

/** Forty seconds into a demo: 20 % on v2 since the last ten, and v2 failing for the last five. */
export const snapshot: Snapshot = {
  edgeUrl: 'http://127.0.0.1:8080',
  adminUrl: 'http://127.0.0.1:9901',
  split: 'shop',
  configFile: '/tmp/spillway-demo-AbCdEf/edge.yaml',
  totalWeight: 100,
  etag: '"02c0fa619d26-2"',
  canary: 'v2',
  isCanaryFailing: true,
  versions: [
    {
      name: 'v1',
      weight: 80,
      actualShare: 0.8,
      figures: { requests: 1600, share: 0.8, requestsPerSecond: 160, successRate: 1, p50Ms: 4.21, p99Ms: 8.06 },
      history: [],
      url: 'http://127.0.0.1:9001',
    },
    {
      name: 'v2',
      weight: 20,
      actualShare: 0.2004,
      figures: { requests: 400, share: 0.2, requestsPerSecond: 40, successRate: 0.85, p50Ms: 3.14, p99Ms: 1234 },
      history: [
        ...Array.from({ length: 20 }, () => ({ share: undefined, successRate: undefined })),
        ...Array.from({ length: 30 }, () => ({ share: 0.05, successRate: 1 })),
        ...Array.from({ length: 5 }, () => ({ share: 0.2, successRate: 1 })),
        ...Array.from({ length: 5 }, () => ({ share: 0.2, successRate: 0.7 })),
      ],
      url: 'http://127.0.0.1:9002',
    },
  ],
  windowSeconds: 10,
  elapsedSeconds: 40,
  sent: 8012,
  failed: 60,
  unanswered: noFigures,
}
