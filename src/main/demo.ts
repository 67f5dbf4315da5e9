import type { Flags } from '../cli/verb.ts'
import { parseDemo } from '../config.ts'
import { settled } from '../lib/settled.ts'
import { stopSignal } from '../lib/stopSignal.ts'
import { startSupervised } from '../lib/supervised.ts'
import type { Started } from './started.ts'

/** Where an edge listens, as URLs. */
type EdgeUrls = { readonly listeners: readonly string[]; readonly admin: string }

/** How long an edge may take to be ready, and to end. */
const edgeReadyMs = 15_000
const supervisedStopMs = 5_000

export async function demo(flags: Flags, { env, program }: Started): Promise<number> {
  const settings = settled(parseDemo(env, flags))
  if (settings === undefined) return 2
  const { runDemo } = await import('../demo/demo.ts')
  await runDemo({
    ...settings,
    startEdge: async (configFile, signal, onLine) => {
      const args = [program, 'edge', '--config', configFile, '--log-level', 'error']
      const { ready, stopped } = await startSupervised<EdgeUrls>({ args, signal, readyMs: edgeReadyMs, stopMs: supervisedStopMs, onLine })
      return { ...ready, stopped }
    },
    signal: stopSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
    stdout: process.stdout,
    stdin: process.stdin,
  })
  return 0
}
