import type { AccessLogSink } from './accessLog/accessLogSink.ts'
import { type BoundAddress, keepPorts } from './addresses.ts'
import type { Ledger } from './blocks.ts'
import type { EdgeConfig, ListenAddress } from './config.ts'
import type { Lane } from './lane.ts'
import type { EdgeLog } from './log.ts'
import { memoryLimitBytes, oldGenerationMb } from './pressure/memory.ts'
import type { RoutingUpdate, ToWorker } from './protocol.ts'
import type { StickyKeys } from './sticky/sticky.ts'
import { type Answer, startThread, type WorkerThread } from './thread.ts'
import type { TlsMaterial } from './tls/material.ts'
import { type Given, openUpdates, settingsOf, splitsIn } from './update.ts'

export type ChangeOutcome = { readonly kind: 'applied' } | { readonly kind: 'refused'; readonly message: string }

export type WorkerStatus = {
  readonly index: number
  /** The version of the table that it serves by; absent while it serves nothing. */
  readonly appliedVersion: number | undefined
  /** How often it had to be replaced. */
  readonly replaced: number
}

/** The worker threads: given tables in two phases, so that all of them have a table or none has; replaced when they die. */
export type Crew = {
  /** To be called in the lane. Refused: nothing has changed. */
  change(version: number, config: EdgeConfig): Promise<ChangeOutcome>
  /** All workers tell their clients to go elsewhere. */
  leave(): void
  /** To be called in the lane. Resolves when all in flight has ended, or `drainMs` is over. */
  drain(drainMs: number): Promise<void>
  /** Ends all threads; final. */
  end(): Promise<void>
  /** Ends one thread with whatever it has in flight; another takes its place. */
  replace(worker: number): Promise<void>
  status(): readonly WorkerStatus[]
  listeners(): readonly ListenAddress[]
}

export type CrewTiming = {
  /** For each phase of the first table: threads that start on a busy machine, or with a fraction of a core, take seconds before they can answer. */
  readonly startMs: number
  /** For each phase of a change. */
  readonly answerMs: number
  /** Between a worker's death and its replacement, doubled by each death in quick succession. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** A worker that lived this long was sound: the next is started without delay. */
  readonly soundAfterMs: number
  /** Beyond the drain time, until a worker that does not answer is ended. */
  readonly drainGraceMs: number
}
export const crewTiming: CrewTiming = {
  startMs: 30_000,
  answerMs: 5_000,
  backoffMs: 100,
  maxBackoffMs: 10_000,
  soundAfterMs: 10_000,
  drainGraceMs: 2_000,
}

type Slot = {
  readonly index: number
  thread: WorkerThread | undefined
  startedAt: number
  appliedVersion: number | undefined
  /** What its table was built from, where that is certain. */
  given: Given | undefined
  /** By which it does handshakes, as far as that is certain. */
  tls: TlsMaterial | undefined
  replaced: number
  quickDeaths: number
  timer: NodeJS.Timeout | undefined
}
type Table = { readonly version: number; readonly config: EdgeConfig; readonly addresses: readonly BoundAddress[] }

