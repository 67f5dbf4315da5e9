import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Address } from '../../test/edge/http/client.ts'
import { cpuMicros, residentBytes } from '../measure/processes.ts'
import type { ProbeMessage } from './probe.ts'

export type Sample = {
  /** Since the soak began. */
  readonly atMs: number
  readonly residentBytes: number
  readonly descriptors: number
  /** Of all workers, the longest of late; undefined where the edge does not tell. */
  readonly lagMs: number | undefined
}

export type Samples = { readonly samples: readonly Sample[]; readonly probesMs: readonly number[]; readonly cpuSeconds: number }

/** The value of a metric, summed over its series; undefined where there is none. */
export type Metrics = (name: string, over?: (a: number, b: number) => number) => number | undefined

export async function readMetrics(admin: Address): Promise<Metrics> {
  const response = await fetch(`http://${admin.host}:${admin.port}/metrics`, { signal: AbortSignal.timeout(10_000) })
  const lines = (await response.text()).split('\n')
  return (name, over = (a, b) => a + b) => {
    const values = lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .map((line) => Number(line.slice(line.lastIndexOf(' '))))
    return values.length === 0 ? undefined : values.reduce(over)
  }
}

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

export type Watched = { readonly pid: number; readonly admin: Address; readonly probed: Address }

/** Once a second until `isOver`; a probe every 50 ms beside it. */
export async function watch({ pid, admin, probed }: Watched, isOver: () => boolean, complain: (problem: string) => void): Promise<Samples> {
  const samples: Sample[] = []
  const probesMs: number[] = []
  const startedMs = performance.now()
  const cpuBefore = cpuMicros(pid)
  const probe = new Worker(new URL('./probe.ts', import.meta.url), { workerData: probed })
  probe.on('message', (message: ProbeMessage) => {
    if ('problem' in message) complain(`the probe: ${message.problem}`)
    else probesMs.push(message.latencyMs)
  })
  probe.on('error', (error) => complain(`the probe died: ${String(error)}`))
  try {
    for (let second = 1; !isOver(); second++) {
      await delay(Math.max(0, startedMs + second * 1_000 - performance.now()))
      const metrics = await readMetrics(admin)
      const lagSeconds = metrics('spillway_edge_event_loop_lag_seconds', Math.max)
      samples.push({
        atMs: performance.now() - startedMs,
        residentBytes: residentBytes(pid),
        descriptors: descriptorsOf(pid),
        lagMs: lagSeconds === undefined ? undefined : lagSeconds * 1_000,
      })
    }
  } finally {
    await probe.terminate()
  }
  return { samples, probesMs, cpuSeconds: (cpuMicros(pid) - cpuBefore) / 1e6 }
}
