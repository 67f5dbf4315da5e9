// Promise C5: whatever happens to lists and watches, the store comes to hold what the server holds.
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { openClient } from '../../src/kube/client.ts'
import { openReflector, type Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts'
import { keyOf } from '../../src/kube/resource.ts'
import type { Change } from '../../src/kube/store.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { randomFrom } from '../edge/http/harness.ts'
import { type ApiServer, failWith, startApiServer, things } from './apiServer.ts'

type Scene = {
  readonly server: ApiServer
  readonly reflector: Reflector<KubeObject>
  readonly changes: Change<KubeObject>[]
  readonly failures: string[]
  /** Resolves when the store holds what the server holds. */
  agreed(deadlineMs?: number): Promise<void>
}

async function scene(t: Test, options: Partial<ReflectorOptions> = {}, prepare: (server: ApiServer) => void = () => undefined): Promise<Scene> {
  const server = await startApiServer()
  prepare(server)
  const transport = openTransport(server.connection)
  const failures: string[] = []
  const reflector = openReflector<KubeObject>(
    { resource: things },
    {
      client: openClient(transport, { perSecond: 100_000, burst: 100_000 }),
      onFailure: (error) => failures.push(error.message),
      ...options,
      times: { watchS: 2, backoff: { firstMs: 5, longestMs: 50 }, ...options.times },
    },
  )
  const changes: Change<KubeObject>[] = []
  reflector.store.subscribe((change) => changes.push(change))
  const stop = new AbortController()
  const run = reflector.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await run
    await transport.close()
    await server.close()
  })
  const text = (objects: Iterable<KubeObject>): string =>
    JSON.stringify([...objects].map((object) => [keyOf(object), object.metadata.resourceVersion]).sort())
  return {
    server,
    reflector,
    changes,
    failures,
    async agreed(deadlineMs = 10_000) {
      const until = performance.now() + deadlineMs
      while (text(reflector.store.values()) !== text(server.objects())) {
        if (performance.now() > until) throw new Error(`store and server differ after ${deadlineMs} ms`)
        await delay(5)
      }
    },
  }
}
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
t.comment(`seed ${seed}`)
/** 10,000 by hand. */
const faults = Number(process.env['FAULTS'] ?? 400)
t.setTimeout(90_000 + faults * 50)

t.test('lists by pages, follows, and tells each change once', async (t) => {
  const { server, reflector, changes, agreed } = await scene(t, {}, (server) => {
    for (let i = 0; i < 1_200; i++) server.put(`thing-${i}`)
  })
  await reflector.synced(AbortSignal.timeout(10_000))
  t.equal(reflector.store.size, 1_200)
  t.equal(server.asked.filter((line) => line.includes('limit=100')).length, 12)
  server.put('thing-3', { colour: 'red' })
  server.remove('thing-4')
  server.put('new')
  await agreed()
  t.strictSame(
    changes.slice(1_200).map(({ kind, object }) => `${kind} ${object.metadata.name}`),
    ['modified thing-3', 'deleted thing-4', 'added new'],
  )
  t.equal(reflector.state().kind, 'watching')
})

t.test('C5 a list whose continue token is gone begins anew', async (t) => {
  let pages = 0
  const { server, reflector, agreed } = await scene(t, {}, (server) => {
    for (let i = 0; i < 1_200; i++) server.put(`thing-${i}`)
    server.intercept((request) => {
      if (request.url?.includes('limit=100') && ++pages === 2) {
        server.put('meanwhile')
        server.compact()
      }
      return false
    })
  })
  await agreed()
  t.equal(reflector.store.size, server.objects().length)
})

t.test('C5 a version that is too old, told by status or by event: it lists again, and misses nothing', async (t) => {
  const { server, reflector, agreed } = await scene(t)
  await reflector.synced()
  server.put('a')
  await agreed()
  server.intercept((request, response) => request.url?.includes('watch=true') === true && failWith(response, 410))
  server.cut('reset')
  server.put('b')
  server.remove('a')
  await agreed()
  server.intercept(undefined)
  server.put('c')
  await agreed()
  await watched(server)
  server.send(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } })}\n`)
  server.compact()
  server.put('d')
  await agreed()
})

t.test('C5 a watch that goes silent is noticed', async (t) => {
  const { server, reflector, agreed, failures } = await scene(t, { times: { watchS: 1 } })
  await reflector.synced()
  await watched(server)
  server.cut('half')
  server.put('unseen')
  await agreed(15_000)
  t.ok(
    failures.some((failure) => failure.includes('silent')),
    failures.join('; '),
  )
})

t.test('a watch that ends at once, each time, is no busy loop', async (t) => {
  const { server, reflector } = await scene(t)
  await reflector.synced()
  server.intercept((request, response) => {
    if (!request.url?.includes('watch=true')) return false
    response.writeHead(200).end()
    return true
  })
  server.cut('end')
  const before = server.asked.length
  await delay(500)
  t.ok(server.asked.length - before < 100, `${server.asked.length - before} requests in half a second`)
})

t.test('garbage and a line that is cut off lose nothing', async (t) => {
  const { server, reflector, agreed } = await scene(t)
  await reflector.synced()
  for (const line of ['not json\n', '{"type":"ADDED"}\n', '{"type":"WHAT","object":{}}\n', '[]\n', '{"type":"ADDED","object":{"metada']) {
    await watched(server)
    server.send(line)
    if (!line.endsWith('\n')) server.cut('end')
    server.put(`after ${line.length}`.replaceAll(' ', '-'))
    await agreed()
  }
})

t.test('C5 no error stops it: faults at random on lists and watches, then agreement', async (t) => {
  t.setTimeout(60_000 + faults * 50)
  const { server, agreed, failures } = await scene(t)
  let injected = 0
  server.intercept((_request, response) => {
    if (injected >= faults || random(10) < 3) return false
    injected++
    const kind = random(8)
    if (kind < 5) return failWith(response, [403, 429, 500, 503, 410][kind]!, kind === 1 ? { 'Retry-After': '0' } : {})
    if (kind === 5) response.destroy()
    else if (kind === 6) response.writeHead(200).end('<html>a proxy in between</html>')
    else response.writeHead(200, { 'Content-Length': '1000' }).write('{"kind":"ThingList","items":[', () => response.destroy())
    return true
  })
  while (injected < faults) {
    const name = `thing-${random(20)}`
    if (random(3) === 0) server.remove(name)
    else server.put(name, { value: random(1_000) })
    const kind = random(30)
    if (kind === 0) server.cut('reset')
    else if (kind === 1) server.cut('end')
    else if (kind === 2) server.compact()
    await delay(random(4))
  }
  server.intercept(undefined)
  await agreed()
  t.comment(`${injected} faults, ${failures.length} told`)
})

/** Resolves when somebody watches. */
async function watched(server: ApiServer): Promise<void> {
  const until = performance.now() + 5_000
  const count = (): number => server.asked.filter((line) => line.includes('watch=true')).length
  const before = count()
  server.cut('end')
  while (count() === before && performance.now() < until) await delay(2)
  await delay(20)
}
