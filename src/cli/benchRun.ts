/** Carries out a comparison: looks whether every version can be reached, warms up, sends, and adds up. */
import { openHistogram } from '../lib/histogram.ts'
import { type HttpLoad, type LoadTarget, type Outcome, openHttpLoad, type Result } from '../lib/httpLoad.ts'
import { quantile } from '../lib/intervals.ts'
import { evenArrivals, poissonArrivals, runOpenLoop, systemClock } from '../lib/openLoop.ts'
import { type AdminAddress, readCounters, since } from './benchEdge.ts'
import type { Arm, Plan } from './benchPlan.ts'
import { type OpenTally, openTally, type Tally, tallyOf } from './benchTally.ts'

export type LoadSettings = {
  readonly split: string
  readonly url: string
  readonly path: string
  /** Requests a second, of all versions together. */
  readonly rate: number
  readonly poisson: boolean
  readonly durationMs: number
  readonly warmupMs: number
  readonly timeoutMs: number
  readonly concurrency: number
}

export type Progress = { readonly elapsedMs: number; readonly durationMs: number; readonly answered: number; readonly failed: number }

export type Measurement = {
  readonly ranMs: number
  readonly isInterrupted: boolean
  readonly versions: readonly { readonly name: string; readonly via: string; readonly tally: Tally }[]
  /** Of answers that name no version; undefined where that cannot be. */
  readonly unattributed: Tally | undefined
  readonly all: Tally
  readonly schedule: {
    readonly due: number
    /** How many found no free connection when they were due. */
    readonly waited: number
    readonly unsent: number
    /** Given up because the run was stopped; counted nowhere else. */
    readonly abandoned: number
    /** How late the sender itself was. */
    readonly lagMs: { readonly p50: number; readonly p99: number; readonly max: number }
  }
}

