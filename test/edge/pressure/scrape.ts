import type { LimitKind } from '../../../src/edge/counters.ts'
import { ask } from '../http/client.ts'
import type { Edge } from '../http/edge.ts'

/** A series of /metrics by its name and labels, as they are written there. */
export async function metric(edge: Pick<Edge, 'admin'>, series: string): Promise<number> {
  const answer = await ask(edge.admin, 'GET /metrics HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n')
  const line = answer?.body.split('\n').find((text) => text.startsWith(`${series} `))
  if (line === undefined) throw new Error(`no series ${series}`)
  return Number(line.slice(series.length + 1))
}

export function limited(edge: Pick<Edge, 'admin'>, limit: LimitKind): Promise<number> {
  return metric(edge, `spillway_edge_limited_total{limit="${limit}"}`)
}

/** Looks until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, deadlineMs = 15_000): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
