import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import t, { type Test } from 'tap'
import { controlRefusal, failureSchedule, optionsFrom, parseBehaviour, startApp } from '../../src/demo/app.ts'
import { renderPage } from '../../src/demo/page.ts'
import { lowPort } from '../ports.ts'

type Reply = { readonly status: number; readonly version: string | undefined; readonly text: string }

function ask(port: number, path: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', body = '', headers = {} } = options
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false, signal: AbortSignal.timeout(5000) }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, version: response.headers['x-version']?.toString(), text }))
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

async function app(t: Test, behaviour = { errorRate: 0, latencyMs: 0 }): Promise<number> {
  const server = await startApp({ host: '127.0.0.1', port: 0, version: 'v2', behaviour })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('GET /api names version, host and request number', async (t) => {
  const port = await app(t)
  const first = await ask(port, '/api')
  const second = await ask(port, '/api?again')
  t.equal(first.status, 200)
  t.equal(first.version, 'v2')
  t.same(JSON.parse(first.text), { version: 'v2', host: `127.0.0.1:${port}`, requestNumber: 1 })
  t.match(JSON.parse(second.text), { requestNumber: 2 })
})

t.test('GET / is a page that names its version', async (t) => {
  const reply = await ask(await app(t), '/')
  t.match(reply.text, '<h1>v2</h1>')
  t.match(reply.text, 'X-Canary: true')
})

t.test('a page escapes what it is told', async (t) => {
  const page = renderPage({ version: '<b>&"', host: 'h', requestNumber: 1, errorRate: 0, latencyMs: 0 })
  t.match(page, '<h1>&lt;b&gt;&amp;&quot;</h1>')
})

t.test('other paths and methods are refused', async (t) => {
  const port = await app(t)
  t.equal((await ask(port, '/other')).status, 404)
  t.equal((await ask(port, '/api', { method: 'DELETE' })).status, 405)
  t.equal((await ask(port, '/control')).status, 404)
})

t.test('control sets the error rate at once, and back', async (t) => {
  const port = await app(t)
  const set = await ask(port, '/control', { method: 'POST', body: '{"errorRate": 0.5}' })
  t.same(JSON.parse(set.text), { version: 'v2', errorRate: 0.5, latencyMs: 0 })
  const statuses: number[] = []
  for (let n = 0; n < 10; n++) statuses.push((await ask(port, '/api')).status)
  t.equal(statuses.filter((status) => status === 500).length, 5, 'exactly five of ten fail')
  await ask(port, '/control', { method: 'POST', body: '{"errorRate": 0}' })
  t.equal((await ask(port, '/api')).status, 200)
})

t.test('control names what is wrong', async (t) => {
  const present = { errorRate: 0, latencyMs: 0 }
  for (const { text, message } of [
    { text: '{', message: /not JSON/ },
    { text: '[]', message: /send an object/ },
    { text: '{"errorRate": "0.3"}', message: /errorRate: "0.3" is not a number/ },
    { text: '{"errorRate": 1.1}', message: /errorRate: 1.1 is not between 0 and 1/ },
    { text: '{"latencyMs": -1}', message: /latencyMs: -1 is not between/ },
    { text: '{"speed": 1}', message: /speed is unknown/ },
  ])
    t.match(parseBehaviour(text, present), { message }, text)
  t.same(parseBehaviour('{"latencyMs": 20}', { errorRate: 0.1, latencyMs: 0 }), { behaviour: { errorRate: 0.1, latencyMs: 20 } })
  const port = await app(t)
  t.equal((await ask(port, '/control', { method: 'POST', body: '{"errorRate": 2}' })).status, 400)
  t.equal((await ask(port, '/control', { method: 'POST', body: 'x'.repeat(2000) })).status, 413)
})

t.test('control is for this machine, not for pages, not through a proxy', async (t) => {
  t.equal(controlRefusal('127.0.0.1', {}), undefined)
  t.equal(controlRefusal('::1', {}), undefined)
  t.equal(controlRefusal('::ffff:127.0.0.1', {}), undefined)
  t.match(controlRefusal('10.0.0.7', {}), /this machine/)
  t.match(controlRefusal(undefined, {}), /this machine/)
  t.match(controlRefusal('127.0.0.1', { origin: 'http://evil.example' }), /web pages/)
  t.match(controlRefusal('127.0.0.1', { via: '1.1 edge' }), /proxy/)
  const port = await app(t)
  t.equal((await ask(port, '/control', { method: 'POST', body: '{}', headers: { via: '1.1 edge' } })).status, 403)
})

t.test('any n requests in a row hold n × rate failures, within one', async (t) => {
  for (const rate of [0, 0.1, 0.3, 0.5, 1]) {
    const isNextFailing = failureSchedule()
    let failures = 0
    let worst = 0
    for (let n = 1; n <= 1000; n++) {
      if (isNextFailing(rate)) failures++
      worst = Math.max(worst, Math.abs(failures - n * rate))
    }
    t.ok(worst <= 1, `rate ${rate}: at most ${worst} off`)
  }
})

t.test('the environment tells everything, with defaults', async (t) => {
  t.same(optionsFrom({}), { host: '127.0.0.1', port: 9001, version: 'v1', behaviour: { errorRate: 0, latencyMs: 0 } })
  t.same(optionsFrom({ HOST: '::1', PORT: '7', VERSION: 'v9', ERROR_RATE: '0.5', LATENCY_MS: '20' }), {
    host: '::1',
    port: 7,
    version: 'v9',
    behaviour: { errorRate: 0.5, latencyMs: 20 },
  })
})

t.test('as a process it serves, and drains when it is asked to end', async (t) => {
  const port = await lowPort()
  const env = { ...process.env, HOST: '127.0.0.1', PORT: String(port), VERSION: 'v7', DRAIN_MS: '300' }
  const child = spawn(process.execPath, ['src/demo/app.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) })
  t.equal((await ask(port, '/api')).version, 'v7')
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(10_000) })
  child.kill('SIGTERM')
  t.equal((await ask(port, '/api')).version, 'v7', 'it serves on until others know that it goes')
  t.same(await exit, [0, null])
})
