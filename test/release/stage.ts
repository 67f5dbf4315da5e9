/** A cluster, a released shop and its clients, and what is asked of them in the end. */
import type t from 'tap'
import type { Rollout } from '../../src/api/rollout.ts'
import { type Load, startLoad } from './load.ts'
import { type Platform, startPlatform } from './platform.ts'

export type Test = Pick<typeof t, 'comment' | 'teardown' | 'same' | 'equal' | 'ok' | 'match'>
export type Stage = { readonly platform: Platform; readonly load: Load }

/** Of each scenario; 100,000 by hand. */
const requests = Number(process.env['REQUESTS'] ?? 1_500)
const rate = Number(process.env['RATE'] ?? 100)
export const image = process.env['RELEASE_IMAGE'] ?? 'shop'
export const rudeImage = process.env['RELEASE_RUDE_IMAGE'] ?? 'rude'

export const isPaused = ({ status }: Rollout): boolean => status?.phase === 'Paused'
export const isHealthy = ({ status }: Rollout): boolean => status?.phase === 'Healthy'

export async function stage(t: Test, rollout: Rollout): Promise<Stage> {
  const platform = await startPlatform((line) => t.comment(line))
  t.teardown(() => platform.end())
  await platform.deploy(rollout)
  return { platform, load: startLoad({ urls: platform.edges.map(({ url }) => url), rate }) }
}

/** Ends the load after as many requests as are promised, and judges. */
export async function judge(t: Test, { platform, load }: Stage): Promise<void> {
  while (load.tally.sent < requests) await new Promise((resolve) => setTimeout(resolve, 100))
  const { sent, failed, versions, posted, excepted } = await load.end()
  t.same(failed, [], `of ${sent} requests none failed`, { failed: failed.slice(0, 20) })
  t.comment(JSON.stringify({ sent, versions, excepted: excepted.length }))
  const taken = platform.ledger()
  t.equal(new Set(taken).size, taken.length, `none of ${taken.length} POSTs arrived twice`)
  t.same(
    [...posted].filter((number) => !taken.includes(number)),
    [],
    'each that was answered arrived',
  )
}
