import { isDeepStrictEqual } from 'node:util'
import { addressText } from '../addresses.ts'
import { type Dns, defaultDns, type EdgeConfig, type ListenAddress } from '../config.ts'
import type { Lane } from '../lane.ts'
import type { EdgeLog } from '../log.ts'
import { addressesOf, type Cached, dropAtMs, dropStale, learn, staleMs, unknown } from './cache.ts'
import { type Clock, monotonic } from './clock.ts'
import { type Found, type LookUp, type LookupOutcome, lookUp as lookUpWithDns } from './lookup.ts'
import { machineAddresses } from './machine.ts'
import { openNotices } from './notices.ts'
import { namesIn, type Routed, routedBy } from './routed.ts'
import { type OwnAddress, targetRules } from './targets.ts'

/** Endpoints by name: asked for by the main thread, so that workers get addresses alone, and only those that may be targets. */
export type Names = {
  /** To be called in the lane, before a configuration is applied; `commit` or `discard` follows. Gives new names a moment to be answered. */
  prepare(config: EdgeConfig): Promise<void>
  commit(config: EdgeConfig): void
  discard(): void
  /** The configuration as workers get it, by what the names stand for now; the same again for the same value. Its listeners are the bound ones. */
  resolve(config: EdgeConfig): EdgeConfig
  /** How many endpoints a backend has in what was resolved last. */
  countOf(split: string, backend: string): number
  counts(): NameCounts
  close(): void
}

export type NameCounts = {
  readonly resolutions: Readonly<Record<LookupOutcome, number>>
  readonly names: readonly { readonly name: string; readonly addresses: number; readonly staleSeconds: number }[]
  /** Addresses that are left out now, by the host as it was written. */
  readonly refused: ReadonlyMap<string, number>
}

export type NameTimes = {
  /** For each question. */
  readonly answerMs: number
  /** How long a configuration waits for its new names. */
  readonly prepareMs: number
  /** Between a change of addresses and its application: many names tend to change at once. */
  readonly settleMs: number
  /** Where workers did not take a change. */
  readonly retryMs: number
}
const usualTimes: NameTimes = { answerMs: 5_000, prepareMs: 2_000, settleMs: 50, retryMs: 1_000 }

type Given = {
  readonly config: EdgeConfig
  readonly revision: number
  readonly resolved: EdgeConfig
  readonly routed: Routed
  readonly endpoints: ReadonlyMap<string, number>
}
type Entry = {
  readonly name: string
  cached: Cached
  asking: Promise<void> | undefined
  /** Who was asked last. */
  servers: readonly string[]
}

