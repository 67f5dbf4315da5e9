// Canaries released by the edges under load: no request fails, whatever is done meanwhile.
import t from 'tap'
import type { Rollout } from '../../src/api/rollout.ts'
import { versionFor } from './load.ts'
import { canary } from './manifests.ts'
import { rollouts } from './platform.ts'
import { image, isHealthy, isPaused, judge, rudeImage, stage } from './stage.ts'

t.setTimeout(1_800_000)

const app = { image, replicas: 3 }
const weightOf = ({ status }: Rollout): number | undefined => status?.canary?.weights?.canary.weight
const isAt = (weight: number) => (rollout: Rollout) =>
  isPaused(rollout) && weightOf(rollout) === weight && rollout.status?.canary?.weights?.verified === true

t.test('steps shift exact shares, and a promoted version takes over', async (t) => {
  const now = await stage(t, canary(app, [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }]))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isAt(20), 'paused at 20')
  const at20 = await load.share(2_000)
  t.ok(Math.abs((at20['v2'] ?? 0) - 0.2) < 0.03, `20 % are ${JSON.stringify(at20)}`)
  await platform.spillway('promote', 'shop')
  await platform.until(isAt(60), 'paused at 60')
  const at60 = await load.share(2_000)
  t.ok(Math.abs((at60['v2'] ?? 0) - 0.6) < 0.03, `60 % are ${JSON.stringify(at60)}`)
  await platform.spillway('promote', 'shop')
  await platform.until(isHealthy, 'healthy')
  const after = await load.share(1_000)
  t.equal(after['v2'], 1)
  await judge(t, now)
})

t.test('testers reach the canary by a header while nobody else does', async (t) => {
  const match = [{ headerName: 'X-Canary', headerValue: { exact: 'true' } }]
  const now = await stage(t, canary(app, [{ setHeaderRoute: { name: 'canary-header', match } }, { pause: {} }, { setWeight: 50 }]))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isPaused, 'paused for the testers')
  t.same(await load.share(1_000), { v1: 1 })
  for (const { url } of platform.edges) {
    t.equal(await versionFor(url, { 'X-Canary': 'true' }), 'v2')
    t.equal(await versionFor(url, { 'X-Canary': 'yes' }), 'v1')
  }
  await platform.spillway('promote', 'shop')
  await platform.until(isHealthy, 'healthy')
  t.equal((await load.share(1_000))['v2'], 1)
  await judge(t, now)
})

t.test('abort, retry, promote --full, undo', async (t) => {
  const now = await stage(t, canary(app, [{ setWeight: 40 }, { pause: {} }]))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isAt(40), 'paused at 40')
  await platform.spillway('abort', 'shop')
  await platform.until(({ status }) => status?.phase === 'Degraded' && status.canary?.weights?.canary.weight === 0, 'aborted')
  const aborted = await load.share(1_000)
  t.equal(aborted['v2'] ?? 0, 0, 'an aborted version gets nothing')
  await platform.spillway('retry', 'rollout', 'shop')
  await platform.until(isAt(40), 'paused at 40 again')
  await platform.spillway('promote', 'shop', '--full')
  const done = await platform.until(isHealthy, 'healthy')
  t.equal(done.status?.stableRS, done.status?.currentPodHash)
  await platform.spillway('undo', 'shop')
  await platform.until(isAt(40), 'paused on the way back')
  await platform.spillway('promote', 'shop')
  await platform.until(isHealthy, 'healthy with v1')
  t.equal((await load.share(1_000))['v1'], 1)
  await judge(t, now)
})

t.test('a third version interrupts the second; the Rollout is scaled meanwhile', async (t) => {
  const now = await stage(t, canary(app, [{ setWeight: 40 }, { pause: {} }]))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isAt(40), 'paused at 40')
  await platform.release('v3')
  await platform.until((rollout) => isAt(40)(rollout), 'paused at 40 with v3')
  const share = await load.share(1_500)
  t.equal(share['v2'] ?? 0, 0, 'v2 is out')
  t.ok((share['v3'] ?? 0) > 0.35, JSON.stringify(share))
  const scale = (replicas: number) =>
    platform.client.patch(rollouts, { namespace: 'default', name: 'shop' }, { kind: 'merge', body: { spec: { replicas } } })
  await scale(8)
  await platform.until(({ status }) => status?.availableReplicas === 8 + Math.ceil(8 * 0.4), 'scaled to 8')
  await scale(2)
  await platform.until(({ status }) => status?.replicas === 3, 'scaled to 2')
  await platform.spillway('promote', 'shop')
  await platform.until(isHealthy, 'healthy')
  await judge(t, now)
})

t.test('the controller is killed at any moment, and one of two edges', async (t) => {
  const now = await stage(t, canary(app, [{ setWeight: 30 }, { pause: { duration: 2 } }, { setWeight: 70 }, { pause: {} }]))
  const { platform, load } = now
  await platform.release('v2')
  for (let kills = 0; kills < 3; kills++) {
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1_500))
    await platform.controller.kill()
    await platform.controller.start()
  }
  await platform.until(isAt(70), 'paused at 70')
  const [edge] = platform.edges
  load.lose(edge!.url)
  await edge!.kill()
  await edge!.start()
  load.regain(edge!.url)
  await platform.spillway('promote', 'shop')
  await platform.until(isHealthy, 'healthy')
  await judge(t, now)
})

t.test('pods that leave at once on SIGTERM cost no GET, and no POST arrives twice', async (t) => {
  const now = await stage(t, canary({ ...app, image: rudeImage }, [{ setWeight: 50 }, { pause: { duration: 1 } }]))
  const { platform, load } = now
  await platform.release('v2')
  await platform.until(isHealthy, 'healthy')
  const gets = load.tally.failed.filter((what) => what.startsWith('GET'))
  t.same(gets, [])
  load.tally.failed.length = 0
  await judge(t, now)
})
