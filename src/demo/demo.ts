/** What `npm start` plays: a cluster of its own with a controller and edges, a shop under a gentle load, and a release from beginning to end. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../api/meta.ts'
import type { KubeClient } from '../kube/client.ts'
import { install } from './cluster.ts'
import { runLoad } from './load.ts'
import { openPlaying, type Playing, type Verb } from './playing.ts'
import { newRecords, type Records } from './records.ts'
import { shop, shopObjects } from './shop.ts'
import { openTerminal } from './terminal.ts'
import { renderStatusLine, renderView } from './view.ts'

export type DemoCluster = { readonly kubeconfig: string; readonly client: KubeClient; stop(): Promise<void> }

export type DemoOptions = {
  /** A line a second instead of the live view; without a terminal it is so anyway. */
  readonly plain: boolean
  /** A version is released that fails. */
  readonly isBad: boolean
  /** Where the repository's, or the package's, manifests are. */
  readonly root: string
  startCluster(onError: (what: string, error: unknown) => void): Promise<DemoCluster>
  /** Carries out a verb of the command line on that cluster. */
  verb(kubeconfig: string): Verb
  /** How a user calls the command line. */
  readonly command: string
  readonly signal: AbortSignal
  readonly stdout: NodeJS.WriteStream
  readonly stdin: NodeJS.ReadStream
}

const requestsPerSecond = 100
const requestTimeoutMs = 5_000
const frameMs = 200
const statusLineMs = 1_000
const readyMs = 60_000
const keyCtrlC = '\u0003'

/** Plays until `signal` aborts or a key quits. Throws when a part cannot start; nothing is left behind either way. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const quit = new AbortController()
  const signal = AbortSignal.any([options.signal, quit.signal])
  const { stdout } = options
  const leave = (): void => quit.abort()
  stdout.once('error', leave)
  const records = newRecords()
  const troubles: string[] = []
  say(options, 'starting a cluster with a controller, two edges and five pods of a shop …')
  const cluster = await options.startCluster((what, error) => troubles.push(`${what}: ${String(error)}`))
  const stopLoad = new AbortController()
  let load: Promise<void> = Promise.resolve()
  try {
    await install(cluster.client, [...manifests(options.root), ...shopObjects()], signal)
    const playing = openPlaying({ client: cluster.client, records, isBad: options.isBad, verb: options.verb(cluster.kubeconfig) })
    const url = await firstAnswer(playing, signal)
    load = runLoad(
      { host: url.hostname, port: Number(url.port || 80), path: '/api', requestsPerSecond, timeoutMs: requestTimeoutMs },
      records,
      stopLoad.signal,
    )
    await (options.plain || !stdout.isTTY ? showLines : showView)({
      options,
      playing,
      signal,
      quit: leave,
      advice: adviceFor(options, cluster.kubeconfig, url),
    })
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    quit.abort()
    stopLoad.abort()
    await load
    await cluster.stop()
    stdout.off('error', leave)
    for (const trouble of troubles) say(options, trouble)
    if (records.totals().sent > 0) say(options, summary(records))
  }
}

/** Of the installation: custom kinds, the controller, the edges. */
function manifests(root: string): readonly KubeObject[] {
  const files = [...globSync(join(root, 'charts/spillway/crds/*.yaml')).sort(), join(root, 'examples/install/spillway.yaml')]
  return files.flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubeObject))
}

/** Where the shop answers, once it does. */
async function firstAnswer(playing: Playing, signal: AbortSignal): Promise<URL> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(readyMs)])
  while (!signal.aborted) {
    await playing.turn(late)
    const { url } = playing
    if (url !== undefined && (await answers(url, late))) return new URL(url)
    late.throwIfAborted()
    await delay(frameMs, undefined, { signal: late })
  }
  throw signal.reason
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await fetch(`${url}/api`, { signal })).ok
  } catch {
    return false // Nobody listens yet.
  }
}

type Stage = {
  readonly options: DemoOptions
  readonly playing: Playing
  readonly signal: AbortSignal
  readonly quit: () => void
  readonly advice: readonly string[]
}

function adviceFor({ command, isBad }: DemoOptions, kubeconfig: string, url: URL): readonly string[] {
  return [
    `export KUBECONFIG=${kubeconfig}`,
    `${command} get rollout ${shop.name} --watch`,
    ...(isBad ? [`${command} abort ${shop.name}`] : [`${command} promote ${shop.name}`, `${command} abort ${shop.name}`]),
    `curl ${url.origin}/api`,
    'kubectl get rollouts,pods,trafficsplits',
  ]
}

async function showLines({ options, playing, signal, advice }: Stage): Promise<void> {
  say(options, ...advice)
  let last: string | undefined
  while (await pause(statusLineMs, signal)) {
    await playing.turn(signal)
    if (signal.aborted) return
    const shown = playing.shown()
    if (shown.notice !== undefined && shown.notice.text !== last) say(options, shown.notice.text)
    last = shown.notice?.text
    say(options, renderStatusLine(shown))
  }
}

async function showView({ options, playing, signal, quit, advice }: Stage): Promise<void> {
  const { stdout, stdin } = options
  // The terminal itself knows NO_COLOR and what its kind can show.
  const hasColor = stdout.hasColors()
  const redraw = (): void => terminal.draw(renderView(playing.shown(), advice, { ...terminal.size(), hasColor }))
  const onKey = (key: string): void => {
    if (key === 'q' || key === 'Q' || key === keyCtrlC) quit()
    else playing.press(key)
  }
  const terminal = openTerminal(stdout, stdin, onKey, redraw)
  try {
    redraw()
    while (await pause(frameMs, signal)) {
      await playing.turn(signal)
      if (!signal.aborted) redraw()
    }
  } finally {
    terminal.close()
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

function summary(records: Records): string {
  const { sent, answered, failed, byVersion } = records.totals()
  const versions = [...byVersion].filter(([name]) => name !== '').sort(([a], [b]) => a.localeCompare(b))
  const seen = versions.map(([name, requests]) => `${name} ${((requests / answered) * 100).toFixed(1)} % (${requests.toLocaleString('en')})`)
  return `${sent.toLocaleString('en')} requests sent, ${failed.toLocaleString('en')} failed\nanswered by ${seen.join(', ') || 'nobody'}`
}

function say({ stdout }: DemoOptions, ...lines: readonly string[]): void {
  if (lines.length > 0 && stdout.writable) stdout.write(`${lines.join('\n')}\n`)
}