/** `onChanged` is called in the lane when the configuration in use is to be applied anew. `admin`: where the admin interface listens. */
export function openNames(options: {
  readonly lane: Lane
  readonly log: EdgeLog
  admin(): readonly ListenAddress[]
  onChanged(): Promise<void>
  readonly times?: Partial<NameTimes>
  readonly clock?: Clock
  readonly lookUp?: LookUp
  interfaces?(): readonly string[]
}): Names {
  const { lane, log, admin, onChanged, clock = monotonic, lookUp = lookUpWithDns, interfaces = machineAddresses } = options
  const times = { ...usualTimes, ...options.times }
  const notices = openNotices(log, clock)
  const stop = new AbortController()
  const entries = new Map<string, Entry>()
  const resolutions: Record<LookupOutcome, number> = { addresses: 0, none: 0, timeout: 0, failed: 0 }
  let dns: Dns = defaultDns
  let committed: EdgeConfig | undefined
  /** What workers were given last; by `revision` it may be out of date. */
  let given: Given | undefined
  let revision = 0
  let cancelWake = (): void => undefined
  let cancelChange: (() => void) | undefined

  function route(config: EdgeConfig): Routed {
    const machine = interfaces()
    const rules = targetRules({ own: ownOf(config, admin()), allowedTargets: config.allowedTargets ?? [], interfaces: machine })
    return routedBy(config.routing, { rules, interfaces: machine, addressesOf: (name) => knownOf(name) })
  }

  function knownOf(name: string): readonly string[] {
    const entry = entries.get(name)
    return entry === undefined ? [] : addressesOf(entry.cached)
  }

  function ask(entry: Entry, { servers }: Dns): Promise<void> {
    if (entry.asking !== undefined) return entry.asking
    entry.servers = servers
    entry.asking = lookUp({ name: entry.name, servers, deadlineMs: times.answerMs, signal: stop.signal }).then((found) => {
      entry.asking = undefined
      if (stop.signal.aborted || entries.get(entry.name) !== entry) return
      take(entry, found)
      wakeInTime()
    })
    return entry.asking
  }

  function take(entry: Entry, found: Found): void {
    resolutions[found.outcome]++
    const failuresBefore = entry.cached.failures
    set(entry, learn(entry.cached, found.answer, clock.nowMs(), Math.random()))
    if (found.outcome === 'addresses') {
      if (failuresBefore > 0) notices.found(entry.name, addressesOf(entry.cached).length)
    } else if (failuresBefore === 0) notices.missed(entry.name, found, addressesOf(entry.cached).length)
    drop(entry)
  }

  function drop(entry: Entry): void {
    const dropped = dropStale(entry.cached, clock.nowMs(), dns.maxStaleMs)
    if (dropped === entry.cached) return
    set(entry, dropped)
    if (addressesOf(dropped).length === 0) notices.dropped(entry.name, dns.maxStaleMs)
  }

  function set(entry: Entry, cached: Cached): void {
    const changed = !isDeepStrictEqual(addressesOf(entry.cached), addressesOf(cached))
    entry.cached = cached
    if (!changed) return
    revision++
    changeIn(times.settleMs)
  }

  function changeIn(ms: number): void {
    cancelChange ??= clock.after(ms, () => {
      cancelChange = undefined
      void lane(applyChange)
    })
  }

  /** Not where it would change nothing, as when all of the new addresses are refused. */
  async function applyChange(): Promise<void> {
    if (stop.signal.aborted || given === undefined || committed === undefined || given.revision === revision) return
    const routed = route(given.config)
    if (isDeepStrictEqual(routed.routing, given.routed.routing)) {
      for (const leftOut of routed.leftOut) notices.leftOut(leftOut)
      given = { ...given, revision, routed }
    } else {
      await onChanged()
      if (given.revision !== revision) changeIn(times.retryMs)
    }
  }

  function wakeInTime(): void {
    cancelWake()
    const waiting = [...entries.values()].filter(({ asking }) => asking === undefined)
    const atMs = Math.min(...waiting.map(({ cached }) => Math.min(cached.askAtMs, dropAtMs(cached, dns.maxStaleMs))))
    if (atMs === Number.POSITIVE_INFINITY) return
    cancelWake = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      for (const entry of entries.values()) {
        if (entry.asking !== undefined) continue
        drop(entry)
        if (entry.cached.askAtMs <= clock.nowMs()) void ask(entry, dns)
      }
      wakeInTime()
    })
  }

  function forgetAllBut(config: EdgeConfig | undefined): void {
    const wanted = config === undefined ? new Set() : namesIn(config.routing)
    for (const name of [...entries.keys()]) if (!wanted.has(name)) entries.delete(name)
    wakeInTime()
  }

  return {
    async prepare(config) {
      const settings = config.dns ?? defaultDns
      const fresh: Entry[] = []
      for (const name of namesIn(config.routing)) {
        if (entries.has(name)) continue
        const entry: Entry = { name, cached: unknown(clock.nowMs()), asking: undefined, servers: [] }
        entries.set(name, entry)
        fresh.push(entry)
      }
      if (fresh.length === 0) return
      const late = Promise.withResolvers<void>()
      const cancel = clock.after(times.prepareMs, late.resolve)
      await Promise.race([Promise.all(fresh.map((entry) => ask(entry, settings))), late.promise])
      cancel()
    },
    commit(config) {
      committed = config
      dns = config.dns ?? defaultDns
      forgetAllBut(config)
      for (const entry of entries.values()) {
        if (addressesOf(entry.cached).length === 0) notices.unanswered(entry.name)
        if (!isDeepStrictEqual(entry.servers, dns.servers)) void ask(entry, dns)
      }
    },
    discard: () => forgetAllBut(committed),
    resolve(config) {
      // All workers get the same of one table, also one that takes a dead one's place while a change is on its way.
      if (given?.config === config) return given.resolved
      const routed = route(config)
      for (const leftOut of routed.leftOut) notices.leftOut(leftOut)
      const resolved = routed.routing === config.routing ? config : { ...config, routing: routed.routing }
      given = { config, revision, routed, resolved, endpoints: endpointCounts(routed) }
      return resolved
    },
    countOf: (split, backend) => given?.endpoints.get(`${split} ${backend}`) ?? 0,
    counts() {
      const refused = new Map<string, number>()
      for (const { written } of given?.routed.leftOut ?? []) refused.set(written, (refused.get(written) ?? 0) + 1)
      const names = [...entries.values()].map(({ name, cached }) => {
        return { name, addresses: addressesOf(cached).length, staleSeconds: staleMs(cached, clock.nowMs()) / 1_000 }
      })
      return { resolutions, names, refused }
    },
    close() {
      stop.abort()
      cancelWake()
      cancelChange?.()
    },
  }
}

function endpointCounts({ routing }: Routed): ReadonlyMap<string, number> {
  return new Map(
    routing.splits.flatMap(({ name, backends }) => backends.map((backend) => [`${name} ${backend.name}`, backend.endpoints.length] as const)),
  )
}

function ownOf({ listeners }: EdgeConfig, admin: readonly ListenAddress[]): readonly OwnAddress[] {
  return [
    ...admin.map((address): OwnAddress => ({ reason: 'admin', is: `the admin interface of the edge (${addressText(address)})`, address })),
    ...listeners.map(({ address }): OwnAddress => ({ reason: 'listener', is: `the edge itself (${addressText(address)}): a loop`, address })),
  ]
}
