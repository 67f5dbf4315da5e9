import { readdir } from 'node:fs/promises'
import type { AccessLogSink } from '../accessLog/accessLogSink.ts'
import type { Ledger } from '../blocks.ts'
import { defaultMetricAliases } from '../config.ts'
import type { Crew } from '../crew.ts'
import type { Names } from '../names/names.ts'
import type { Watchdog } from '../pressure/watchdog.ts'
import type { Source } from '../source/source.ts'
import type { EdgeState } from '../state.ts'
import type { Certificates } from '../tls/certificates.ts'
import type { Scrape } from './families.ts'

/** Asks all parts of an edge for what they count. */
export async function scrapeOf(edge: {
  readonly source: Source
  readonly state: EdgeState
  readonly crew: Crew
  readonly watchdog: Watchdog
  readonly ledger: Ledger
  readonly accessLog: AccessLogSink
  readonly certificates: Certificates
  readonly names: Names
  readonly version: string
}): Promise<Scrape> {
  const { version, config, appliedAt, rejected } = edge.state.status()
  const workers = edge.crew.status()
  const { user, system } = process.cpuUsage()
  return {
    series: edge.ledger.series(),
    worker: edge.ledger.workerSum(),
    aliases: config?.metricAliases ?? defaultMetricAliases,
    accessLog: edge.accessLog.counts(),
    certificates: edge.certificates.expiries(),
    names: edge.names.counts(),
    workers: {
      wanted: workers.length,
      serving: workers.filter((worker) => worker.appliedVersion !== undefined).length,
      replaced: workers.reduce((sum, worker) => sum + worker.replaced, 0),
      stalls: edge.watchdog.stalls(),
    },
    source: edge.source.status?.(),
    table: { version, appliedAt, rejected, routing: config?.routing },
    build: { version: edge.version, node: process.version },
    process: {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      startedAt: new Date(performance.timeOrigin),
      openFiles: await countOpenFiles(),
    },
  }
}

async function countOpenFiles(): Promise<number | undefined> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return undefined // No such folder beyond Linux.
  }
}
