import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, type Running, targetOf } from './contenders/contender.ts'
import { spillway, spillwayAt } from './contenders/spillway.ts'
import { checkContender } from './measure/gate.ts'
import { type Load, runWrk } from './measure/wrk.ts'
import type { PairName } from './options.ts'
import type { Origin } from './origin.ts'
import type { Progress } from './progress.ts'
import { type Bounded, meanRatio } from './report/statistics.ts'
import { loads, measureLoad } from './scenarios/loads.ts'
import { type Instance, type Tools, usualInstance } from './scenarios/scenario.ts'
import { stickyInstance, stickyLoad } from './scenarios/sticky.ts'

/** What the tree's edge may cost, against the edge of an earlier commit that does the plain work of the same requests. */
type Pair = {
  readonly instance: Instance
  readonly load: (running: Running, signal: AbortSignal) => Promise<Load>
  /** What the upper end of the ratio's interval must not exceed. */
  readonly bound: number
}

function pairOf(name: PairName): Pair {
  if (name === 'keepalive-get-sticky') return { instance: stickyInstance, load: stickyLoad, bound: 1.1 }
  return { instance: usualInstance, load: async () => loads[name], bound: 1.05 }
}

/** CPU per request in microseconds of both, pair by pair. */
export type PairFindings = {
  readonly scenario: PairName
  readonly pairs: readonly { readonly present: number; readonly former: number }[]
  /** Present divided by former. */
  readonly ratio: Bounded
  readonly bound: number
  readonly errors: number
}

export type PairsPlan = { readonly ref: string; readonly scenarios: readonly PairName[]; readonly pairs: number }
export type PairsTools = Omit<Tools, 'round'> & { readonly origin: Origin; readonly progress: Progress }

const repository = join(import.meta.dirname, '..')
const warmSeconds = 2

/** Both are built, both run side by side all the time, and they are measured in turn, each of them first in every other pair. */
export async function comparePairs({ ref, scenarios, pairs }: PairsPlan, tools: PairsTools): Promise<PairFindings[]> {
  tools.progress.begin(`building this tree and ${ref}`)
  const former = spillwayAt(checkOut(ref, tools.directory))
  for (const [what, contender] of [['this tree', spillway] as const, [ref, former] as const]) {
    const reason = await contender.obstacle()
    if (reason !== undefined) throw new Error(`${what}: ${reason}`)
  }
  const findings: PairFindings[] = []
  for (const scenario of scenarios) findings.push(await compare(scenario, pairs, former, tools))
  return findings
}

export function plannedPairSeconds({ scenarios, pairs }: PairsPlan, seconds: number): number {
  return scenarios.length * (pairs * 2 * (seconds + 0.2) + 2 * (warmSeconds + 0.7))
}

async function compare(scenario: PairName, count: number, formerContender: Contender, tools: PairsTools): Promise<PairFindings> {
  const { instance, load, bound } = pairOf(scenario)
  const started: Running[] = []
  try {
    const present = await enter(spillway, instance, tools, started)
    const former = await enter(formerContender, usualInstance, tools, started)
    const requests = await load(present, tools.signal)
    for (const { port } of started) await runWrk({ port, seconds: warmSeconds, load: requests }, tools)
    tools.progress.finish(2 * (warmSeconds + 0.7))
    const pairs: { present: number; former: number }[] = []
    let errors = 0
    const once = async (running: Running, round: number): Promise<number> => {
      const sample = await measureLoad(running, requests, { ...tools, round })
      errors += sample.errors
      tools.progress.finish(tools.seconds + 0.2)
      return sample.cpuMicrosPerRequest ?? Number.NaN
    }
    for (let round = 0; round < count; round++) {
      tools.progress.begin(`${scenario}, pair ${round + 1} of ${count}`)
      if (round % 2 === 0) pairs.push({ former: await once(former, round), present: await once(present, round) })
      else pairs.push({ present: await once(present, round), former: await once(former, round) })
    }
    return { scenario, pairs, ratio: meanRatio(pairs.map((pair) => pair.present / pair.former)), bound, errors }
  } finally {
    await Promise.all(started.map((running) => running.stop()))
  }
}

async function enter(contender: Contender, instance: Instance, tools: PairsTools, started: Running[]): Promise<Running> {
  const directory = mkdtempSync(join(tools.directory, 'edge-'))
  const place = { directory, core: tools.contenderCore, children: tools.children, signal: tools.signal }
  const running = await contender.start({ ...instance, origin: tools.origin }, place)
  started.push(running)
  await checkContender({ port: running.port, target: targetOf(instance.routes), tolerance: contender.tolerance, signal: tools.signal })
  return running
}

/** The files of a commit, without a trace in the repository; dependencies are those that are installed now. */
function checkOut(ref: string, parent: string): string {
  const folder = join(parent, 'former')
  mkdirSync(folder)
  const archive = execFileSync('git', ['-C', repository, 'archive', '--format=tar', ref], { maxBuffer: 256 * 1024 * 1024, timeout: 30_000 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive, timeout: 30_000 })
  symlinkSync(realpathSync(join(repository, 'node_modules')), join(folder, 'node_modules'))
  return folder
}