type Run = {
  readonly settings: LoadSettings
  readonly plan: Plan
  readonly admin: AdminAddress | undefined
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

const progressMs = 250
/** What is still out when the user stops has so long to come back. */
const stopGraceMs = 1_000
/** How long the edge may take to show in its counters what it has answered. */
const countedWithinMs = 2_000

/** Throws, in words for people, when no version can be reached, or one that was to be is not. */
export async function runBench(run: Run): Promise<Measurement> {
  const { settings, plan, admin, signal } = run
  const load = openHttpLoad({ connections: settings.concurrency, timeoutMs: settings.timeoutMs })
  try {
    const names = await tryArms(load, run)
    if (settings.warmupMs > 0) {
      await send(load, run, { durationMs: settings.warmupMs, add: () => undefined })
      await settle(load, settings.timeoutMs, signal)
    }
    const before = plan.attribution.kind === 'counters' && admin !== undefined ? await readCounters(admin, settings.split) : undefined
    const measured = await measure(load, run, names)
    if (before === undefined || admin === undefined) return measured
    const after = await readCounters(admin, settings.split)
    const versions = plan.versions.flatMap((version) => {
      const counted = after.get(version.name)
      return counted === undefined ? [] : [{ ...version, tally: tallyOf(since(before.get(version.name), counted)) }]
    })
    return { ...measured, versions }
  } finally {
    load.close()
  }
}

async function measure(load: HttpLoad, run: Run, names: ReadonlyMap<Arm, string>): Promise<Measurement> {
  const { settings, plan, signal } = run
  const tallies = new Map<string, OpenTally>(plan.versions.map(({ name }) => [name, openTally()]))
  const tallyFor = (name: string): OpenTally => {
    const tally = tallies.get(name) ?? openTally()
    tallies.set(name, tally)
    return tally
  }
  const unattributed = openTally()
  const all = openTally()
  const lag = openHistogram()
  const counts = { due: 0, waited: 0, unsent: 0, abandoned: 0 }
  let answered = 0
  let failed = 0
  const startedAt = performance.now()
  const timer = setInterval(() => {
    run.onProgress({ elapsedMs: performance.now() - startedAt, durationMs: settings.durationMs, answered, failed })
  }, progressMs)
  const add = (arm: Arm, { outcome, dueAt, endedAt }: Result): void => {
    if (outcome.kind === 'abandoned') counts.abandoned++
    else {
      if (outcome.kind === 'unsent') counts.unsent++
      if (outcome.kind === 'answered') answered++
      if (outcome.kind !== 'answered' || outcome.status >= 400) failed++
      const name = plan.attribution.kind === 'header' ? (versionIn(outcome, plan.attribution.name) ?? names.get(arm)) : arm.version
      for (const tally of [all, name === undefined ? unattributed : tallyFor(name)]) tally.add(outcome, endedAt - dueAt)
    }
  }
  const onDue = (dueAt: number): void => {
    counts.due++
    lag.add(performance.now() - dueAt)
    if (load.outstanding() >= settings.concurrency) counts.waited++
  }
  try {
    const ranMs = await send(load, run, { durationMs: settings.durationMs, add, onDue })
    await settle(load, settings.timeoutMs, signal)
    load.close()
    const lagAt = (q: number): number => (counts.due === 0 ? 0 : quantile(lag.cells(), q, 0.95).value)
    const via = new Map([
      ...plan.versions.map((version) => [version.name, version.via] as const),
      ...[...names].map(([arm, name]) => [name, arm.via] as const),
    ])
    return {
      ranMs,
      isInterrupted: signal.aborted,
      versions: [...tallies].map(([name, tally]) => ({ name, via: via.get(name) ?? 'weight', tally: tally.read() })),
      unattributed: plan.attribution.kind === 'header' ? unattributed.read() : undefined,
      all: all.read(),
      schedule: { ...counts, lagMs: { p50: lagAt(0.5), p99: lagAt(0.99), max: lag.max() } },
    }
  } finally {
    clearInterval(timer)
  }
}

type Sending = { readonly durationMs: number; readonly add: (arm: Arm, result: Result) => void; readonly onDue?: (dueAt: number) => void }

function send(load: HttpLoad, { settings, plan, signal }: Run, { durationMs, add, onDue }: Sending): Promise<number> {
  const targets = new Map(plan.arms.map((arm) => [arm, targetOf(arm, settings)]))
  const round: Arm[] = []
  return runOpenLoop({
    clock: systemClock,
    arrivals: settings.poisson ? poissonArrivals(settings.rate, Math.random) : evenArrivals(settings.rate),
    durationMs,
    signal,
    onDue(dueAt) {
      // Every round has each version once, in an order of its own: nothing that repeats can favour one of them.
      if (round.length === 0) round.push(...shuffled(plan.arms))
      const arm = round.pop()!
      onDue?.(dueAt)
      load.send(targets.get(arm)!, dueAt, (result) => add(arm, result))
    },
  })
}

/** Waits for what is out: until all of it has come or timed out, or a moment once the user has had enough. */
async function settle(load: HttpLoad, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(timeoutMs + 1_000)
  await load.idle(AbortSignal.any([signal, late]))
  if (signal.aborted) await load.idle(AbortSignal.timeout(stopGraceMs))
}

/**
 * One request to each version before the load: a mistyped path or a route that another one shadows would measure something else than it says.
 * Resolves to the version that each arm's answer names, where answers name them.
 */
async function tryArms(load: HttpLoad, { settings, plan, admin, signal }: Run): Promise<ReadonlyMap<Arm, string>> {
  const names = new Map<Arm, string>()
  for (const arm of plan.arms) {
    const before = admin === undefined ? undefined : await countOf(admin, settings.split, arm)
    const { outcome } = await new Promise<Result>((resolve) => load.send(targetOf(arm, settings), performance.now(), resolve))
    if (signal.aborted) return names
    if (outcome.kind !== 'answered')
      throw new Error(
        `nothing answers at ${settings.url}${settings.path} (${outcome.kind === 'broken' ? outcome.reason : outcome.kind}); is the edge there?`,
      )
    if (admin !== undefined && before !== undefined) await untilCounted(admin, { arm, settings, before, status: outcome.status })
    const { attribution } = plan
    if (attribution.kind !== 'header') continue
    const name = versionIn(outcome, attribution.name)
    if (name === undefined)
      throw new Error(`the answer of ${settings.url}${settings.path} (${outcome.status}) has no header ${attribution.name}, which --by-header names`)
    if (arm.version !== undefined) names.set(arm, name)
  }
  return names
}

type Expected = { readonly arm: Arm; readonly settings: LoadSettings; readonly before: number; readonly status: number }

async function untilCounted(admin: AdminAddress, { arm, settings, before, status }: Expected): Promise<void> {
  const deadline = performance.now() + countedWithinMs
  while ((await countOf(admin, settings.split, arm)) <= before) {
    if (performance.now() > deadline) {
      const whom = arm.version === undefined ? `the split ${settings.split}` : `${arm.version}, which ${arm.via} was to reach`
      throw new Error(
        `${settings.url}${settings.path} answered ${status}, but the edge counted no request for ${whom}; does the edge send that --path (and --header 'Host: …') to the split, and does --admin belong to the same edge?`,
      )
    }
    await systemClock.waitUntil(performance.now() + 50, AbortSignal.timeout(countedWithinMs))
  }
}

async function countOf(admin: AdminAddress, split: string, arm: Arm): Promise<number> {
  let count = 0
  for (const [backend, { codes }] of await readCounters(admin, split)) {
    if (arm.version !== undefined && backend !== arm.version) continue
    for (const requests of codes.values()) count += requests
  }
  return count
}

function targetOf({ headers }: Arm, { url, path }: LoadSettings): LoadTarget {
  return { url: new URL(path, url), method: 'GET', headers: { 'User-Agent': 'spillway-bench', ...headers } }
}

function versionIn(outcome: Outcome, header: string): string | undefined {
  const value = outcome.kind === 'answered' ? outcome.headers[header] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A fair order (Fisher and Yates). */
function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const item = order[i]!
    order[i] = order[j]!
    order[j] = item
  }
  return order
}
