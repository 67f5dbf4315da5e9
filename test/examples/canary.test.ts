import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { startShop } from './shop.ts'

type Outcome = { readonly code: unknown; readonly output: string }
type Running = { readonly ended: Promise<Outcome>; readonly says: (text: string) => Promise<void> }

function canary(t: Test, args: readonly string[]): Running {
  const env = { ...process.env, STEP_SECONDS: '1', MIN_REQUESTS: '5' }
  const child = spawn(process.execPath, ['examples/canary.ts', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part
    })
  return {
    ended: once(child, 'close').then(([code]: readonly unknown[]) => ({ code, output })),
    says: async (text) => {
      while (!output.includes(text)) await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) })
    },
  }
}

type Backend = { readonly name: string; readonly weight: number }
async function splitOf(admin: string): Promise<{ readonly etag: string; readonly weights: Readonly<Record<string, number>> }> {
  const response = await fetch(`${admin}/v1/splits/shop`)
  const { backends } = (await response.json()) as { readonly backends: readonly Backend[] }
  return { etag: response.headers.get('etag') ?? '', weights: Object.fromEntries(backends.map(({ name, weight }) => [name, weight])) }
}

t.test('the canary script, against a real edge', async (t) => {
  const demo = await startShop(t)
  const args = [demo.admin, 'shop', 'v1', 'v2']

  await t.test('a good canary is promoted in four steps', async (t) => {
    const { code, output } = await canary(t, args).ended
    t.equal(code, 0, output)
    t.match(
      output.replace(/of \d+ requests/g, 'of N requests'),
      /v2: 5 %\n {2}0\.0 % of N requests failed\nv2: 20 %\n.*\nv2: 50 %\n.*\nv2: 100 %\n.*\nv2 is promoted\n$/,
    )
    t.same((await splitOf(demo.admin)).weights, { v1: 0, v2: 100 })
  })

  await t.test('one that somebody else changes meanwhile is left as they set it', async (t) => {
    const running = canary(t, args)
    await running.says('v2: 20 %')
    const { etag } = await splitOf(demo.admin)
    const headers = { 'Content-Type': 'application/json', 'If-Match': etag }
    const changed = await fetch(`${demo.admin}/v1/splits/shop`, { method: 'PATCH', headers, body: '{"weights":{"v1":70,"v2":30}}' })
    t.equal(changed.status, 200)
    const { code, output } = await running.ended
    t.equal(code, 1)
    t.match(output, /somebody else has changed shop; it is left as it is\n$/)
    t.same((await splitOf(demo.admin)).weights, { v1: 70, v2: 30 })
  })

  await t.test('a bad one goes back to 0', async (t) => {
    await fetch(`${demo.v2}/control`, { method: 'POST', body: '{"errorRate":0.5}' })
    const { code, output } = await canary(t, args).ended
    t.equal(code, 1)
    t.match(output, /v2: 5 %\nback to 0: \d+\.\d % of \d+ requests failed\nv2: 0 %\n$/)
    t.same((await splitOf(demo.admin)).weights, { v1: 100, v2: 0 })
  })

  await t.test('a name that the split does not have is told, nothing is changed', async (t) => {
    const { code, output } = await canary(t, [demo.admin, 'shop', 'v1', 'v3']).ended
    t.equal(code, 1)
    t.equal(output, 'shop has only v1,v2, not both of v1 and v3\n')
  })
})
