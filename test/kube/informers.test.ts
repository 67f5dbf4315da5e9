// What consumers share, what one of them may do to the others, and how much an object weighs.
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { openClient } from '../../src/kube/client.ts'
import { type Informers, openInformers } from '../../src/kube/informers.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { type ApiServer, failWith, startApiServer, things } from './apiServer.ts'

type Thing = KubeObject & { readonly colour?: string; readonly weight?: string }
type Scene = { readonly server: ApiServer; readonly informers: Informers; readonly failures: string[]; lists(): number }

async function scene(t: Test): Promise<Scene> {
  const server = await startApiServer()
  const transport = openTransport(server.connection)
  const failures: string[] = []
  const informers = openInformers({
    client: openClient(transport, { perSecond: 10_000, burst: 10_000 }),
    onFailure: ({ name }, error) => failures.push(`${name}: ${error.message}`),
    times: { watchS: 2, backoff: { firstMs: 20, longestMs: 100 } },
  })
  const stop = new AbortController()
  const run = informers.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await run
    await transport.close()
    await server.close()
  })
  return { server, informers, failures, lists: () => server.asked.filter((line) => line.includes('limit=')).length }
}

async function until(isSo: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not so after ${deadlineMs} ms: ${isSo}`)
    await delay(5)
  }
}

t.test('all who want the same share a list, a watch and a store, and add their indexes', async (t) => {
  const { server, informers, lists } = await scene(t)
  server.put('a', { colour: 'red', weight: '1' })
  const byColour = ({ colour }: Thing): readonly string[] => (colour === undefined ? [] : [colour])
  const first = informers.of<Thing>({ resource: things, indexes: { colour: byColour } })
  await first.synced(AbortSignal.timeout(10_000))
  const second = informers.of<Thing>({ resource: things, indexes: { colour: byColour, weight: ({ weight = '' }) => [weight] } })
  t.equal(second.store, first.store)
  t.equal(second.store.by('weight', '1').length, 1, 'over what was there')
  server.put('a', { colour: 'blue', weight: '2' })
  await until(() => first.store.by('weight', '2').length === 1)
  t.strictSame([first.store.by('colour', 'red').length, first.store.by('colour', 'blue').length], [0, 1])
  t.equal(lists(), 1)
  t.throws(() => informers.of<Thing>({ resource: things, indexes: { colour: () => [] } }), /another index colour/)
  t.throws(() => informers.of<Thing>({ resource: things, trim: (object) => object }), /trimmed by another/)
  const other = informers.of<Thing>({ resource: things, labelSelector: 'a=b' })
  await other.synced(AbortSignal.timeout(10_000))
  t.not(other.store, first.store)
})

t.test('an object that a reader chokes on costs nobody else anything', async (t) => {
  const { server, informers, failures } = await scene(t)
  server.put('bad', { colour: 5 })
  server.put('good', { colour: 'red' })
  const upper = ({ colour }: Thing): readonly string[] => [colour!.toUpperCase()]
  const { store, synced, state } = informers.of<Thing>({ resource: things, indexes: { upper } })
  const seen: string[] = []
  store.subscribe(({ object }) => {
    if (object.metadata.name === 'bad') throw new Error('what is this')
  })
  store.subscribe(({ kind, object }) => seen.push(`${kind} ${object.metadata.name}`))
  await synced(AbortSignal.timeout(10_000))
  server.put('bad', { colour: 6 })
  server.put('better', { colour: 'blue' })
  await until(() => store.size === 3)
  t.strictSame(seen, ['added bad', 'added good', 'modified bad', 'added better'])
  t.strictSame(store.by('upper', 'BLUE').length, 1)
  t.equal(state().kind, 'watching')
  t.ok(failures.includes('things: things bad: what is this'))
})

t.test('trim makes objects smaller, and an object that it chokes on is told of', async (t) => {
  const { server, informers, failures } = await scene(t)
  const trim = ({ metadata, colour }: Thing): Thing => {
    if (colour === 'none') throw new Error('no colour')
    return { metadata, colour: colour! }
  }
  const { store, synced } = informers.of<Thing>({ resource: things, trim })
  server.put('a', { colour: 'red', weight: 'x'.repeat(1_000) })
  server.put('odd', { colour: 'none' })
  await synced(AbortSignal.timeout(10_000))
  server.put('b', { colour: 'blue', weight: 'x'.repeat(1_000) })
  await until(() => store.size === 2)
  t.strictSame(Object.keys(store.get('default/b')!).sort(), ['colour', 'metadata'])
  t.match(failures, ['things: things odd: no colour'])
})

t.test('C3 a list from before what is known is refused, again and again, and nothing goes back', async (t) => {
  const { server, informers, failures } = await scene(t)
  const old = server.put('a', { colour: 'old' })
  const { store, synced, state } = informers.of<Thing>({ resource: things })
  await synced(AbortSignal.timeout(10_000))
  server.put('a', { colour: 'new' })
  server.put('b')
  await until(() => store.size === 2)
  const told: string[] = []
  store.subscribe(({ kind, object }) => told.push(`${kind} ${object.metadata.name}`))
  let stale = 0
  server.intercept((request, response) => {
    if (request.url?.includes('watch=true')) return failWith(response, 410)
    stale++
    const { resourceVersion } = old.metadata
    response.end(JSON.stringify({ kind: 'ThingList', metadata: { resourceVersion }, items: [old] }))
    return true
  })
  server.cut('reset')
  await until(() => stale >= 5)
  t.match(state(), { kind: 'cut', error: { message: /before .*seen already/ } }, 'C8 and who decides can see that it is out of date')
  t.strictSame(told, ['added a', 'added b'], 'only what was there')
  t.equal(store.get('default/a')?.colour, 'new')
  server.intercept(undefined)
  server.remove('b')
  await until(() => store.size === 1 && state().kind === 'watching')
  t.strictSame(told, ['added a', 'added b', 'deleted b'])
  t.ok(failures.length >= 5)
})

t.test('C8 a partition shows in the state, with how old the knowledge is, and ends in agreement', async (t) => {
  const { server, informers } = await scene(t)
  server.put('a')
  const { store, synced, state } = informers.of<Thing>({ resource: things })
  t.equal(state().kind, 'listing')
  await synced(AbortSignal.timeout(10_000))
  const heard = (): number => {
    const now = state()
    return now.kind === 'listing' ? -1 : now.heardMs
  }
  server.intercept((_, response) => {
    response.destroy()
    return true
  })
  server.cut('reset')
  server.put('b')
  await until(() => state().kind === 'cut')
  const last = heard()
  await delay(300)
  t.equal(heard(), last, 'nothing was heard')
  t.equal(store.size, 1)
  server.intercept(undefined)
  await until(() => store.size === 2 && state().kind === 'watching')
  t.ok(heard() > last)
})

t.test('a watch that is refused for good lists with growing pauses, not in a loop', async (t) => {
  for (const status of [403, 410]) {
    const { server, informers, lists } = await scene(t)
    server.intercept((request, response) => request.url?.includes('watch=true') === true && failWith(response, status))
    const { store } = informers.of<Thing>({ resource: things })
    server.put('a')
    await until(() => store.size === 1)
    const before = lists()
    await delay(1_000)
    t.ok(lists() - before <= 21, `${lists() - before} lists in a second of pauses of 50 ms and more`)
    server.put('b')
    await until(() => store.size === 2)
  }
})