export function openCrew(options: {
  readonly workers: number
  readonly workerUrl: URL
  readonly instanceId: string
  readonly ledger: Ledger
  readonly lane: Lane
  readonly log: EdgeLog
  readonly accessLog: AccessLogSink
  /** For sticky cookies, as they are at the moment. */
  keys(): StickyKeys
  tls(config: EdgeConfig): TlsMaterial | undefined
  /** Names of endpoints replaced by what they stand for at the moment. */
  resolve(config: EdgeConfig): EdgeConfig
  readonly timing: CrewTiming
}): Crew {
  const { workers, workerUrl, instanceId, ledger, lane, log, accessLog, keys, tls: tlsFor, resolve, timing } = options
  const slots = Array.from({ length: workers }, (_, index): Slot => newSlot(index))
  const updates = openUpdates()
  let present: Table | undefined
  let ended = false
  let leaving = false

  function start(slot: Slot, { limits }: EdgeConfig): WorkerThread {
    clearTimeout(slot.timer)
    slot.startedAt = performance.now()
    const data = { index: slot.index, workers, instanceId, block: ledger.workerBlock(slot.index), memory: ledger.memoryBlock }
    const maxOldGenerationSizeMb = oldGenerationMb(memoryLimitBytes(limits.memoryBytes), workers)
    slot.thread = startThread({ url: workerUrl, data, maxOldGenerationSizeMb, log, accessLog, onExit: () => afterDeath(slot) })
    return slot.thread
  }

  function afterDeath(slot: Slot): void {
    slot.thread = undefined
    slot.appliedVersion = undefined
    slot.given = undefined
    slot.tls = undefined
    ledger.bury(slot.index)
    if (ended) return
    slot.replaced++
    slot.quickDeaths = performance.now() - slot.startedAt < timing.soundAfterMs ? slot.quickDeaths + 1 : 0
    const delayMs = slot.quickDeaths === 0 ? 0 : Math.min(timing.backoffMs * 2 ** (slot.quickDeaths - 1), timing.maxBackoffMs)
    log.error('a worker has ended; another takes its place', { worker: slot.index, inMs: delayMs })
    slot.timer = setTimeout(() => void lane(() => refill(slot)), delayMs)
  }

  /** Not before there is a table: the first one is what `change` starts threads for. */
  async function refill(slot: Slot): Promise<void> {
    if (ended || slot.thread !== undefined || present === undefined) return
    const thread = start(slot, present.config)
    const prepared = await prepare(slot, present.version, boundOf(present))
    const applied = prepared.kind === 'bound' ? await apply(slot, present) : prepared
    if (applied.kind === 'applied') return log.info('a worker serves again', { worker: slot.index })
    log.error('a new worker could not be put to work', { worker: slot.index, reason: reasonOf(slot.index, applied) })
    await thread.terminate()
  }

  function patienceMs(): number {
    return present === undefined ? timing.startMs : timing.answerMs
  }

  function prepare(slot: Slot, version: number, listeners: readonly ListenAddress[]): Promise<Answer> {
    return slot.thread?.ask({ kind: 'prepare', version, listeners }, patienceMs()) ?? Promise.resolve({ kind: 'gone' })
  }

  function give(slot: Slot, { version, config, keys }: Given, update: RoutingUpdate): Promise<Answer> {
    const blocks = ledger.blocksFor(slot.index, splitsIn(update))
    const tls = tlsFor(config)
    const same = tls !== undefined && tls === slot.tls
    const message: ToWorker = { kind: 'apply', version, settings: settingsOf(config), update, blocks, keys, ...(tls && { tls: same ? 'same' : tls }) }
    slot.tls = undefined
    return slot.thread?.ask(message, patienceMs()) ?? Promise.resolve({ kind: 'gone' })
  }

  async function apply(slot: Slot, table: Table): Promise<Answer> {
    const { version, config } = table
    const given: Given = { version, config: resolve(config), keys: keys() }
    let answer = await give(slot, given, updates.between(slot.given, given))
    if (answer.kind === 'behind') answer = await give(slot, given, updates.between(undefined, given))
    slot.given = answer.kind === 'applied' ? given : undefined
    slot.tls = answer.kind === 'applied' ? tlsFor(given.config) : undefined
    if (answer.kind === 'applied') slot.appliedVersion = version
    // One that has taken another's place meanwhile does not know.
    if (leaving) slot.thread?.tell({ kind: 'leave' })
    return answer
  }

  /** Binds in all workers. Where the system is to choose a port, the first worker's choice is what the others are told. */
  async function prepareAll(version: number, wanted: readonly ListenAddress[]): Promise<{ answers: Answer[]; addresses: ListenAddress[] }> {
    const answers: Answer[] = []
    let addresses = [...wanted]
    for (const slot of slots) {
      if (!addresses.some((address) => address.port === 0)) break
      const answer = await prepare(slot, version, addresses)
      answers.push(answer)
      if (answer.kind === 'bound') addresses = addresses.map((address, i) => answer.addresses[i] ?? address)
      else if (answer.kind !== 'gone') return { answers, addresses }
    }
    answers.push(...(await Promise.all(slots.slice(answers.length).map((slot) => prepare(slot, version, addresses)))))
    return { answers, addresses }
  }

  async function change(version: number, config: EdgeConfig): Promise<ChangeOutcome> {
    for (const slot of slots) if (slot.thread === undefined) start(slot, config)
    const asked = config.listeners.map((listener) => listener.address)
    const { answers, addresses } = await prepareAll(version, keepPorts(asked, present?.addresses ?? []))
    const against = answers.findIndex((answer) => answer.kind === 'refused' || answer.kind === 'late')
    if (against >= 0 || !answers.some((answer) => answer.kind === 'bound')) {
      await discard(version)
      return { kind: 'refused', message: reasonOf(Math.max(against, 0), answers[Math.max(against, 0)]!) }
    }
    const table: Table = {
      version,
      config: { ...config, listeners: config.listeners.map((listener, i) => ({ ...listener, address: addresses[i]! })) },
      addresses: asked.map((address, i) => ({ asked: address, bound: addresses[i]! })),
    }
    return applyAll(
      table,
      slots.filter((_, i) => answers[i]?.kind === 'bound'),
    )
  }

  /** A worker that dies or hangs here is replaced by one that has the new table; one that refuses takes the change back everywhere. */
  async function applyAll(table: Table, bound: readonly Slot[]): Promise<ChangeOutcome> {
    const answers = await Promise.all(bound.map((slot) => apply(slot, table)))
    const refusal = answers.findIndex((answer) => answer.kind === 'refused')
    if (refusal >= 0 || !answers.some((answer) => answer.kind === 'applied')) {
      await restore(bound)
      return { kind: 'refused', message: reasonOf(bound[Math.max(refusal, 0)]!.index, answers[Math.max(refusal, 0)]!) }
    }
    present = table
    await Promise.all(bound.map((slot, i) => (answers[i]!.kind === 'late' ? slot.thread?.terminate() : undefined)))
    return { kind: 'applied' }
  }

  async function discard(version: number): Promise<void> {
    for (const slot of slots) slot.thread?.tell({ kind: 'discard', version })
    // A thread without a table serves nothing; let the way of replacement give it the present one.
    await Promise.all(slots.map((slot) => (slot.appliedVersion === undefined ? slot.thread?.terminate() : undefined)))
  }

  async function restore(touched: readonly Slot[]): Promise<void> {
    const table = present
    await Promise.all(
      touched.map(async (slot) => {
        const prepared = table === undefined ? undefined : await prepare(slot, table.version, boundOf(table))
        const applied = prepared?.kind === 'bound' ? await apply(slot, table!) : prepared
        if (applied?.kind !== 'applied') await slot.thread?.terminate()
      }),
    )
  }

  return {
    change,
    leave() {
      leaving = true
      for (const slot of slots) slot.thread?.tell({ kind: 'leave' })
    },
    async drain(drainMs) {
      ended = true
      for (const slot of slots) clearTimeout(slot.timer)
      const answers = await Promise.all(slots.map((slot) => slot.thread?.ask({ kind: 'drain', drainMs }, drainMs + timing.drainGraceMs)))
      for (const [index, answer] of answers.entries())
        if (answer !== undefined && answer.kind !== 'drained')
          log.warn('a worker was ended before it had drained', { worker: index, reason: reasonOf(index, answer) })
    },
    async end() {
      ended = true
      for (const slot of slots) clearTimeout(slot.timer)
      await Promise.all(slots.map((slot) => slot.thread?.terminate()))
    },
    async replace(worker) {
      await slots[worker]?.thread?.terminate()
    },
    status: () => slots.map(({ index, appliedVersion, replaced }) => ({ index, appliedVersion, replaced })),
    listeners: () => (present === undefined ? [] : boundOf(present)),
  }
}

function newSlot(index: number): Slot {
  return {
    index,
    thread: undefined,
    startedAt: 0,
    appliedVersion: undefined,
    given: undefined,
    tls: undefined,
    replaced: 0,
    quickDeaths: 0,
    timer: undefined,
  }
}

function boundOf(table: Table): readonly ListenAddress[] {
  return table.addresses.map((address) => address.bound)
}

function reasonOf(worker: number, answer: Answer): string {
  switch (answer.kind) {
    case 'refused':
      return answer.message
    case 'late':
      return `worker ${worker} did not answer within ${answer.afterMs} ms`
    case 'gone':
      return `worker ${worker} ended`
    default:
      return `worker ${worker} answered ${answer.kind} out of turn`
  }
}
