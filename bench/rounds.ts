import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, type ContenderName, type Running, targetOf } from './contenders/contender.ts'
import { checkContender } from './measure/gate.ts'
import { runWrk } from './measure/wrk.ts'
import type { Origin } from './origin.ts'
import type { Progress } from './progress.ts'
import { usualLoad } from './scenarios/loads.ts'
import type { Sample, Scenario, ScenarioName, Tools } from './scenarios/scenario.ts'

/** All samples of one contender in one scenario, by round. */
export type Series = { readonly contender: ContenderName; readonly scenario: ScenarioName; readonly samples: readonly Sample[] }
/** A contender that could not be measured, and why: its samples of that scenario are left out altogether. */
export type Failure = { readonly contender: ContenderName; readonly scenario: ScenarioName; readonly reason: string }

export type RoundsPlan = {
  readonly scenario: Scenario
  readonly contenders: readonly Contender[]
  readonly rounds: number
  readonly warmSeconds: number
}

export type RoundsTools = Omit<Tools, 'round'> & { readonly origin: Origin; readonly rawOrigin: Origin | undefined; readonly progress: Progress }

type Entrant = { readonly contender: Contender; running: readonly Running[]; readonly samples: Sample[]; failure: string | undefined }

/**
 * Measures contenders in turn, round by round, so that what disturbs the machine for a while disturbs all of them; each round begins with
 * another contender. One that fails is out of this scenario, the others go on.
 */
export async function runRounds(plan: RoundsPlan, tools: RoundsTools): Promise<{ series: Series[]; failures: Failure[] }> {
  const entrants: Entrant[] = plan.contenders.map((contender) => ({ contender, running: [], samples: [], failure: undefined }))
  try {
    if (!plan.scenario.startsAnew) for (const entrant of entrants) await attempt(entrant, plan, tools, () => enter(entrant, plan, tools))
    for (let round = 0; round < plan.rounds; round++) {
      for (let turn = 0; turn < entrants.length; turn++) {
        const entrant = entrants[(turn + round) % entrants.length] as Entrant
        if (entrant.failure === undefined) await attempt(entrant, plan, tools, () => measureOnce(entrant, plan, tools, round))
      }
    }
  } finally {
    await Promise.all(entrants.map(leave))
  }
  const scenario = plan.scenario.name
  const name = ({ contender }: Entrant): ContenderName => contender.name
  return {
    series: entrants.filter(({ failure }) => !failure).map((one) => ({ contender: name(one), scenario, samples: one.samples })),
    failures: entrants.flatMap((one) => (one.failure ? [{ contender: name(one), scenario, reason: one.failure }] : [])),
  }
}

/** Ctrl-C is not a failure of the contender: it goes up. */
async function attempt(entrant: Entrant, { scenario }: RoundsPlan, tools: RoundsTools, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (tools.signal.aborted) throw error
    entrant.failure = error instanceof Error ? error.message : String(error)
    tools.progress.note(`${entrant.contender.name} is out of ${scenario.name}: ${entrant.failure}`)
    await leave(entrant)
  }
}

async function measureOnce(entrant: Entrant, plan: RoundsPlan, tools: RoundsTools, round: number): Promise<void> {
  const { scenario } = plan
  if (scenario.startsAnew) await enter(entrant, plan, tools)
  tools.progress.begin(`${scenario.name}, round ${round + 1} of ${plan.rounds}: ${entrant.contender.name}`)
  entrant.samples.push(await scenario.measure(entrant.running, { ...tools, round }))
  tools.progress.finish(tools.seconds * scenario.cost.loadRuns + scenario.cost.otherSeconds)
  if (scenario.startsAnew) await leave(entrant)
}

/** Starts the contender's processes, holds them against the gate, and lets their code get warm. */
async function enter(entrant: Entrant, { scenario, warmSeconds }: RoundsPlan, tools: RoundsTools): Promise<void> {
  const { contender } = entrant
  tools.progress.begin(`${scenario.name}: starting and checking ${contender.name}`)
  for (const instance of scenario.instances) {
    const directory = mkdtempSync(join(tools.directory, `${contender.name}-`))
    const place = { directory, core: tools.contenderCore, children: tools.children, signal: tools.signal }
    const origin = instance.hasRawOrigin === true ? tools.rawOrigin : tools.origin
    if (origin === undefined) throw new Error('its origin was not started')
    const running = await contender.start({ ...instance, origin }, place)
    entrant.running = [...entrant.running, running]
    const target = targetOf(instance.routes)
    await checkContender({ port: running.port, target, tolerance: contender.tolerance, signal: tools.signal })
    if (!scenario.startsAnew) await runWrk({ port: running.port, seconds: warmSeconds, load: { ...usualLoad, targets: [target] } }, tools)
  }
  tools.progress.finish(startSeconds(scenario, warmSeconds))
}

export function startSeconds(scenario: Scenario, warmSeconds: number): number {
  return scenario.instances.length * (0.7 + (scenario.startsAnew ? 0 : warmSeconds))
}

async function leave(entrant: Entrant): Promise<void> {
  const { running } = entrant
  entrant.running = []
  await Promise.all(running.map((one) => one.stop()))
}
