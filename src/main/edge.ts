import { availableParallelism } from 'node:os'
import { check } from '../cli/edge.ts'
import type { Flags } from '../cli/verb.ts'
import { type ClusterSettings, parseEdge } from '../config/edge.ts'
import type { Environment } from '../config/reader.ts'
import type { Authenticate } from '../edge/admin/guard.ts'
import type { EdgeLog } from '../edge/log.ts'
import type { Source } from '../edge/source/source.ts'
import { explain } from '../lib/explain.ts'
import { hangupSignal } from '../lib/hangup.ts'
import { settled } from '../lib/settled.ts'
import { stopSignal } from '../lib/stopSignal.ts'
import { supervisor } from '../lib/supervised.ts'
import { uncaughtSignal } from '../lib/uncaught.ts'
import type { Started } from './started.ts'

/** How long it may take to end after its demo has gone away, or asked it to. */
const supervisedStopMs = 5_000
/** How long it may drain after an error that nobody caught. */
const brokenStopMs = 120_000

/** The edge, until it is asked to end; or its configuration alone is looked at. */
export async function edge(flags: Flags, { env, version }: Started): Promise<number> {
  const settings = settled(parseEdge(env, flags, availableParallelism()))
  if (settings === undefined) return 2
  const { source: from, json, logLevel } = settings
  if (from.kind === 'file' && from.check) return checkOnly(from.config, json)
  const [{ runEdge }, { openLog }] = await Promise.all([import('../edge/main.ts'), import('../lib/log.ts')])
  const parent = supervisor(supervisedStopMs)
  const log = openLog({ stream: process.stderr, level: logLevel, json: json || !process.stderr.isTTY })
  // The workers know nothing of it and serve on: what they have in flight ends well.
  const broken = uncaughtSignal(
    (error) => log.error('an error that nobody caught; the edge drains and ends', { error: explain(error) }),
    brokenStopMs,
  )
  const { source, reload, authenticate } = from.kind === 'file' ? await fileOf(from.config) : await clusterOf(from, env, log)
  const ends = [stopSignal(['SIGINT', 'SIGTERM']), hangupSignal(reload), broken]
  await runEdge({
    source,
    workers: settings.workers,
    ...(authenticate && { authenticate }),
    log,
    signal: AbortSignal.any(parent === undefined ? ends : [...ends, parent.gone]),
    onReady: (urls) => parent?.tellReady(urls),
    // Without a listener this signal would start Node's debugger.
    onReopenable: (reopen) => void process.on('SIGUSR1', reopen),
    version,
  })
  return broken.aborted ? 1 : 0
}

async function checkOnly(config: string, json: boolean): Promise<number> {
  const [{ checkFile }, { formatProblem }] = await Promise.all([import('../edge/source/file/file.ts'), import('../edge/source/problem.ts')])
  return check(config, json, { checkFile, formatProblem }, process)
}

type Opened = { readonly source: Source; readonly reload: () => void; readonly authenticate?: Authenticate | undefined }

async function fileOf(config: string): Promise<Opened> {
  const { fileSource } = await import('../edge/source/file/file.ts')
  const source = fileSource(config)
  return { source, reload: source.reload }
}

/** What a cluster says is followed all the time: there is nothing to read again. */
async function clusterOf(settings: ClusterSettings, env: Environment, log: EdgeLog): Promise<Opened> {
  const { openKubeSource } = await import('../edge/source/kube/openKubeSource.ts')
  return { ...(await openKubeSource(settings, { env, log })), reload: () => undefined }
}
