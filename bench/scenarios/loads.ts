import type { Running } from '../contenders/contender.ts'
import { readCore } from '../measure/core.ts'
import { cpuMicros, residentBytes } from '../measure/processes.ts'
import { type Load, runWrk } from '../measure/wrk.ts'
import { largeReplyBytes, largeReplyPath, smallReplyBytes } from '../origin.ts'
import { megabyte, type Sample, type Scenario, type ScenarioName, type Tools, usualInstance } from './scenario.ts'

export const usualLoad: Load = {
  connections: 64,
  method: 'GET',
  targets: [{ host: 'shop.example', path: '/products/2871?variant=green' }],
  bodyBytes: 0,
  closesConnections: false,
  replyBytes: smallReplyBytes,
}

type Measured = Pick<Running, 'pid' | 'port'> & { readonly scheme?: 'http' | 'https' }

/** One load run against one process, with the CPU that the process and all its threads and children used for it. */
export async function measureLoad({ pid, port, scheme = 'http' }: Measured, load: Load, tools: Tools): Promise<Sample> {
  const coreBefore = readCore(tools.contenderCore)
  const before = cpuMicros(pid)
  const result = await runWrk({ port, scheme, seconds: tools.seconds, load }, tools)
  const used = cpuMicros(pid) - before
  const core = readCore(tools.contenderCore).since(coreBefore)
  return {
    requestsPerSecond: result.requests / (result.durationMs / 1000),
    cpuMicrosPerRequest: used / result.requests,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    rssMb: residentBytes(pid) / megabyte,
    errors: result.errors,
    extras: { otherWorkOnCore: Math.max(0, core.busyMicros - used) / core.totalMicros },
  }
}

function loadScenario(name: keyof typeof loads, what: string): Scenario {
  return {
    name,
    what,
    instances: [usualInstance],
    startsAnew: false,
    cost: { loadRuns: 1, otherSeconds: 0.2 },
    measure: ([running], tools) => measureLoad(running as Running, loads[name], tools),
  }
}

export const loads = {
  'keepalive-get': usualLoad,
  'reply-64k': { ...usualLoad, targets: [{ host: 'shop.example', path: largeReplyPath }], replyBytes: largeReplyBytes },
  'post-4k': { ...usualLoad, method: 'POST', bodyBytes: 4096 },
  'connection-per-request': { ...usualLoad, closesConnections: true },
} as const satisfies Partial<Record<ScenarioName, Load>>

export const loadScenarios: readonly Scenario[] = [
  loadScenario('keepalive-get', 'GET with 8 browser headers on 64 kept connections, replies of 1 KiB'),
  loadScenario('reply-64k', 'the same with replies of 64 KiB'),
  loadScenario('post-4k', 'POST of 4 KiB on 64 kept connections, replies of 1 KiB'),
  loadScenario('connection-per-request', 'GET with Connection: close, 64 at a time'),
]
