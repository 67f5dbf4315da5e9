import { parentPort, workerData } from 'node:worker_threads'
import { compileRegex } from '../lib/regex.ts'
import { AccessLog } from './accessLog/accessLog.ts'
import { addressText } from './addresses.ts'
import { carrying } from './carrying.ts'
import type { ListenAddress, ListenerTls } from './config.ts'
import { Context } from './context.ts'
import { workerAt } from './counters.ts'
import { Endpoints } from './endpoints.ts'
import type { Exchange } from './exchange.ts'
import { limitNotices } from './health/notices.ts'
import type { LogFields } from './log.ts'
import { newMirroring } from './mirror/targets.ts'
import { peerLog } from './peerLog.ts'
import { AcceptQueue } from './pressure/acceptQueue.ts'
import { MemoryGauge } from './pressure/memory.ts'
import { startSampling } from './pressure/sampler.ts'
import type { FromWorker, Settings, ToWorker, WorkerData } from './protocol.ts'
import { acceptProxied } from './proxyProtocol/accept.ts'
import { type Accept, acceptClear, acceptRedirect, Listener, sweep } from './server.ts'
import { sweepEveryMs } from './sweepPace.ts'
import { buildTable, reviseTable, type Table, type TableInput } from './table.ts'
import type { TlsMaterial } from './tls/material.ts'
import type { SecureListeners } from './tls/secureListeners.ts'
import { trustOf } from './trust.ts'

/** A worker thread: its own listeners, table and connections. It shares nothing with the others but the port numbers. */

const data = workerData as WorkerData
const port = parentPort!
const counters = new Float64Array(data.block)
const notice = limitNotices((level, message, fields) => say({ kind: 'log', level, message, fields }), performance.now.bind(performance))
const endpoints = new Endpoints<Exchange>(carrying, notice)
const mirroring = newMirroring(counters, notice)
/** Told apart from other processes and workers by chance, as the instance is; nothing secret hangs on it, and node:crypto would cost each worker 1 MB. */
const requestIdPrefix = randomHex() + randomHex()
const accessLog = new AccessLog(counters, (lines) => say({ kind: 'accessLog', lines }))
let context: Context<Table<Exchange>> | undefined
let listeners: Listener[] = []
let prepared: Listener[] = []
let sweeper: NodeJS.Timeout | undefined
let sweptEveryMs = 0
const logProxyHeader = peerLog('a PROXY protocol header was not taken', warn, () => performance.now())
/** Loaded by the first configuration that has TLS. */
let secure: SecureListeners | undefined
let material: TlsMaterial | undefined
const acceptQueue = new AcceptQueue()
startSampling({
  counters,
  queue: acceptQueue,
  gauge: new MemoryGauge(new Float64Array(data.memory), data.index),
  serving: () => context && { shedding: context.shedding, memoryBytes: context.table.limits.memoryBytes },
})

function say(message: FromWorker): void {
  port.postMessage(message)
}

