import { join } from 'node:path'
import { type Running, targetOf } from '../../contenders/contender.ts'
import type { Child } from '../../measure/children.ts'
import { cpuMicros, residentBytes } from '../../measure/processes.ts'
import { within } from '../../measure/waiting.ts'
import { megabyte, oneRoute, type Scenario, type Tools } from '../scenario.ts'
import { type Order, type Phase, type PhaseReport, recoveryMs } from './phases.ts'

const closedSeconds = 2
/** So many that it always has some to go on with when its turn on the core comes. */
const closedConnections = 256
/** Whatever the length of other runs: how a storm begins is not how it goes on. */
const stormSeconds = 8
const calmSeconds = 6
/** Of the peak: what comes once the storm is over. */
const calmShare = 0.7
const recoveredShare = 0.95

/**
 * They take turns with the contender on its core, which leaves it a sixth, as a container's limit may: so the load, to which a request costs
 * about as much as to the contender and a connection that nobody accepts several times that, keeps up with twice what the contender can do.
 */
const neighbours = 5

/** Twice as many requests as it can answer, each with a head of some 2 KiB and a second to be answered, then fewer than it can. */
export const overload: Scenario = {
  name: 'overload',
  what: 'requests at once and twice the rate that saturates it, a sixth of a core, heads of 2 KiB, 1 in 20 on a connection of its own, each given up after 1 s; good: 200 in time',
  only: ['spillway', 'nginx', 'haproxy'],
  instances: [{ routes: oneRoute, connections: 20_000, workers: 1, hasRawOrigin: true }],
  startsAnew: true,
  cost: { loadRuns: 0, otherSeconds: 2 * closedSeconds + 2 * stormSeconds + calmSeconds + 3 },
  async measure([running], tools) {
    const contender = running as Running
    const generator = startGenerator({ ...targetOf(oneRoute), port: contender.port }, tools)
    const spinning = Array.from({ length: neighbours }, () => spin(tools))
    try {
      const seconds = stormSeconds
      // The first run lets the code get warm.
      const [, closed] = (await generator.run([closedPhase, closedPhase])) as [PhaseReport, PhaseReport]
      const cpuBefore = cpuMicros(contender.pid)
      const ownBefore = cpuMicros(generator.pid)
      const [atOnce] = (await generator.run([{ kind: 'open', seconds, perSecond: closed.goodPerSecond }])) as [PhaseReport]
      const cpu = cpuMicros(contender.pid) - cpuBefore
      const own = cpuMicros(generator.pid) - ownBefore
      const peak = Math.max(closed.goodPerSecond, atOnce.goodPerSecond)
      const twice: Phase = { kind: 'open', seconds, perSecond: 2 * closed.goodPerSecond }
      const calm: Phase = { kind: 'open', seconds: calmSeconds, perSecond: calmShare * peak }
      const [storm, after] = (await generator.run([twice, calm])) as [PhaseReport, PhaseReport]
      return {
        requestsPerSecond: storm.goodPerSecond,
        cpuMicrosPerRequest: cpu / (atOnce.goodPerSecond * seconds),
        p50Ms: storm.p50Ms,
        p99Ms: storm.p99Ms,
        rssMb: residentBytes(contender.pid) / megabyte,
        errors: 0,
        extras: {
          peakPerSecond: peak,
          goodAtOncePerSecond: atOnce.goodPerSecond,
          goodShareOfPeak: storm.goodPerSecond / peak,
          refused: storm.refused,
          late: storm.late,
          broken: storm.broken,
          recoveryMs: recoveryMs(after.slices, recoveredShare) ?? Number.POSITIVE_INFINITY,
          loadBehindMs: storm.behindMs,
          generatorMicrosPerRequest: own / (closed.goodPerSecond * seconds),
        },
      }
    } finally {
      await Promise.all([generator, ...spinning].map((child) => child.stop()))
    }
  },
}

const closedPhase: Phase = { kind: 'closed', seconds: closedSeconds, connections: closedConnections }

function spin({ children, contenderCore }: Tools): Child {
  return children.start({ name: 'neighbour', command: process.execPath, args: ['-e', 'for (;;) continue'], core: contenderCore })
}

function startGenerator(order: Order, { children, core, signal }: Tools) {
  const args = [join(import.meta.dirname, 'generator.ts'), JSON.stringify(order)]
  const child = children.start({ name: 'generator', command: process.execPath, args, core, isTalking: true })
  let heard: (message: unknown) => void = () => undefined
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      heard = resolve
      void child.ended.then((how) => reject(new Error(`the generator ended: ${how}\n${child.complaint()}`)))
    })
  child.onMessage((message) => heard(message))
  const ready = within('start of the generator', next(), { deadlineMs: 5_000, signal })
  return {
    async run(phases: readonly Phase[]): Promise<PhaseReport[]> {
      await ready
      const answered = next()
      child.send(phases)
      const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0)
      return (await within('a load run', answered, { deadlineMs: (seconds + 20) * 1_000, signal })) as PhaseReport[]
    },
    pid: child.pid,
    stop: child.stop,
  }
}
