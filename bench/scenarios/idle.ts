import { join } from 'node:path'
import type { Running } from '../contenders/contender.ts'
import { residentBytes } from '../measure/processes.ts'
import { pause, within } from '../measure/waiting.ts'
import { runWrk } from '../measure/wrk.ts'
import { usualLoad } from './loads.ts'
import { isOpenReport, type OpenerOrder, type OpenReport } from './opener.ts'
import { megabyte, type Scenario, type Tools, usualInstance } from './scenario.ts'

const wanted = 10_000
/** What one process needs for itself and for its connections to the origin. */
const spareDescriptors = 1_000
const settleMs = 2_000

/** Memory before and after 10,000 connections, each of which has made one request and stays. */
export const idle10000: Scenario = {
  name: 'idle-10000',
  what: 'memory of 10,000 kept connections that have made one request each',
  instances: [{ ...usualInstance, connections: wanted }],
  startsAnew: true,
  cost: { loadRuns: 1, otherSeconds: 7 },
  async measure([running], tools) {
    const contender = running as Running
    // What a process takes once and keeps (compiled code, buffers, pools) is not to be counted per connection.
    await runWrk({ port: contender.port, seconds: tools.seconds, load: usualLoad }, tools)
    await pause(settleMs, tools.signal)
    const before = residentBytes(contender.pid)
    const { open, failed, after } = await holdOpen(contender, Math.min(wanted, tools.descriptors - spareDescriptors), tools)
    return {
      requestsPerSecond: null,
      cpuMicrosPerRequest: null,
      p50Ms: null,
      p99Ms: null,
      rssMb: after / megabyte,
      errors: failed,
      extras: { idleConnections: open, bytesPerConnection: (after - before) / open },
    }
  },
}

async function holdOpen({ pid, port }: Running, count: number, tools: Tools): Promise<OpenReport & { after: number }> {
  const order: OpenerOrder = { port, count, ...(usualLoad.targets[0] ?? { host: '', path: '/' }) }
  const child = tools.children.start({
    name: 'opener',
    command: process.execPath,
    args: [join(import.meta.dirname, 'opener.ts'), JSON.stringify(order)],
    core: tools.core,
    isTalking: true,
  })
  const report = (): Promise<OpenReport> =>
    new Promise((resolve, reject) => {
      child.onMessage((message) => {
        if (isOpenReport(message)) resolve(message)
      })
      void child.ended.then((how) => reject(new Error(`the opener of connections ended: ${how}\n${child.complaint()}`)))
    })
  try {
    await within('opening of connections', report(), { deadlineMs: 30_000, signal: tools.signal })
    await pause(settleMs, tools.signal)
    const after = residentBytes(pid)
    const still = report()
    child.send({ report: true })
    return { ...(await within('report of the opener', still, { deadlineMs: 2_000, signal: tools.signal })), after }
  } finally {
    await child.stop()
  }
}