function warn(message: string, fields: LogFields): void {
  say({ kind: 'log', level: 'warn', message, fields })
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function prepare(version: number, addresses: readonly ListenAddress[]): Promise<void> {
  discard()
  const open = new Map(listeners.map((listener) => [listener.key, listener]))
  const bound: ListenAddress[] = []
  for (const address of addresses) {
    const present = open.get(addressText(address))
    const listener = present ?? (await Listener.bind(address, data.workers))
    if (present === undefined) prepared.push(listener)
    bound.push(listener.address)
  }
  say({ kind: 'bound', version, addresses: bound })
}

function discard(): void {
  for (const listener of prepared.splice(0)) listener.close()
}

/** How each listener takes connections, in their order. */
async function acceptsOf({ listeners }: Settings, told: TlsMaterial | 'same' | undefined): Promise<readonly Accept[]> {
  if (told !== 'same') material = told
  const clear = listeners.map(({ redirectPort }) => (redirectPort === undefined ? acceptClear : acceptRedirect(redirectPort)))
  if (material === undefined) return clear
  if (secure === undefined) {
    const { openSecureListeners } = await import('./tls/secureListeners.ts')
    secure = openSecureListeners(warn)
  }
  const secured = secure.renew(
    listeners.flatMap(({ tls }): ListenerTls[] => (tls === undefined ? [] : [tls])),
    material,
  )
  let next = 0
  return listeners.map(({ tls }, i) => (tls === undefined ? clear[i]! : secured[next++]!))
}

/** Behind the header that it may begin with, a connection is what the listener makes of it. */
function takeFrom(listener: Listener, accept: Accept, proxyProtocolFrom: readonly string[] | undefined): void {
  if (proxyProtocolFrom === undefined) listener.acceptBy(accept)
  else {
    const relays = trustOf(proxyProtocolFrom)
    listener.acceptBy(acceptProxied(relays, accept, logProxyHeader), relays)
  }
}

async function apply({ version, settings, update, blocks, keys, tls }: Extract<ToWorker, { kind: 'apply' }>): Promise<void> {
  const accepts = await acceptsOf(settings, tls)
  const before = context?.table
  if (update.kind === 'delta' && update.base !== before?.version) return say({ kind: 'behind', version })
  const input: TableInput<Exchange> = { version, settings, blocks, before, endpoints, mirroring, regex: compileRegex, phaseOf, keys, nowS }
  const table = update.kind === 'whole' ? buildTable(update.routing, input) : reviseTable(before!, update.delta, input)
  if (context === undefined) context = new Context(table, counters, data.instanceId, requestIdPrefix)
  else context.use(table)
  if (settings.accessLog !== undefined) accessLog.use(settings.accessLog)
  else accessLog.flushIfFree()
  context.accessLog = settings.accessLog && accessLog
  endpoints.settle()
  mirroring.endpoints.settle()
  counters[workerAt.tableVersion] = version
  const wanted = new Set(settings.listeners.map((listener) => addressText(listener.address)))
  const places = new Map(settings.listeners.map(({ address }, i) => [addressText(address), i]))
  for (const listener of [...listeners, ...prepared]) {
    const place = places.get(listener.key)
    if (place !== undefined) takeFrom(listener, accepts[place]!, settings.listeners[place]!.proxyProtocolFrom)
  }
  for (const listener of prepared) listener.open(context)
  for (const listener of listeners) if (!wanted.has(listener.key)) listener.close()
  listeners = [...listeners, ...prepared].filter((listener) => wanted.has(listener.key))
  prepared = []
  acceptQueue.watch(listeners.flatMap((listener) => listener.doors))
  keepSweeping(context)
  say({ kind: 'applied', version })
}

function nowS(): number {
  return Math.floor(Date.now() / 1000)
}

/** Random from process to process; within one the workers' phases lie evenly, so that together they are nearly as exact as one. */
function phaseOf(key: string): number {
  let hash = 0x811c9dc5
  for (const character of `${data.instanceId} ${key}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return ((hash >>> 0) / 2 ** 32 + data.index / data.workers) % 1
}

function randomHex(): string {
  return Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
}

/** Left alone where its pace stays: begun anew by each change, a run of quick changes would keep it from ever coming round. */
function keepSweeping(owner: Context<Table<Exchange>>): void {
  const { policy, splits, timeouts } = owner.table
  const everyMs = sweepEveryMs(timeouts, [policy, ...[...splits.values()].map((split) => split.policy)])
  if (everyMs === sweptEveryMs) return
  clearInterval(sweeper)
  sweptEveryMs = everyMs
  const pools = [endpoints, mirroring.endpoints]
  // Not by the timer itself, which comes before what has arrived is read: after a standstill, answers that came in time would count as late.
  sweeper = setInterval(() => setImmediate(sweep, owner, pools), everyMs)
}

/**
 * On shutdown: how long a kept connection may still bring a request, whose answer tells its client to go elsewhere. A client that asks more seldom is
 * closed under; its next request may be on its way just then, and is lost.
 */
const idleGraceMs = 1_000

async function drain(drainMs: number): Promise<void> {
  discard()
  for (const listener of listeners.splice(0)) listener.close()
  const { promise, resolve } = Promise.withResolvers<void>()
  if (context !== undefined) {
    const owner = context
    owner.leaving = true
    owner.draining = true
    const startedMs = performance.now()
    const look = (): void => {
      const passedMs = performance.now() - startedMs
      // A client that is busy learns from its next answer that the connection ends; closed under its request, it would lose that.
      if (passedMs > Math.min(idleGraceMs, drainMs)) for (const client of owner.clients) client.drain()
      if (owner.clients.size > 0 && passedMs < drainMs) return
      clearInterval(poll)
      for (const client of owner.clients) client.destroy()
      for (const upstream of owner.upstreams) upstream.destroy()
      resolve()
    }
    // Not by the timer itself, which comes before what has arrived is read: a request in the socket's buffer would be lost with its connection.
    const poll = setInterval(() => setImmediate(look), 20)
    await promise
  }
  clearInterval(sweeper)
  accessLog.flush()
  say({ kind: 'drained' })
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'prepare':
      return prepare(message.version, message.listeners)
    case 'apply':
      return apply(message)
    case 'discard':
      return discard()
    case 'leave':
      if (context !== undefined) context.leaving = true
      return
    case 'drain':
      return drain(message.drainMs)
    case 'accessLogWritten':
      return accessLog.sent()
  }
}

port.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    discard()
    endpoints.discard()
    mirroring.endpoints.discard()
    if ('version' in message) say({ kind: 'refused', version: message.version, message: reason(error) })
    else say({ kind: 'log', level: 'error', message: `${message.kind} failed: ${reason(error)}`, fields: {} })
  })
})
