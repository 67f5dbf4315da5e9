/** A modest load: so many requests a second, sent when they are due and not when earlier ones have come back. */
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Records, Sample } from './records.ts'

export type LoadOptions = {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly requestsPerSecond: number
  /** Without an answer for so long, a request counts as failed. */
  readonly timeoutMs: number
}

const tickMs = 5
const graceMs = 1000
const connections = 64
/** Beyond these a request that is due counts as failed without being sent: an edge that hangs must not fill this process's memory. */
const maxOutstanding = 1000

/** Sends until `signal` aborts, then waits up to `graceMs` for what is out; what still is then is in no record. Failures are records, not throws. */
export async function runLoad(options: LoadOptions, records: Records, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' })
  const outstanding = new Set<Promise<void>>()
  const startedAt = performance.now()
  let due = 0
  let isOpen = true
  const add = (sample: Sample): void => {
    if (isOpen) records.add(sample)
  }
  try {
    while (!signal.aborted) {
      const now = performance.now()
      const dueNow = Math.floor(((now - startedAt) / 1000) * options.requestsPerSecond)
      // After a stall (a suspended laptop) one second's worth is caught up with, not an hour's.
      for (due = Math.max(due, dueNow - options.requestsPerSecond); due < dueNow; due++) {
        records.sent()
        if (outstanding.size >= maxOutstanding) {
          add({ at: now, succeeded: false, latencyMs: 0 })
          continue
        }
        const exchange = exchangeOne(agent, options, add)
        outstanding.add(exchange)
        void exchange.finally(() => outstanding.delete(exchange))
      }
      await delay(tickMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    }
    await Promise.race([Promise.all(outstanding), delay(graceMs, undefined, { ref: false })])
  } finally {
    isOpen = false
    agent.destroy()
  }
}

function exchangeOne(agent: Agent, options: LoadOptions, add: (sample: Sample) => void): Promise<void> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    let version: string | undefined
    let isOver = false
    const end = (succeeded: boolean): void => {
      if (isOver) return
      isOver = true
      const at = performance.now()
      add({ at, latencyMs: at - startedAt, succeeded, ...(version === undefined ? {} : { version }) })
      resolve()
    }
    const { host, port, path, timeoutMs } = options
    const outgoing = request({ agent, host, port, path, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const named = response.headers['x-version']
      if (typeof named === 'string') version = named
      const status = response.statusCode ?? 0
      response.resume()
      response.once('end', () => end(status >= 200 && status < 400))
      response.once('error', () => end(false))
      response.once('close', () => end(false))
    })
    outgoing.once('error', () => end(false))
    outgoing.end()
  })
}
