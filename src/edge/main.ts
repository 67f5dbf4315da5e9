import { extname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { randomBytes } from '../lib/crypto.ts'
import { type AccessLogSink, openAccessLogSink } from './accessLog/accessLogSink.ts'
import { type AddressTrouble, troubleWith, urlOf } from './addresses.ts'
import type { Authenticate } from './admin/guard.ts'
import { openReports } from './admin/reports.ts'
import { adminRoutes } from './admin/routes.ts'
import { type AdminServer, openAdminServer } from './admin/server.ts'
import { openSplits } from './admin/splits.ts'
import { openLedger } from './blocks.ts'
import type { EdgeConfig, ListenAddress } from './config.ts'
import { workerAt } from './counters.ts'
import { type Crew, type CrewTiming, crewTiming, openCrew, type WorkerStatus } from './crew.ts'
import { type Lane, openLane } from './lane.ts'
import type { EdgeLog } from './log.ts'
import { scrapeOf } from './metrics/scrape.ts'
import { openNames } from './names/names.ts'
import { tidyUp } from './pressure/collector.ts'
import { openLimitLog } from './pressure/limitLog.ts'
import { openWatchdog, type WatchTiming, watchTiming } from './pressure/watchdog.ts'
import { formatProblem } from './source/problem.ts'
import type { Problem, Source, TableEvent } from './source/source.ts'
import { type EdgeState, openState } from './state.ts'
import { type Keyring, openKeyring } from './sticky/keyring.ts'
import { openCertificates } from './tls/certificates.ts'

export type EdgeUrls = { readonly listeners: readonly string[]; readonly admin: string }

export type EdgeOptions = {
  readonly source: Source
  /** Threads that serve; one where the system cannot share a port between them. */
  readonly workers: number
  readonly log: EdgeLog
  /** Aborted: drain, then resolve. */
  readonly signal: AbortSignal
  /** Called once, when the first table is served. */
  onReady?(urls: EdgeUrls): void
  /** Called once with what opens log files again, for log rotation. */
  onReopenable?(reopen: () => void): void
  /** Checks the bearer tokens that the admin API then asks of everybody; absent: the token file of the configuration, or loopback. */
  readonly authenticate?: Authenticate
  /** Of the program, for the metrics. */
  readonly version?: string
  /** Another script than worker.ts, and other waits; for tests. */
  readonly workerUrl?: URL
  readonly timing?: Partial<CrewTiming & WatchTiming>
}

/** How long the series of a vanished backend stay: longer than the windows that analyses look back over. */
const keepSeriesMs = 600_000

/** On shutdown: for the last lines of the access log. */
const lastLinesMs = 1_000

/** Runs an edge until `signal` aborts. Rejects when the first configuration is refused or cannot be listened with. */
export async function runEdge(options: EdgeOptions): Promise<void> {
  const { signal } = options
  if (signal.aborted) return
  const edge = openEdge(options)
  signal.addEventListener('abort', edge.state.startDraining, { once: true })
  try {
    await follow(edge, options)
    await untilAborted(signal)
    await edge.drain()
  } finally {
    signal.removeEventListener('abort', edge.state.startDraining)
    await edge.close()
  }
}

/** Ends with the source; one that breaks does not take a table away that is in use. */
async function follow(edge: Edge, { source, log, signal }: EdgeOptions): Promise<void> {
  try {
    for await (const event of source.events(signal)) {
      if (signal.aborted) return
      if (event.kind === 'waiting') {
        await edge.lane(() => edge.standBy(event.admin))
        continue
      }
      const problems = await edge.lane(() => edge.take(event))
      if (!edge.isServing()) throw new Error(problems.map(formatProblem).join('\n'))
      for (const problem of problems) log.error(`refused, the table in use stays: ${formatProblem(problem)}`)
      edge.announce()
    }
  } catch (error) {
    if (!edge.isServing()) throw error
    log.error('the configuration is not followed any more, the table in use stays', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
}

type Edge = {
  readonly lane: Lane
  readonly state: EdgeState
  /** Answers for itself before it serves. */
  standBy(admin: EdgeConfig['admin']): Promise<void>
  /** What was wrong with it; none: it is in use. */
  take(event: TableEvent): Promise<readonly Problem[]>
  isServing(): boolean
  announce(): void
  drain(): Promise<void>
  close(): Promise<void>
}

function openEdge({ source, log, onReady, onReopenable, version = 'unknown', workerUrl = defaultWorker, timing, ...options }: EdgeOptions): Edge {
  const workers = sharesPorts() ? Math.max(1, options.workers) : 1
  if (workers < options.workers) log.warn(`one worker instead of ${options.workers}: ${process.platform} cannot share a port between them`)
  const instanceId = randomBytes(6).toString('hex')
  const lane = openLane()
  const ledger = openLedger({ workers, keepMs: keepSeriesMs, now: () => performance.now() })
  const accessLog = openAccessLogSink(log)
  onReopenable?.(accessLog.reopen)
  const keyring = openKeyring({ log, onRotated: () => void lane(reapply) })
  const certificates = openCertificates({ lane, log, onRenewed: reapply })
  const names = openNames({ lane, log, admin: () => admin.bound(), onChanged: reapply })
  const crew = openCrew({
    workers,
    workerUrl,
    instanceId,
    ledger,
    lane,
    log,
    accessLog,
    keys: () => keyring.present(),
    tls: (config) => certificates.materialFor(config),
    resolve: names.resolve,
    timing: { ...crewTiming, ...timing },
  })
  const state = openState({ crew, ledger, instanceId })
  const watchdog = openWatchdog({ beats: () => crew.status().map(beatOf), replace: crew.replace, log, timing: { ...watchTiming, ...timing } })
  const limitLog = openLimitLog({ counts: () => ledger.workerSum(), log })
  const reports = openReports({ instanceId, state, ledger, names })
  const splits = openSplits({ state, crew, ledger, lane, log })
  // The registry is loaded by the first scrape: an edge that nobody scrapes does without its 6 MB.
  const metrics = async () =>
    (await import('./metrics/metrics.ts')).renderMetrics(
      await scrapeOf({ source, state, crew, watchdog, ledger, accessLog, certificates, names, version }),
    )
  const admin = openAdminServer({
    handle: adminRoutes({
      ...{ splits, reports, metrics, authenticate: options.authenticate },
      ...{ status: state.status, workers: crew.status, stalled: watchdog.stalled },
    }),
    log,
  })
  let announced = false

  /** Of one that serves: others have deadlines of their own. */
  function beatOf({ index, appliedVersion }: WorkerStatus): number {
    return appliedVersion === undefined ? 0 : new Float64Array(ledger.workerBlock(index))[workerAt.heartbeat]!
  }

  /** With the keys and addresses as they are now; weights set by admin stay. */
  async function reapply(): Promise<void> {
    if (state.status().draining) return
    const outcome = await state.reapply()
    if (outcome.kind === 'refused') log.error('the workers did not take new keys, certificates or addresses', { reason: outcome.message })
  }

  async function accept(config: EdgeConfig): Promise<readonly Problem[]> {
    const trouble = [
      ...(await troubleWithListeners(config, crew.listeners())),
      ...listOf(await admin.prepare(config.admin)),
      ...listOf(await accessLog.prepare(config.accessLog)),
      ...(await keyring.prepare(config)),
      ...(await certificates.prepare(config)),
    ]
    if (trouble.length === 0) {
      await names.prepare(config)
      const outcome = await state.accept(config)
      if (outcome.kind === 'applied') {
        accessLog.commit()
        keyring.settle(config)
        certificates.commit(config)
        names.commit(config)
        await admin.commit(config.admin)
        log.info('a table is in use', { version: state.status().version, splits: config.routing.splits.length, routes: config.routing.routes.length })
        return []
      }
      trouble.push({ field: 'listeners', message: outcome.message, fix: 'mend what the worker named, or go back to the configuration before' })
    }
    accessLog.discard()
    keyring.settle(state.status().config)
    certificates.discard()
    names.discard()
    await admin.discard()
    return trouble.map((it) => ({ where: source.description, ...it }))
  }

  return {
    lane,
    state,
    async standBy(address) {
      if (state.status().version > 0) return
      const trouble = await admin.prepare(address)
      if (trouble !== undefined) throw new Error(formatProblem({ where: source.description, ...trouble }))
      await admin.commit(address)
    },
    async take(event) {
      const problems = event.kind === 'refused' ? event.problems : await accept(event.config)
      if (event.kind === 'refused' || problems.length > 0) state.countRejected()
      return problems
    },
    isServing: () => state.status().version > 0,
    announce() {
      const adminAddress = admin.address()
      if (announced || adminAddress === undefined) return
      announced = true
      const schemes = state.status().config?.listeners.map(({ tls }) => (tls === undefined ? 'http' : 'https'))
      const urls = { listeners: crew.listeners().map((address, i) => urlOf(address, schemes?.[i])), admin: urlOf(adminAddress) }
      log.info('ready', { listeners: urls.listeners.join(' '), admin: urls.admin })
      onReady?.(urls)
      // This thread has done most of what it will ever do: modules, file and table leave 4 MB behind, which V8 would keep.
      tidyUp()
    },
    drain: () => drainAll({ state, lane, crew, log }),
    close() {
      watchdog.close()
      limitLog.close()
      reports.close()
      certificates.close()
      names.close()
      return closeAll(crew, admin, accessLog, keyring)
    },
  }
}

/** Here and not in the default of a parameter: sources are .ts, what is published is .js. */
const defaultWorker = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)

function sharesPorts(): boolean {
  return process.platform !== 'darwin' && process.platform !== 'win32'
}

/**
 * Addresses that no worker listens on yet must be free. A port that is in use by this edge is passed over, because a listener on all
 * addresses and one on a single address of the same port exclude each other in this test, though workers may share them.
 */
async function troubleWithListeners(config: EdgeConfig, present: readonly ListenAddress[]): Promise<AddressTrouble[]> {
  const own = new Set(present.map((address) => address.port))
  const trouble: AddressTrouble[] = []
  for (const [i, { address }] of config.listeners.entries())
    if (!own.has(address.port)) trouble.push(...listOf(await troubleWith(address, `listeners[${i}].address`)))
  return trouble
}

/** Not ready at once; new connections are accepted until those who balance have noticed, then none. */
async function drainAll(edge: { readonly state: EdgeState; readonly lane: Lane; readonly crew: Crew; readonly log: EdgeLog }): Promise<void> {
  const { state, lane, crew, log } = edge
  state.startDraining()
  const timeouts = state.status().config?.timeouts
  if (timeouts === undefined) return
  log.info('draining', { delayMs: timeouts.drainDelayMs, drainMs: timeouts.drainMs })
  crew.leave()
  await delay(timeouts.drainDelayMs)
  await lane(() => crew.drain(timeouts.drainMs))
}

/** After the workers, whose last lines are on their way. */
async function closeAll(crew: Crew, admin: AdminServer, accessLog: AccessLogSink, keyring: Keyring): Promise<void> {
  keyring.close()
  await Promise.all([admin.close(), crew.end()])
  await accessLog.close(lastLinesMs)
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}
