import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { startEdgeProcess } from '../../test/edge/http/edgeProcess.ts'
import { randomFrom } from '../../test/edge/http/harness.ts'
import { openWorkshop } from '../../test/edge/tls/certificates.ts'
import { install, rotateKeys, startFaults } from './faults.ts'
import { type Excuse, openLedger } from './ledger.ts'
import { descriptorsOf, type Metrics, readMetrics, type Samples, watch } from './samples.ts'
import { openBulkService, openScriptedService, type ServiceTools } from './services.ts'
import { configurationOf, type Fleet, type Setup, secureName } from './setup.ts'
import { startTraffic } from './traffic.ts'

export type SoakOptions = {
  readonly seconds: number
  readonly seed: number
  /** The edge's program; absent: its sources. */
  readonly program?: string
  /** Aborted: ends early, with what was found so far. */
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Something that must not happen, and when it was seen. */
export type Complaint = { readonly atSeconds: number; readonly problem: string }

export type SoakFindings = Samples & {
  readonly seed: number
  readonly seconds: number
  readonly requests: number
  readonly done: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
  readonly excused: ReadonlyMap<Excuse, number>
  readonly complaints: readonly Complaint[]
  /** Lines of the access log about requests that complaints name. */
  readonly evidence: readonly string[]
  readonly descriptors: { readonly before: number; readonly after: number }
}

const workers = 2
const mark = /n\d{7}\b/
const faultEveryMs = 700
const settleMs = 20_000
/** Connections to the admin server are kept. */
const spareDescriptors = 8
/** So many tell what is wrong; more would only fill the memory. */
const enoughComplaints = 200
/** What the edge is expected to complain of, since it is done to it. */
const expected = [/refused, the table in use stays/, /certificate/i, /access log/]
const gauges = ['requests_in_flight', 'tunnels_open', 'connections_open', 'upstream_connections_open', 'requests_queued']

export async function soak({ seconds, seed, program, signal, say }: SoakOptions): Promise<SoakFindings> {
  const startedMs = performance.now()
  const complaints: Complaint[] = []
  const complain = (problem: string): void => {
    const complaint = { atSeconds: Math.round(performance.now() - startedMs) / 1000, problem }
    if (complaints.length < enoughComplaints) complaints.push(complaint)
    say(`${complaint.atSeconds} s, seed ${seed}: ${problem}`)
  }
  const ledger = openLedger(() => performance.now())
  const tools: ServiceTools = { ledger, random: randomFrom(seed + 1), complain }
  const scripted = await Promise.all(['stable-1', 'stable-2', 'canary-1', 'canary-2'].map((name) => openScriptedService(name, tools)))
  const shadowTools: ServiceTools = { ...tools, ledger: openLedger(() => performance.now()) }
  const [shadow, ...bulk] = await Promise.all([
    openScriptedService('shadow', shadowTools),
    openBulkService('bulk-1', tools),
    openBulkService('bulk-2', tools),
  ])
  const fleet: Fleet = { stable: [scripted[0]!, scripted[1]!], canary: [scripted[2]!, scripted[3]!], bulk: [bulk[0]!, bulk[1]!], shadow }
  const setup: Setup = { canaryWeight: 20, removed: new Set(), hosts: 0, isDiskFull: false }
  const directory = mkdtempSync(join(tmpdir(), 'spillway-soak-'))
  const workshop = await openWorkshop()
  try {
    const certificates = await Promise.all([1, 2, 3].map((number) => workshop.issue(`tls-${number}`, { names: [`DNS:${secureName}`] })))
    install(certificates[0]!, directory)
    rotateKeys(directory)
    const edge = await startEdgeProcess(configurationOf(setup, fleet, directory), workers, {
      ...(program === undefined ? {} : { program }),
      onComplaint(text) {
        for (const line of text.split('\n'))
          if (line !== '' && !expected.some((form) => form.test(line))) complain(`the edge logs: ${line.slice(0, 500)}`)
      },
    })
    try {
      let isEdgeUp = true
      void edge.ended.then((code) => {
        if (isEdgeUp) complain(`the edge ended with ${code}`)
      })
      const [clear, secure] = [edge.addresses[0]!, edge.addresses[1]!]
      await readMetrics(edge.admin)
      const descriptorsBefore = descriptorsOf(edge.pid)
      const endMs = performance.now() + seconds * 1_000
      const isOver = (): boolean => performance.now() > endMs || signal.aborted || complaints.length >= enoughComplaints
      const forgetting = setInterval(ledger.forgetOld, 5_000)
      const traffic = startTraffic({ clear, secure, ledger, random: randomFrom(seed) }, scripted, { isOver, complain })
      const faults = startFaults({ edge, fleet, setup, directory, certificates, random: randomFrom(seed + 2), complain }, faultEveryMs, isOver)
      const watched = watch({ pid: edge.pid, admin: edge.admin, probed: clear }, isOver, complain)
      const [found] = await Promise.all([watched, traffic.ended, faults.ended])
      clearInterval(forgetting)
      for (const { name, malformed } of scripted) for (const text of malformed()) complain(`${name} was sent ${text}`)
      for (const problem of await leftOver(edge)) complain(problem)
      const descriptorsAfter = descriptorsOf(edge.pid)
      if (descriptorsAfter > descriptorsBefore + spareDescriptors)
        complain(`${descriptorsAfter} descriptors are open, ${descriptorsBefore} were before`)
      isEdgeUp = false
      const evidence = await linesAbout(complaints, join(directory, 'access.log'))
      for (const line of evidence) say(line)
      return {
        ...found,
        seed,
        seconds: Math.round((performance.now() - startedMs) / 1000),
        requests: ledger.count(),
        done: traffic.done,
        faults: faults.happened,
        excused: ledger.excused,
        complaints,
        evidence,
        descriptors: { before: descriptorsBefore, after: descriptorsAfter },
      }
    } finally {
      await edge.close()
    }
  } finally {
    await Promise.all([...scripted, ...bulk, shadow].map((service) => service.isUp() && service.kill()))
    await workshop.remove()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function linesAbout(complaints: readonly Complaint[], log: string): Promise<string[]> {
  const marks = new Set(complaints.flatMap(({ problem }) => problem.match(new RegExp(mark, 'g')) ?? []))
  const found: string[] = []
  if (marks.size === 0) return found
  for await (const line of createInterface({ input: createReadStream(log) })) if (marks.has(mark.exec(line)?.[0] ?? '')) found.push(line)
  return found
}

/** What is still counted once everybody has gone, and ought not to be. */
async function leftOver(edge: { readonly admin: { readonly host: string; readonly port: number } }): Promise<string[]> {
  const deadlineMs = performance.now() + settleMs
  const open = (metrics: Metrics): string[] => gauges.filter((name) => (metrics(`spillway_edge_${name}`) ?? 0) !== 0)
  let metrics = await readMetrics(edge.admin)
  while (open(metrics).length > 0 && performance.now() < deadlineMs) {
    await delay(200)
    metrics = await readMetrics(edge.admin)
  }
  const problems = open(metrics).map((name) => `${name} is ${metrics(`spillway_edge_${name}`)} after the end`)
  if (metrics('spillway_edge_workers_replaced_total') !== 0) problems.push(`${metrics('spillway_edge_workers_replaced_total')} workers died`)
  if (metrics('spillway_edge_workers_serving') !== workers) problems.push(`${metrics('spillway_edge_workers_serving')} of ${workers} workers serve`)
  return problems
}
