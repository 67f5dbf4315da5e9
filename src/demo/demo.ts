/** What `npm start` plays: two versions of a small service, the edge before them, a load, and a view of what comes of it. */
import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runLoad } from './load.ts'
import { firstFree, portNote, portTries } from './ports.ts'
import { newRecords, type Records } from './records.ts'
import { keyReader } from './steering.ts'
import { openTerminal } from './terminal.ts'
import { type RunningVersion, startVersion } from './versions.ts'
import { renderAdvice, renderStatusLine, renderView } from './view.ts'
import { messageIn, newWatch, type Scene, type Watch } from './watch.ts'

export type StartedEdge = {
  /** URLs. */
  readonly listeners: readonly string[]
  readonly admin: string
  /** Settles when the edge has ended: after the signal, or because it could not go on. */
  readonly stopped: Promise<void>
}

export type DemoOptions = {
  readonly port: number
  readonly adminPort: number
  /** A line a second instead of the live view; without a terminal it is so anyway. */
  readonly plain: boolean
  /** `onLog` is told what the edge has to say while it runs, line by line. */
  readonly startEdge: (configFile: string, signal: AbortSignal, onLog: (line: string) => void) => Promise<StartedEdge>
  readonly signal: AbortSignal
  readonly stdout: NodeJS.WriteStream
  readonly stdin: NodeJS.ReadStream
  readonly env?: { readonly noColor: boolean }
}

const host = '127.0.0.1'
const split = 'shop'
const stable = { name: 'v1', wantedPort: 9001, weight: 95, latencyMs: 4 }
const canary = { name: 'v2', wantedPort: 9002, weight: 5, latencyMs: 3 }
const requestsPerSecond = 200
const requestTimeoutMs = 5_000
const frameMs = 250
const statusLineMs = 1_000
const versionStopMs = 2_000
const edgeStopMs = 10_000

/** Plays until `signal` aborts or a key quits. Throws when a part cannot start, or the edge ends by itself; nothing is left behind either way. */
export async function runDemo(options: DemoOptions): Promise<void> {
  // What was started is ended in reverse order, whatever happened between.
  const endings: (() => Promise<void>)[] = []
  const quit = new AbortController()
  const signal = AbortSignal.any([options.signal, quit.signal])
  const records = newRecords()
  let problem: unknown
  try {
    await play(options, records, signal, () => quit.abort(), endings)
  } catch (error) {
    if (!signal.aborted) problem = error
  }
  // Whatever ended it: nothing is shown from here on.
  quit.abort()
  for (const end of endings.reverse()) {
    await end().catch((error: unknown) => {
      problem ??= error
    })
  }
  if (records.totals().sent > 0) say(options.stdout, summary(records))
  if (problem !== undefined) throw problem
}

async function play(options: DemoOptions, records: Records, signal: AbortSignal, quit: () => void, endings: (() => Promise<void>)[]): Promise<void> {
  const { stdout } = options
  stdout.once('error', quit)
  endings.push(async () => void stdout.off('error', quit))

  const folder = await mkdtemp(join(tmpdir(), 'spillway-demo-'))
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  // Also when the process is ended at once: by a second Ctrl-C, by a reader of its output that has gone, with its terminal.
  process.once('exit', removeFolder)
  endings.push(async () => {
    process.off('exit', removeFolder)
    removeFolder()
  })
  const versions = new Map<string, RunningVersion>()
  const start = async (part: typeof stable, ports: readonly number[]): Promise<RunningVersion> => {
    const version = await startVersion({ name: part.name, host, ports, latencyMs: part.latencyMs })
    versions.set(part.name, version)
    return version
  }
  endings.push(async () => void (await Promise.all([...versions.values()].map((version) => version.stop(versionStopMs)))))
  const listen = await chooseListeners(options)
  const [v1, v2] = await Promise.all([stable, canary].map((part) => start(part, portTries(part.wantedPort, Object.values(listen)))))
  signal.throwIfAborted()
  const ports = { ...listen, stable: portOf(v1!.url), canary: portOf(v2!.url) }
  const configFile = join(folder, 'edge.yaml')
  await writeFile(configFile, configText(ports))

  let hear = (_line: string): void => undefined
  const edge = await startEdge(options, configFile, (line) => hear(line), endings)
  const scene: Scene = {
    edgeUrl: edge.url,
    adminUrl: edge.adminUrl,
    split,
    configFile,
    canary: canary.name,
    versions,
  }
  startLoad(portOf(edge.url), records, endings)
  const watch = newWatch(scene, records, performance.now())
  hear = (line) => watch.tell('problem', messageIn(line, configFile))
  await watch.poll()
  const notes = notesOn(options, { ...ports, edge: portOf(edge.url), admin: portOf(edge.adminUrl) })
  say(stdout, notes)
  // The live view hides what has just been said.
  if (notes.length > 0) watch.tell('info', notes.join('; '))

  const restart = (name: string): Promise<RunningVersion> => (name === canary.name ? start(canary, [ports.canary]) : start(stable, [ports.stable]))
  const isPlain = options.plain || !stdout.isTTY
  const shown = isPlain ? showLines(options, scene, watch, signal) : showView(options, scene, watch, { signal, quit, restart, endings })
  await Promise.race([shown, edge.ended])
}

type Ports = { readonly edge: number; readonly admin: number; readonly stable: number; readonly canary: number }

