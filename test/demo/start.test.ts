import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import t from 'tap'
import { isGone, startPlaying } from './playing.ts'

const isListening = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** Nobody announces the end of processes that are not ours: looks until it is so, at most 10 s. */
async function becomes(isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    if (await isSo()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

t.test('one command shows the split, follows changes, and ends without a trace', async (t) => {
  const demo = await startPlaying(t)
  await demo.shown(/^\d+ s \| v1 9\d\.\d % \(configured 95\.0 %\) .* ok 100\.0 % .*\| v2 [45]\.\d % \(configured 5\.0 %\)/m)

  const direct = await fetch(`${demo.edge}/api`, { headers: { 'X-Canary': 'true' } })
  t.match(await direct.json(), { version: 'v2' }, 'the header decides before the weight')
  t.equal((await fetch(`${demo.edge}/control`, { method: 'POST', body: '{"errorRate":1}' })).status, 403, 'nobody steers a version through the edge')

  const text = await readFile(demo.configFile, 'utf8')
  await writeFile(demo.configFile, text.replace('weight: 95', 'weight: 60').replace('weight: 5,', 'weight: 40,'))
  await demo.shown(/\| v2 (39|40|41)\.\d % \(configured 40\.0 %\)/)

  await fetch(`${demo.v2}/control`, { method: 'POST', body: '{"errorRate":0.3}' })
  await demo.shown(/\| v2 .* ok [789]\d\.\d %/)

  demo.child.kill('SIGINT')
  const [code] = await once(demo.child, 'exit', { signal: AbortSignal.timeout(20_000) })
  t.equal(code, 0)
  t.match(demo.output(), /requests sent, \d+ failed\nanswered by v1 .* %.*, v2 .* %/)
  t.equal(demo.pids.length, 2)
  for (const pid of demo.pids) t.ok(isGone(pid), `version with process ${pid} is gone`)
  for (const url of [demo.edge, demo.admin, demo.v2]) t.notOk(await isListening(url), `${url} is free again`)
  t.notOk(existsSync(demo.configFile), 'the temporary folder is removed')
})

t.test('undisturbed, no request fails', async (t) => {
  const demo = await startPlaying(t)
  await demo.shown(/^3 s /m)
  demo.child.kill('SIGTERM')
  const [code] = await once(demo.child, 'exit', { signal: AbortSignal.timeout(20_000) })
  t.equal(code, 0)
  t.match(demo.output(), /requests sent, 0 failed\n/)
})

t.test('when nobody reads its output any more, it ends without a trace', async (t) => {
  const demo = await startPlaying(t)
  demo.child.stdout?.destroy()
  await once(demo.child, 'exit', { signal: AbortSignal.timeout(20_000) })
  t.notOk(existsSync(demo.configFile), 'the temporary folder is removed')
  const isOver = await becomes(async () => demo.pids.every(isGone) && !(await isListening(demo.edge)))
  t.ok(isOver, 'its processes are gone')
})

t.test('a demo that is killed outright takes its versions and its edge along', async (t) => {
  const demo = await startPlaying(t)
  // The one end that leaves the folder behind: nobody is there to remove it.
  t.teardown(() => rmSync(dirname(demo.configFile), { recursive: true }))
  demo.child.kill('SIGKILL')
  await once(demo.child, 'exit')
  const isOver = await becomes(async () => demo.pids.every(isGone) && !(await isListening(demo.edge)))
  t.ok(isOver, 'its processes are gone')
})
