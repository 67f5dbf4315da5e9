import { createHash, randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { CompileRegex, Routing } from '../core/routing/types.ts'
import { addressText } from './addresses.ts'
import { carrying } from './carrying.ts'
import type { ListenAddress, Timeouts } from './config.ts'
import { Context } from './context.ts'
import { workerAt } from './counters.ts'
import { Endpoints } from './endpoints.ts'
import type { Exchange } from './exchange.ts'
import type { FromWorker, ToWorker, WorkerData } from './protocol.ts'
import { Listener, sweep } from './server.ts'
import { buildTable, type Table } from './table.ts'

/** A worker thread: its own listeners, table and connections. It shares nothing with the others but the port numbers. */

const data = workerData as WorkerData
const port = parentPort!
const counters = new Float64Array(data.block)
const endpoints = new Endpoints<Exchange>(carrying)
const requestIdPrefix = randomBytes(8).toString('hex')
let context: Context<Table<Exchange>> | undefined
let listeners: Listener[] = []
let prepared: Listener[] = []
let sweeper: NodeJS.Timeout | undefined

function say(message: FromWorker): void {
  port.postMessage(message)
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
    const listener = present ?? (await Listener.bind(address, data.workers > 1))
    if (present === undefined) prepared.push(listener)
    bound.push(listener.address)
  }
  say({ kind: 'bound', version, addresses: bound })
}

function discard(): void {
  for (const listener of prepared.splice(0)) listener.close()
}

async function apply({ version, config, blocks }: Extract<ToWorker, { kind: 'apply' }>): Promise<void> {
  const regex = await regexFor(config.routing)
  const table = buildTable({ version, config, blocks, before: context?.table, endpoints, regex, phaseOf })
  if (context === undefined) context = new Context(table, counters, data.instanceId, requestIdPrefix)
  else context.use(table)
  endpoints.settle()
  counters[workerAt.tableVersion] = version
  const wanted = new Set(config.listeners.map((listener) => addressText(listener.address)))
  for (const listener of prepared) listener.open(context)
  for (const listener of listeners) if (!wanted.has(listener.key)) listener.close()
  listeners = [...listeners, ...prepared].filter((listener) => wanted.has(listener.key))
  prepared = []
  keepSweeping(context, config.timeouts)
  say({ kind: 'applied', version })
}

/** The engine is loaded where a pattern needs it: it costs every worker 3 MB. */
async function regexFor(routing: Routing): Promise<CompileRegex> {
  const needed = JSON.stringify(routing.splits.map((split) => split.routes)).includes('"kind":"regex"')
  if (!needed) return (pattern) => Promise.reject(new Error(`no engine for ${pattern}`)) as never
  return (await import('../lib/regex.ts')).compileRegex
}

/** Random from process to process; within one the workers' phases lie evenly, so that together they are nearly as exact as one. */
function phaseOf(split: string): number {
  const random = createHash('sha256').update(`${data.instanceId} ${split}`).digest().readUInt32LE(0) / 2 ** 32
  return (random + data.index / data.workers) % 1
}

function keepSweeping(owner: Context, timeouts: Timeouts): void {
  clearInterval(sweeper)
  const shortestMs = Math.min(timeouts.requestHeadMs, timeouts.connectMs, timeouts.responseHeadMs, timeouts.bodyIdleMs, timeouts.keepAliveMs)
  sweeper = setInterval(sweep, Math.min(250, Math.max(20, shortestMs / 10)), owner)
}

async function drain(drainMs: number): Promise<void> {
  discard()
  for (const listener of listeners.splice(0)) listener.close()
  const { promise, resolve } = Promise.withResolvers<void>()
  if (context !== undefined) {
    const owner = context
    owner.draining = true
    for (const client of owner.clients) client.drain()
    const deadlineMs = performance.now() + drainMs
    const poll = setInterval(() => {
      if (owner.clients.size > 0 && performance.now() < deadlineMs) return
      clearInterval(poll)
      for (const client of owner.clients) client.destroy()
      for (const upstream of owner.upstreams) upstream.destroy()
      resolve()
    }, 20)
    await promise
  }
  clearInterval(sweeper)
  say({ kind: 'drained' })
}

function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'prepare':
      return prepare(message.version, message.listeners)
    case 'apply':
      return apply(message)
    case 'discard':
      discard()
      return Promise.resolve()
    case 'drain':
      return drain(message.drainMs)
  }
}

port.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => {
    discard()
    endpoints.discard()
    if ('version' in message) say({ kind: 'refused', version: message.version, message: reason(error) })
    else say({ kind: 'log', level: 'error', message: `${message.kind} failed: ${reason(error)}`, fields: {} })
  })
})
