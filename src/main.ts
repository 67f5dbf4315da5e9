/** The composition root: reads the environment, joins the folders, and starts the verb that was asked for. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { availableParallelism } from 'node:os'
import { basename, extname, join } from 'node:path'
import { check } from './cli/edge.ts'
import { runProgram } from './cli/program.ts'
import type { Flags } from './cli/verb.ts'
import { parseBench, parseDemo, parseEdge, parseSandbox, programVariables } from './config.ts'
import { outliveReaders } from './lib/brokenPipe.ts'
import { explain } from './lib/explain.ts'
import { hangupSignal } from './lib/hangup.ts'
import { settled } from './lib/settled.ts'
import { stopSignal } from './lib/stopSignal.ts'
import { startSupervised, supervisor } from './lib/supervised.ts'
import { uncaughtSignal } from './lib/uncaught.ts'

/** Where an edge listens, as URLs. */
type EdgeUrls = { readonly listeners: readonly string[]; readonly admin: string }

/** How long an edge may take to end after its demo has gone away, or asked it to. */
const supervisedStopMs = 5_000
const edgeReadyMs = 15_000
/** How long an edge may drain after an error that nobody caught. */
const brokenStopMs = 120_000

async function edge(flags: Flags): Promise<number> {
  const settings = settled(parseEdge(process.env, flags, availableParallelism()))
  if (settings === undefined) return 2
  const [{ checkFile, fileSource }, { formatProblem }] = await Promise.all([import('./edge/source/file/file.ts'), import('./edge/source/problem.ts')])
  if (settings.check) return check(settings.config, settings.json, { checkFile, formatProblem }, process)
  const [{ runEdge }, { openLog }] = await Promise.all([import('./edge/main.ts'), import('./lib/log.ts')])
  const source = fileSource(settings.config)
  const parent = supervisor(supervisedStopMs)
  const log = openLog({ stream: process.stderr, level: settings.logLevel, json: settings.json || !process.stderr.isTTY })
  // The workers know nothing of it and serve on: what they have in flight ends well.
  const broken = uncaughtSignal(
    (error) => log.error('an error that nobody caught; the edge drains and ends', { error: explain(error) }),
    brokenStopMs,
  )
  const ends = [stopSignal(['SIGINT', 'SIGTERM']), hangupSignal(source.reload), broken]
  await runEdge({
    source,
    workers: settings.workers,
    log,
    signal: AbortSignal.any(parent === undefined ? ends : [...ends, parent.gone]),
    onReady: (urls) => parent?.tellReady(urls),
    // Without a listener this signal would start Node's debugger.
    onReopenable: (reopen) => void process.on('SIGUSR1', reopen),
    version,
  })
  return broken.aborted ? 1 : 0
}

async function bench(flags: Flags): Promise<number> {
  const settings = settled(parseBench(process.env, flags))
  if (settings === undefined) return 2
  const { compareReleases } = await import('./cli/benchReleases.ts')
  return compareReleases(settings, stopSignal(['SIGINT', 'SIGTERM']), process)
}

async function demo(flags: Flags): Promise<number> {
  const settings = settled(parseDemo(process.env, flags))
  if (settings === undefined) return 2
  const { runDemo } = await import('./demo/demo.ts')
  await runDemo({
    ...settings,
    startEdge: async (configFile, signal, onLine) => {
      const args = [import.meta.filename, 'edge', '--config', configFile, '--log-level', 'error']
      const { ready, stopped } = await startSupervised<EdgeUrls>({ args, signal, readyMs: edgeReadyMs, stopMs: supervisedStopMs, onLine })
      return { ...ready, stopped }
    },
    signal: stopSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
    stdout: process.stdout,
    stdin: process.stdin,
  })
  return 0
}

async function sandbox(flags: Flags): Promise<number> {
  const settings = settled(parseSandbox(process.env, flags))
  if (settings === undefined) return 2
  const { runSandbox } = await import('./sandbox/runSandbox.ts')
  // In dist, all programs lie side by side.
  const app = join(import.meta.dirname, extname(import.meta.filename) === '.ts' ? 'demo/app.ts' : 'app.js')
  await runSandbox({
    ...settings,
    builtin: [{ pattern: 'spillway/demo:*', argv: [process.execPath, app], variables: { VERSION: '$(IMAGE_TAG)' } }],
    workingDirectory: process.cwd(),
    variables: programVariables(process.env),
    signal: stopSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
    stdout: process.stdout,
    stderr: process.stderr,
  })
  return 0
}

// Saves a short command half its time; a server would only keep it in memory.
if (process.argv[2] !== 'edge') enableCompileCache()
outliveReaders(process)
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const name = basename(process.argv[1] ?? '').startsWith('kubectl-spillway') ? 'kubectl spillway' : 'spillway'
try {
  process.exitCode = await runProgram(process.argv.slice(2), { name, version, verbs: { edge, bench, demo, sandbox } })
} catch (error) {
  console.error(`spillway: ${explain(error)}`)
  process.exitCode = 1
}
