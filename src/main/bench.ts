import type { Flags } from '../cli/verb.ts'
import { parseBench } from '../config.ts'
import { settled } from '../lib/settled.ts'
import { stopSignal } from '../lib/stopSignal.ts'
import type { Started } from './started.ts'

export async function bench(flags: Flags, { env }: Started): Promise<number> {
  const settings = settled(parseBench(env, flags))
  if (settings === undefined) return 2
  const { compareReleases } = await import('../cli/benchReleases.ts')
  return compareReleases(settings, stopSignal(['SIGINT', 'SIGTERM']), process)
}
