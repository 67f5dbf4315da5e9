import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { runLoad } from '../../src/demo/load.ts'
import { newRecords, type Records } from '../../src/demo/records.ts'

async function serve(t: Test, listener: RequestListener): Promise<{ readonly port: number; connections(): number }> {
  let connections = 0
  const server = createServer(listener).listen(0, '127.0.0.1')
  server.on('connection', () => connections++)
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, connections: () => connections }
}

/** Runs a load until `isEnough`, at most 10 s. */
async function loadUntil(port: number, records: Records, isEnough: () => boolean, timeoutMs = 5000): Promise<void> {
  const stop = new AbortController()
  const watched: Records = {
    ...records,
    add: (sample) => {
      records.add(sample)
      if (isEnough()) stop.abort()
    },
  }
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)])
  await runLoad({ host: '127.0.0.1', port, path: '/api', requestsPerSecond: 200, timeoutMs }, watched, signal)
}

t.test('answers are recorded by version, success and latency, over kept connections', async (t) => {
  let n = 0
  const { port, connections } = await serve(t, (_request, response) => {
    n++
    response.writeHead(n % 5 === 0 ? 500 : 200, { 'x-version': n % 2 === 0 ? 'v2' : 'v1' }).end('body')
  })
  const records = newRecords()
  const startedAt = performance.now()
  await loadUntil(port, records, () => records.totals().answered >= 60)
  const totals = records.totals()
  t.equal(totals.sent, totals.answered, 'all that was sent is accounted for')
  t.equal(totals.failed, Math.floor(totals.answered / 5))
  t.equal((totals.byVersion.get('v1') ?? 0) + (totals.byVersion.get('v2') ?? 0), totals.answered)
  t.ok(records.figures('v1', startedAt, performance.now()).p50Ms! > 0)
  t.ok(connections() < totals.sent, `${connections()} connections for ${totals.sent} requests`)
})

t.test('the load does not wait for slow answers', async (t) => {
  const held: (() => void)[] = []
  const { port } = await serve(t, (_request, response) => {
    held.push(() => response.writeHead(200, { 'x-version': 'v1' }).end())
    // Only once many are out at the same time is any of them answered.
    if (held.length >= 30) for (const release of held.splice(0)) release()
  })
  const records = newRecords()
  await loadUntil(port, records, () => records.totals().answered >= 30)
  t.ok(records.totals().answered >= 30)
  t.equal(records.totals().failed, 0)
})

t.test('a server that is not there is a failure of no version', async (t) => {
  const { port } = await serve(t, (request) => request.socket.destroy())
  const records = newRecords()
  await loadUntil(port, records, () => records.totals().answered >= 10)
  const { failed, answered, byVersion } = records.totals()
  t.equal(failed, answered)
  t.same([...byVersion.keys()], [''])
})

t.test('without an answer in time a request has failed', async (t) => {
  const { port } = await serve(t, () => undefined)
  const records = newRecords()
  await loadUntil(port, records, () => records.totals().answered >= 3, 100)
  t.ok(records.totals().failed >= 3)
})
