// A wall clock that jumps and stands still under a running edge: everything that waits goes by another clock.
import { globSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { lacks } from '../../needs.ts'
import { answersOf, ask, openClient } from '../http/client.ts'
import { startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { fieldOf, statusOf } from '../http/message.ts'
import { startUpstream, write } from '../http/upstream.ts'
import { openWorkshop } from '../tls/certificates.ts'
import { openSecure } from '../tls/client.ts'
import { figure } from './full.ts'
import { runOpenLoop } from './openLoop.ts'

const hourMs = 3_600_000
const stageMs = figure(12_000, 1_200)
const perSecond = 200
const responseHeadMs = 500
const requestHeadMs = 800
/** Before the edge looks at the file of the clock again, and some more. */
const lookedAtMs = 10_000
const preloaded = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
const frozenAt = '2031-05-05 05:05:05'
t.setTimeout(fileDeadlineMs)

/** As libfaketime writes it, and what the edge's clock then says. */
const stages = [
  { name: 'as it is', clock: '+0', nowMs: () => Date.now() },
  { name: 'an hour ahead', clock: '+3600', nowMs: () => Date.now() + hourMs },
  { name: 'an hour back, so two at once', clock: '-3600', nowMs: () => Date.now() - hourMs },
  { name: 'standing still', clock: frozenAt, nowMs: () => Date.parse(`${frozenAt.replace(' ', 'T')}Z`) },
  { name: 'as it is, again', clock: '+0', nowMs: () => Date.now() },
]

t.test('E25 clock jumps', { skip: lacks('faketime', 'openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const files = await workshop.issue('here', { names: ['DNS:here.example'] })
  const clockFile = join(workshop.folder, 'clock')
  async function setClock(text: string): Promise<void> {
    await writeFile(`${clockFile}.new`, text)
    await rename(`${clockFile}.new`, clockFile)
  }
  await setClock(stages[0]!.clock)

  const [stable, canary] = await Promise.all([startUpstream('stable'), startUpstream('canary')])
  for (const upstream of [stable, canary])
    upstream.scripts.set('n0000001', {
      when: 'complete',
      async run({ connection }) {
        write(connection, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        for (; connection.state === 'open'; await delay(100)) write(connection, '1\r\nx\r\n')
      },
    })
  for (const upstream of [stable, canary]) upstream.scripts.set('n0000002', { when: 'complete', run: () => undefined })

  const edge = await startEdgeProcess(
    `listeners:
  - {address: "127.0.0.1:0"}
  - {address: "127.0.0.1:0", tls: {certificates: [{cert: ${files.cert}, key: ${files.key}}]}}
admin: {address: "127.0.0.1:0"}
limits: {upstreamConnections: 10000}
timeouts: {requestHead: ${requestHeadMs}ms, bodyIdle: 2s, keepAlive: 30s, drain: 500ms}
routes: [{path: /plain, split: plain}, {path: /n0000002, split: silent}, {path: /, split: main}]
splits:
  plain: {backends: {stable: {weight: 1, endpoints: ["127.0.0.1:${stable.port}"]}}}
  silent: {timeouts: {responseHead: ${responseHeadMs}ms}, backends: {stable: {weight: 1, endpoints: ["127.0.0.1:${stable.port}"]}}}
  main:
    totalWeight: 100
    stickiness: {kind: cookie, ttl: 30m}
    backends:
      stable: {weight: 50, endpoints: ["127.0.0.1:${stable.port}"]}
      canary: {weight: 50, endpoints: ["127.0.0.1:${canary.port}"]}
`,
    1,
    {
      env: {
        LD_PRELOAD: preloaded ?? '',
        FAKETIME_TIMESTAMP_FILE: clockFile,
        FAKETIME_CACHE_DURATION: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        TZ: 'UTC',
      },
    },
  )
  t.teardown(async () => {
    await edge.close()
    await Promise.all([stable.close(), canary.close()])
    await workshop.remove()
  })
  const [plain, secure] = [edge.addresses[0]!, edge.addresses[1]!]
  const splitUrl = `http://${edge.admin.host}:${edge.admin.port}/v1/splits/main`

  /** By its clock: a change of weights is stamped with it. */
  let turn = 0
  async function edgeNowMs(): Promise<number> {
    const canaryWeight = 49 + (turn++ % 3)
    const answer = await fetch(splitUrl, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify({ weights: { stable: 100 - canaryWeight, canary: canaryWeight } }),
    })
    return Date.parse(((await answer.json()) as { weightsSince: string }).weightsSince)
  }

  const wrong: string[] = []
  const stop = new AbortController()
  const load = runOpenLoop({
    address: plain,
    perSecond,
    stop: stop.signal,
    deadlineMs: 10_000,
    request: (index) => `GET /plain HTTP/1.1\r\nHost: a\r\n${index % 8 === 0 ? 'Connection: close\r\n' : ''}\r\n`,
    onAnswer(index, { status }) {
      if (status !== 200) wrong.push(`${status} to request ${index}`)
    },
  })
  const kept = await openClient(plain)
  kept.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n')
  const stream = await openClient(plain)
  stream.write('GET /n0000001 HTTP/1.1\r\nHost: a\r\n\r\n')
  let jar = ''
  let session: Buffer | undefined
  let asked = 1

  for (const { name, clock, nowMs } of stages)
    await t.test(`E25 clock jumps: ${name}`, async (t) => {
      await setClock(clock)
      let off = Number.POSITIVE_INFINITY
      for (const until = performance.now() + lookedAtMs; off > 60_000 && performance.now() < until; await delay(50))
        off = Math.abs((await edgeNowMs()) - nowMs())
      t.ok(off <= 60_000, `the edge's clock is ${Math.round(off)} ms off what it was set to`)

      const silentAt = performance.now()
      t.equal(statusOf((await ask(plain, 'GET /n0000002 HTTP/1.1\r\nHost: a\r\n\r\n'))!), 504)
      const silentMs = performance.now() - silentAt
      t.ok(silentMs > responseHeadMs * 0.9 && silentMs < responseHeadMs + 2_000, `a silent upstream is given up after ${Math.round(silentMs)} ms`)

      const slow = await openClient(plain)
      const slowAt = performance.now()
      slow.write('GET / HTTP/1.1\r\n')
      await slow.until(() => slow.end !== 'open', 5_000)
      const slowMs = performance.now() - slowAt
      t.ok(slowMs > requestHeadMs * 0.9 && slowMs < requestHeadMs + 2_000, `a slow head after ${Math.round(slowMs)} ms`)

      kept.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n')
      asked++
      const gets = Array.from({ length: asked }, () => 'GET')
      t.ok(await kept.until(() => answersOf(kept, gets).length === asked, 5_000), 'a connection from before is kept')
      const before = stream.text.length
      t.ok(await stream.until(() => stream.text.length > before, 5_000), 'and so is a stream')

      const first = (await ask(plain, `GET / HTTP/1.1\r\nHost: a\r\n${jar === '' ? '' : `Cookie: ${jar}\r\n`}\r\n`))!
      t.equal(statusOf(first), 200, 'a cookie of any age is no error')
      jar = fieldOf(first, 'set-cookie')?.split(';')[0] ?? jar
      const again = (await ask(plain, `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${jar}\r\n\r\n`))!
      t.equal(again.body, first.body, 'and sticks')

      const client = await openSecure(secure, { maxVersion: 'TLSv1.2', ...(session && { session }) })
      client.write('GET /plain HTTP/1.1\r\nHost: here.example\r\n\r\n')
      t.ok(await client.until(() => answersOf(client, ['GET']).length === 1, 5_000), `TLS${client.secured.isSessionReused() ? ', resumed' : ''}`)
      session = client.secured.getSession()
      client.socket.destroy()
      await delay(stageMs)
    })
  stop.abort()
  const { sent, failed } = await load
  t.same([...failed, ...wrong].slice(0, 5), [], `0 of ${sent} failed`)
  t.equal(stream.end, 'open')
  for (const client of [kept, stream]) client.socket.destroy()
})
