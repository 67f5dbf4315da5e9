import type { Flags } from '../cli/verb.ts'
import { parseController } from '../config/controller.ts'
import { settled } from '../lib/settled.ts'
import { stopSignal } from '../lib/stopSignal.ts'
import { supervisor } from '../lib/supervised.ts'
import type { Started } from './started.ts'

/** How long it may take to end after whoever started it has gone away, or asked it to. */
const supervisedStopMs = 5_000

/** The controller, until it is asked to end. */
export async function controller(flags: Flags, { env, version }: Started): Promise<number> {
  const settings = settled(parseController(env, flags))
  if (settings === undefined) return 2
  const [{ runController }, { openLog }] = await Promise.all([import('../controller/main.ts'), import('../lib/log.ts')])
  const log = openLog({ stream: process.stderr, level: settings.logLevel, json: settings.json || !process.stderr.isTTY })
  const parent = supervisor(supervisedStopMs)
  const stop = stopSignal(['SIGINT', 'SIGTERM'])
  await runController({
    settings,
    env,
    version,
    log,
    signal: parent === undefined ? stop : AbortSignal.any([stop, parent.gone]),
    onReady: (urls) => parent?.tellReady(urls),
  })
  return 0
}
