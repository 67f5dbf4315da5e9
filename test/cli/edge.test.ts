import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import t from 'tap'

const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function file(name: string, listener: string): string {
  const path = join(folder, name)
  writeFileSync(
    path,
    `listeners: [{address: "${listener}"}]
admin: {address: "127.0.0.1:0"}
routes: [{path: /, split: shop}]
splits: {shop: {totalWeight: 100, backends: {stable: {weight: 100, endpoints: ["127.0.0.1:9"]}}}}
`,
  )
  return path
}

function start(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ['src/main.ts', 'edge', ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000, killSignal: 'SIGKILL' })
}

async function run(args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = start(args)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

t.test('--check says whether a file is right', async (t) => {
  const good = file('good.yaml', '127.0.0.1:0')
  const bad = file('bad.yaml', '127.0.0.1:99999')
  t.same(await run(['--check', '--config', good]), { code: 0, stdout: `${good} is fine\n`, stderr: '' })
  const refused = await run(['--check', '--config', bad])
  t.match(refused, { code: 1, stdout: '' })
  t.ok(refused.stderr.startsWith(`${bad}:1:`), 'names file and line', { stderr: refused.stderr })
  t.match(refused.stderr, /99999/, 'names the value')
  t.same(await run(['--check', '--json', '--config', good]), { code: 0, stdout: '[]\n', stderr: '' })
  const json = await run(['--check', '--json', '--config', bad])
  t.match(JSON.parse(json.stdout), [{ where: bad, line: 1, field: /^listeners/, message: String, fix: String }])
  t.equal(json.code, 1)
  t.match(await run(['--check', '--config', join(folder, 'absent.yaml')]), { code: 1, stderr: /absent\.yaml/ })
})

t.test('a start that fails says why in a line, and exits 1', async (t) => {
  const bad = await run(['--config', file('bad.yaml', '127.0.0.1:99999')])
  t.match(bad, { code: 1, stderr: /bad\.yaml:1:\d+: .*99999/ })
  t.notMatch(bad.stderr, /\n\s+at /, 'without a stack')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const conflict = await run(['--config', file('taken.yaml', `127.0.0.1:${port}`)])
  taken.close()
  t.match(conflict.code, 1)
  t.match(conflict.stderr, String(port), 'names the port')
  t.notMatch(conflict.stderr, /\n\s+at /, 'without a stack')
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains and exits 0; the log is JSON lines`, async (t) => {
    const child = start(['--config', file('good.yaml', '127.0.0.1:0')])
    const exit = once(child, 'exit')
    const messages: string[] = []
    const log = createInterface({ input: child.stderr })
    log.on('line', (line) => {
      const { level, time, msg } = JSON.parse(line) as { level: string; time: string; msg: string }
      t.ok(['info', 'warn', 'error'].includes(level) && !Number.isNaN(Date.parse(time)), `well formed: ${line}`)
      messages.push(msg)
    })
    await once(log, 'line')
    await untilServing(messages, child)
    child.kill(signal)
    t.same(await exit, [0, null])
  })
}

t.test('traffic outlives the reader of the log', async (t) => {
  const child = start(['--config', file('good.yaml', '127.0.0.1:0')])
  const exit = once(child, 'exit')
  const { admin } = await readyLine(child)
  child.stderr.destroy()
  const url = `${admin}/v1/splits/shop`
  for (let round = 1; round <= 2; round++) {
    const etag = (await fetch(url)).headers.get('etag') ?? ''
    const headers = { 'Content-Type': 'application/json', 'If-Match': etag }
    // What is logged has no reader any more.
    const { status } = await fetch(url, { method: 'PATCH', headers, body: '{"weights": {"stable": 100}}' })
    t.equal(status, 200, `change ${round}`)
  }
  child.kill('SIGTERM')
  t.same(await exit, [0, null])
})

t.test('SIGHUP goes back to what the file says', async (t) => {
  const child = start(['--config', file('good.yaml', '127.0.0.1:0')])
  const exit = once(child, 'exit')
  const { admin } = await readyLine(child)
  const url = `${admin}/v1/splits/shop`
  const weightsFrom = async (): Promise<string> => ((await (await fetch(url)).json()) as { weightsFrom: string }).weightsFrom
  const headers = { 'Content-Type': 'application/json', 'If-Match': (await fetch(url)).headers.get('etag') ?? '' }
  await fetch(url, { method: 'PATCH', headers, body: '{"weights": {"stable": 100}}' })
  t.equal(await weightsFrom(), 'admin')
  child.kill('SIGHUP')
  const until = performance.now() + 10_000
  while ((await weightsFrom()) !== 'file' && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(await weightsFrom(), 'file')
  child.kill('SIGTERM')
  t.same(await exit, [0, null])
})

async function readyLine(child: ChildProcessByStdio<null, Readable, Readable>): Promise<{ readonly admin: string }> {
  for await (const line of createInterface({ input: child.stderr })) {
    const fields = JSON.parse(line) as { readonly msg: string; readonly admin: string }
    if (fields.msg === 'ready') return fields
  }
  throw new Error('the edge ended before it was ready')
}

/** The log says that a table is in use; 20 s at most. */
async function untilServing(messages: readonly string[], child: ChildProcessByStdio<null, Readable, Readable>): Promise<void> {
  const deadline = AbortSignal.timeout(20_000)
  while (!messages.includes('a table is in use')) await once(child.stderr, 'data', { signal: deadline })
}