/** 0: the edge is to ask the system. */
async function chooseListeners(options: DemoOptions): Promise<Pick<Ports, 'edge' | 'admin'>> {
  const edge = await firstFree(host, portTries(options.port))
  return { edge, admin: await firstFree(host, portTries(options.adminPort, [edge])) }
}

function notesOn(options: DemoOptions, used: Ports): readonly string[] {
  const notes = [
    portNote(options.port, used.edge),
    portNote(options.adminPort, used.admin),
    portNote(stable.wantedPort, used.stable),
    portNote(canary.wantedPort, used.canary),
  ]
  return notes.filter((note) => note !== undefined)
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

export function configText(ports: Ports): string {
  return `# The demo's edge. Save a change, and it holds at once; a mistake is refused and named, and this stays in force.
listeners: [{address: ${host}:${ports.edge}}]
admin: {address: ${host}:${ports.admin}}
routes:
- {path: /, split: ${split}}
splits:
  ${split}:
    totalWeight: ${stable.weight + canary.weight} # what the weights add up to
    backends:
      ${stable.name}: {weight: ${stable.weight}, endpoints: ["${host}:${ports.stable}"]}
      ${canary.name}: {weight: ${canary.weight}, endpoints: ["${host}:${ports.canary}"]}
    routes: # before any weight
    - {name: testers, match: [{headers: [{name: X-Canary, exact: "true"}]}], backend: ${canary.name}}
    fallback: none
`
}

/** `ended` rejects once the edge ends, whoever asked for it. In an object: a bare promise would be awaited with the start. */
async function startEdge(
  options: DemoOptions,
  configFile: string,
  onLog: (line: string) => void,
  endings: (() => Promise<void>)[],
): Promise<{ readonly url: string; readonly adminUrl: string; readonly ended: Promise<never> }> {
  const stop = new AbortController()
  const edge = await options.startEdge(configFile, stop.signal, onLog)
  const stopped = edge.stopped.then(
    () => undefined,
    (error: unknown) => new Error('the edge could not go on', { cause: error }),
  )
  endings.push(async () => {
    stop.abort()
    const late = delay(edgeStopMs, new Error(`the edge did not end within ${edgeStopMs / 1000} s`), { ref: false })
    const failure = await Promise.race([stopped, late])
    if (failure !== undefined) throw failure
  })
  const ended = stopped.then((failure) => {
    throw failure ?? new Error('the edge ended by itself')
  })
  return { url: edge.listeners[0]!, adminUrl: edge.admin, ended }
}

function startLoad(port: number, records: Records, endings: (() => Promise<void>)[]): void {
  const stop = new AbortController()
  const load = runLoad({ host, port, path: '/api', requestsPerSecond, timeoutMs: requestTimeoutMs }, records, stop.signal)
  endings.push(() => {
    stop.abort()
    return load
  })
}

async function showLines(options: DemoOptions, scene: Scene, watch: Watch, signal: AbortSignal): Promise<void> {
  const { stdout } = options
  for (const version of [...scene.versions.values()].sort((a, b) => a.name.localeCompare(b.name)))
    say(stdout, [`${version.name} ${version.url} (process ${version.pid})`])
  say(stdout, [`edge ${scene.edgeUrl}, admin ${scene.adminUrl}`, ...renderAdvice(watch.snapshot(performance.now()))])
  let lastNotice: string | undefined
  while (await pause(statusLineMs, signal)) {
    await watch.poll()
    if (signal.aborted) return
    const snapshot = watch.snapshot(performance.now())
    const { notice } = snapshot
    if (notice !== undefined && notice.text !== lastNotice) say(stdout, [notice.text])
    lastNotice = notice?.text
    say(stdout, [renderStatusLine(snapshot)])
  }
}

type Playing = {
  readonly signal: AbortSignal
  readonly quit: () => void
  readonly restart: (name: string) => Promise<RunningVersion>
  readonly endings: (() => Promise<void>)[]
}

async function showView(options: DemoOptions, scene: Scene, watch: Watch, { signal, quit, restart, endings }: Playing): Promise<void> {
  // The terminal itself knows NO_COLOR and what its kind can show.
  const hasColor = options.env?.noColor !== true && options.stdout.hasColors()
  const redraw = (): void => terminal.draw(renderView(watch.snapshot(performance.now()), { ...terminal.size(), hasColor }))
  const onKey = keyReader({ scene, watch, restart, quit, redraw })
  const terminal = openTerminal(options.stdout, options.stdin, onKey, redraw)
  endings.push(async () => terminal.close())
  redraw()
  while (await pause(frameMs, signal)) {
    await watch.poll()
    redraw()
  }
}

/** False when the signal came instead. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  return delay(ms, true, { signal }).catch((error: unknown) => {
    if (signal.aborted) return false
    throw error
  })
}

function summary(records: Records): readonly string[] {
  const { sent, answered, failed, byVersion } = records.totals()
  const versions = [...byVersion].filter(([name]) => name !== '').sort(([a], [b]) => a.localeCompare(b))
  const seen = versions.map(([name, requests]) => `${name} ${((requests / answered) * 100).toFixed(2)} % (${requests.toLocaleString('en')})`)
  return [`${sent.toLocaleString('en')} requests sent, ${failed.toLocaleString('en')} failed`, `answered by ${seen.join(', ') || 'nobody'}`]
}

function say(stdout: NodeJS.WriteStream, lines: readonly string[]): void {
  if (lines.length > 0 && stdout.writable) stdout.write(`${lines.join('\n')}\n`)
}
