// Blue-green releases switched by the edges under load: no request fails, and no moment mixes versions.
import t from 'tap'
import type { Rollout } from '../../src/api/rollout.ts'
import { blueGreen } from './manifests.ts'
import { image, isHealthy, isPaused, judge, stage } from './stage.ts'

t.setTimeout(1_800_000)

const app = { image, replicas: 3 }
const isActive = ({ status }: Rollout): boolean => status?.blueGreen?.activeSelector === status?.currentPodHash

t.test('the switch, and the way back while the old version still stands', async (t) => {
  const now = await stage(t, blueGreen(app, { autoPromotionEnabled: false, scaleDownDelaySeconds: 60 }))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isPaused, 'waiting to be promoted')
  t.same(await load.share(1_000), { v1: 1 }, 'the preview gets nothing')
  await platform.spillway('promote', 'shop')
  await platform.until((rollout) => isActive(rollout) && isHealthy(rollout), 'switched')
  t.equal((await load.share(1_000))['v2'], 1)
  await platform.spillway('undo', 'shop')
  await platform.until((rollout) => isActive(rollout) && isHealthy(rollout), 'switched back')
  t.equal((await load.share(1_000))['v1'], 1)
  await judge(t, now)
})

t.test('an aborted preview changes nothing; retried, it is switched by itself', async (t) => {
  const now = await stage(t, blueGreen(app, { autoPromotionSeconds: 4 }))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isPaused, 'paused for some seconds')
  await platform.spillway('abort', 'shop')
  await platform.until(({ status }) => status?.phase === 'Degraded', 'aborted')
  t.same(await load.share(1_000), { v1: 1, ...(load.tally.versions['v2'] !== undefined && { v2: 0 }) })
  await platform.spillway('retry', 'rollout', 'shop')
  await platform.until((rollout) => isActive(rollout) && isHealthy(rollout), 'switched')
  t.equal((await load.share(1_000))['v2'], 1)
  await judge(t, now)
})
