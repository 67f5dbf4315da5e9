import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { contenders } from './contenders/all.ts'
import { type Contender, contenderNames } from './contenders/contender.ts'
import { versions } from './contenders/programs.ts'
import { type Children, ownChildren } from './measure/children.ts'
import { busyShare } from './measure/core.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { startOrigin } from './origin.ts'
import { comparePairs, plannedPairSeconds } from './pairs.ts'
import { reportProgress } from './progress.ts'
import { startRawOrigin } from './rawOrigin.ts'
import { goalsOf } from './report/goals.ts'
import { describeMachine } from './report/machine.ts'
import { markdownReport } from './report/markdown.ts'
import { holds, pairsReport } from './report/pairs.ts'
import { rowsOf } from './report/rows.ts'
import { type Findings, terminalReport } from './report/terminal.ts'
import { type Failure, type RoundsPlan, runRounds, type Series, startSeconds } from './rounds.ts'
import { scenarios } from './scenarios/all.ts'
import { scenarioNames } from './scenarios/scenario.ts'

type Run = Extract<Options, { kind: 'run' }>
type Pairs = Extract<Options, { kind: 'pairs' }>

const contenderCore = 0
const loadCore = 1
const resultsFile = join(import.meta.dirname, 'results', 'README.md')
const say = (line: string): void => void process.stderr.write(line)

process.exitCode = await main()

