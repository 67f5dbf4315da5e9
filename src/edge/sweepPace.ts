import type { Timeouts, TrafficPolicy } from './config.ts'

const slowestMs = 250
const quickestMs = 20

/** How often to look for deadlines that have passed: a tenth of the shortest, so that none is late by much. */
export function sweepEveryMs({ requestHeadMs, keepAliveMs }: Timeouts, policies: readonly TrafficPolicy[]): number {
  const spans = policies.flatMap(({ connectMs, responseHeadMs, bodyIdleMs, upstreamIdleMs, tunnelIdleMs, totalMs, queueMs }) => [
    connectMs,
    responseHeadMs,
    bodyIdleMs,
    upstreamIdleMs,
    tunnelIdleMs,
    totalMs,
    queueMs,
  ])
  // 0 stands for no deadline, or for none to wait for.
  const shortestMs = Math.min(...[requestHeadMs, keepAliveMs, ...spans].filter((span) => span > 0))
  return Math.min(slowestMs, Math.max(quickestMs, shortestMs / 10))
}
