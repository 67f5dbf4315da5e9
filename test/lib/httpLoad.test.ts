import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { openHistogram } from '../../src/lib/histogram.ts'
import { openHttpLoad, type Result } from '../../src/lib/httpLoad.ts'
import { quantile } from '../../src/lib/intervals.ts'
import { evenArrivals, runOpenLoop, systemClock } from '../../src/lib/openLoop.ts'

const never = new AbortController().signal

async function serve(t: Test, listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

const get = (url: URL) => ({ url, method: 'GET', headers: {} })

t.test('on the wire: a second in which nobody is answered shows in the latency of all that was due in it', async (t) => {
  let held: (() => void)[] | undefined
  const url = await serve(t, (_request, response) => {
    if (held === undefined) response.end('ok')
    else held.push(() => response.end('ok'))
  })
  const load = openHttpLoad({ connections: 4, timeoutMs: 10_000 })
  t.teardown(() => load.close())
  const latency = openHistogram()
  let answered = 0
  const startedAt = performance.now()
  setTimeout(() => (held = []), 1_000)
  setTimeout(() => {
    const release = held ?? []
    held = undefined
    for (const answer of release) answer()
  }, 2_000)
  await runOpenLoop({
    clock: systemClock,
    arrivals: evenArrivals(100),
    durationMs: 3_000,
    signal: never,
    onDue: (dueAt) =>
      load.send(get(url), dueAt, ({ outcome, endedAt }) => {
        if (outcome.kind === 'answered') answered++
        latency.add(endedAt - dueAt)
      }),
  })
  t.ok(performance.now() - startedAt < 6_000, 'the schedule went on')
  await load.idle(never)
  t.equal(answered, 300, 'all that was due was sent')
  const [p75, max] = [quantile(latency.cells(), 0.75, 0.95).value, latency.max()]
  // Of 300, the 100 that were due in the stall waited 1000, 990, 980 … ms. A closed loop over four connections would have four slow ones.
  t.ok(max > 900, `max ${max}`)
  t.ok(p75 > 150, `p75 ${p75}`)
})

t.test('what cannot be answered ends, each in its own way', async (t) => {
  const closed = await serve(t, (_request, response) => response.socket?.destroy())
  const silent = await serve(t, () => undefined)
  const load = openHttpLoad({ connections: 1, timeoutMs: 300 })
  t.teardown(() => load.close())
  const send = (url: URL, lateMs = 0): Promise<Result> => new Promise((resolve) => load.send(get(url), performance.now() - lateMs, resolve))
  t.match(await send(closed), { outcome: { kind: 'broken', reason: 'ECONNRESET' } })
  const [first, second] = await Promise.all([send(silent), send(silent, 100)])
  t.match(first, { outcome: { kind: 'timeout' }, sentAt: Number })
  t.ok(first.endedAt - first.dueAt >= 300, 'not before its time')
  t.match(second, { outcome: { kind: 'unsent' }, sentAt: undefined }, 'the only connection was waiting')
  const third = send(silent)
  load.close()
  t.match(await third, { outcome: { kind: 'abandoned' } })
  t.equal(load.outstanding(), 0)
})

t.test('an idle connection that the server closes as it is used again is no failure', async (t) => {
  let connections = 0
  // Answers one request on a connection, and hangs up when the next one comes.
  const server = createTcpServer((socket) => {
    connections++
    let requests = 0
    socket.on('error', () => socket.destroy())
    socket.on('data', () => {
      if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const load = openHttpLoad({ connections: 1, timeoutMs: 5_000 })
  t.teardown(() => {
    load.close()
    server.close()
  })
  for (let i = 0; i < 3; i++) {
    const result = await new Promise<Result>((resolve) => load.send(get(url), performance.now(), resolve))
    t.match(result, { outcome: { kind: 'answered', status: 200 } })
  }
  t.equal(connections, 3)
})