/** Exit code: 0 measured, 1 failed or interrupted, or dearer than it may be, 2 not understood. */
async function main(): Promise<number> {
  let options: Options
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  if (options.kind === 'help') {
    process.stdout.write(usage)
    return 0
  }
  const obstacle = obstacleToRun()
  if (obstacle) {
    say(`the bench cannot run here: ${obstacle}\n`)
    return 1
  }
  const children = ownChildren()
  const directory = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const interrupted = new AbortController()
  // Sent twice by one Ctrl-C when npm passes it on: the second must not cut the cleaning up short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort(new Error(signal)))
  process.on('exit', children.killAll)
  try {
    const ground = { children, directory, signal: interrupted.signal }
    if (options.kind === 'pairs') return (await benchPairs(options, ground)) ? 0 : 1
    await bench(options, ground)
    return 0
  } catch (error) {
    if (interrupted.signal.aborted) say('interrupted\n')
    else say(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  } finally {
    await children.stopAll()
    rmSync(directory, { recursive: true, force: true })
  }
}

function obstacleToRun(): string | undefined {
  if (process.platform !== 'linux') return 'CPU time is read from /proc, so it needs Linux'
  if (availableParallelism() < 2) return 'the load must not run on the core of the contender, so it needs two cores'
  if (!versions.taskset()) return 'taskset (util-linux) is not installed'
  if (!versions.wrk()) return 'wrk is not installed (on Debian: apt-get install wrk)'
  if (!versions.nginx()) return 'nginx, which plays the origin, is not installed (on Debian: apt-get install nginx-light)'
  return undefined
}

type Ground = { readonly children: Children; readonly directory: string; readonly signal: AbortSignal }

async function bench(options: Run, { children, directory, signal }: Ground): Promise<void> {
  const busyBefore = await takeCores(signal)
  const { present, absentees } = await whoIsHere(options)
  const plans = plansOf(options, present)
  const progress = reportProgress(plannedSeconds(plans, options.seconds), say, () => performance.now())
  const origin = await startOrigin(children, directory, loadCore, signal)
  const isRawWanted = plans.some(({ scenario }) => scenario.instances.some(({ hasRawOrigin }) => hasRawOrigin))
  const rawOrigin = isRawWanted ? await startRawOrigin(children, loadCore, signal) : undefined
  const series: Series[] = []
  const failures: Failure[] = []
  for (const plan of plans) {
    const tools = { children, directory, core: loadCore, contenderCore, signal, seconds: options.seconds, descriptors: descriptorLimit() }
    const found = await runRounds(plan, { ...tools, origin, rawOrigin, progress })
    series.push(...found.series)
    failures.push(...found.failures)
  }
  const rows = rowsOf(series)
  const findings: Findings = { scenarios: plans.map(({ scenario }) => scenario), rows, failures, absentees, goals: goalsOf(rows) }
  process.stdout.write(`\n${terminalReport(findings)}`)
  if (options.jsonFile) writeWhole(options.jsonFile, `${JSON.stringify(rows, null, 2)}\n`)
  const reportFile = reportFileOf(options)
  if (!reportFile) return
  const conditions = {
    machine: describeMachine(busyBefore),
    date: new Date().toISOString().slice(0, 10),
    seconds: options.seconds,
    command: commandLine(),
  }
  writeWhole(reportFile, markdownReport(findings, conditions))
  say(`wrote ${reportFile}\n`)
}

/** Tells whether no pair is dearer than it may be. */
async function benchPairs(options: Pairs, { children, directory, signal }: Ground): Promise<boolean> {
  await takeCores(signal)
  const progress = reportProgress(plannedPairSeconds(options, options.seconds), say, () => performance.now())
  const origin = await startOrigin(children, directory, loadCore, signal)
  const tools = { children, directory, core: loadCore, contenderCore, signal, seconds: options.seconds, descriptors: descriptorLimit() }
  const findings = await comparePairs(options, { ...tools, origin, progress })
  process.stdout.write(`\n${pairsReport(options.ref, findings)}`)
  if (options.jsonFile) writeWhole(options.jsonFile, `${JSON.stringify(findings, null, 2)}\n`)
  return findings.every(holds)
}

/** Keeps this process, too, off the contender's core; tells how busy others keep that one. */
async function takeCores(signal: AbortSignal): Promise<number> {
  execFileSync('taskset', ['-a', '-p', '-c', String(loadCore), String(process.pid)], { stdio: 'ignore' })
  const busyBefore = await busyShare(contenderCore, 1_000, signal)
  if (busyBefore > 0.1) say(`core ${contenderCore} is ${Math.round(busyBefore * 100)} % busy with other work: figures will be noisy\n`)
  return busyBefore
}

async function whoIsHere(options: Run): Promise<{ present: Contender[]; absentees: Findings['absentees'] }> {
  const present: Contender[] = []
  const absentees: { contender: string; reason: string }[] = []
  for (const contender of contenders.filter(({ name }) => options.contenders.includes(name))) {
    const reason = await contender.obstacle()
    if (reason === undefined) present.push(contender)
    else {
      absentees.push({ contender: contender.name, reason })
      say(`skipped: ${contender.name}: ${reason}\n`)
    }
  }
  return { present, absentees }
}

function plansOf(options: Run, present: readonly Contender[]): RoundsPlan[] {
  return scenarios
    .filter(({ name }) => options.scenarios.includes(name))
    .map((scenario) => ({
      scenario,
      contenders: present.filter(({ name }) => !scenario.only || scenario.only.includes(name)),
      // Memory hardly varies from round to round, and each of them starts every process anew.
      rounds: options.repeat ?? (scenario.startsAnew ? 2 : 3),
      warmSeconds: options.seconds > 1 ? 2 : 1,
    }))
    .filter((plan) => plan.contenders.length > 0)
}

function plannedSeconds(plans: readonly RoundsPlan[], seconds: number): number {
  return plans.reduce((sum, { scenario, contenders, rounds, warmSeconds }) => {
    const start = startSeconds(scenario, warmSeconds) * (scenario.startsAnew ? rounds : 1)
    const measure = (scenario.cost.loadRuns * seconds + scenario.cost.otherSeconds) * rounds
    return sum + contenders.length * (start + measure)
  }, 0)
}

/** The soft limit, which Node raises to the hard one when it starts; children inherit it. */
function descriptorLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit)
}

/** A run of a part must not replace the report of the whole. */
function reportFileOf(options: Run): string | undefined {
  if (options.reportFile.kind === 'named') return options.reportFile.file
  const isWhole = options.scenarios.length === scenarioNames.length && options.contenders.length === contenderNames.length
  return isWhole ? resultsFile : undefined
}

/** Without where the rows went beside: that is a place on one machine. */
function commandLine(): string {
  const given = process.argv.slice(2)
  const json = given.indexOf('--json')
  const args = json < 0 ? given : given.toSpliced(json, 2)
  return args.length > 0 ? `npm run bench -- ${args.join(' ')}` : 'npm run bench'
}

function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
