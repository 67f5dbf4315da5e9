import { type LimitKind, limitKinds, workerAt } from '../counters.ts'
import type { EdgeLog } from '../log.ts'

/** At the least between two lines for one limit. */
const everyMs = 10_000
const lookMs = 1_000

/** What an operator may change, if the limit is not meant. */
const settings: Readonly<Record<LimitKind, string>> = {
  head_bytes: 'limits.headBytes',
  headers: 'limits.headers',
  target_bytes: 'limits.targetBytes',
  body_bytes: 'limits.bodyBytes',
  slow_head: 'timeouts.requestHead',
  slow_body: 'timeouts.bodyIdle',
  connections: 'limits.connections',
  connections_per_address: 'limits.connectionsPerAddress',
  queue: 'limits.queue',
  queue_time: 'timeouts.queue',
  total_time: 'timeouts.total',
  retry_budget: 'resilience.retryBudget',
  mirror_load: 'splits.*.mirrors[].percentage',
  proxy_header: 'listeners[].proxyProtocol',
  overload: '--workers, or the number of edges',
  memory: 'limits.memoryBytes, or the memory of the container',
}

/** What was told of a limit, by its index in `limitKinds`. */
export type Told = { readonly times: number; readonly atMs: number }
export type LimitNews = { readonly limit: LimitKind; readonly times: number; readonly change: string }

export const nothingTold: readonly Told[] = limitKinds.map(() => ({ times: 0, atMs: Number.NEGATIVE_INFINITY }))

/** What is to be told now that limits were met `counts` times in all. */
export function limitNews(
  before: readonly Told[],
  counts: readonly number[],
  nowMs: number,
): { readonly news: readonly LimitNews[]; readonly told: readonly Told[] } {
  const news: LimitNews[] = []
  const told = before.map((last, i) => {
    const times = counts[i]! - last.times
    if (times <= 0 || nowMs - last.atMs < everyMs) return last
    const limit = limitKinds[i]!
    news.push({ limit, times, change: settings[limit] })
    return { times: counts[i]!, atMs: nowMs }
  })
  return { news, told }
}

/** Tells of limits that were met, each now and then. `counts`: of all workers, laid out by `workerAt`. */
export function openLimitLog(options: { counts(): Float64Array; readonly log: EdgeLog }): { close(): void } {
  const { counts, log } = options
  let before = nothingTold

  function look(): void {
    const own = Array.from(counts().subarray(workerAt.limited, workerAt.limited + limitKinds.length))
    const { news, told } = limitNews(before, own, performance.now())
    before = told
    for (const { limit, times, change } of news) log.warn('a limit was met', { limit, times, change })
  }
  const timer = setInterval(look, lookMs).unref()
  return {
    close() {
      clearInterval(timer)
      look()
    },
  }
}
