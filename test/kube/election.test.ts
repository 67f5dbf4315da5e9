// Promise C10 without a cluster: leases that are lost, taken, cut off and given back.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Lease } from '../../src/api/node.ts'
import type { CallOptions, KubeClient } from '../../src/kube/client.ts'
import { type Leadership, NotLeading, runElected } from '../../src/kube/election.ts'
import { KubeError } from '../../src/kube/errors.ts'

const ref = { namespace: 'default', name: 'leader' }
const times = { leaseMs: 1_000, renewDeadlineMs: 600, retryMs: 50 }

type Fault = 'none' | 'hang' | 'refuse' | 'lose the answer'
/** One lease, with the versions of a real server. */
type LeaseServer = { lease: Lease | undefined; fault: Fault; writes: number; readonly client: KubeClient }

function startLeaseServer(): LeaseServer {
  let version = 1
  async function answer<T>(options: CallOptions | undefined, isWrite: boolean, work: () => T): Promise<T> {
    await delay(1)
    const { fault } = server
    const noAnswer = new KubeError({ kind: 'noAnswer', message: 'no answer' })
    if (fault === 'refuse') throw noAnswer
    if (fault !== 'none' && !(fault === 'lose the answer' && !isWrite)) {
      if (fault === 'lose the answer') work()
      const { promise, reject } = Promise.withResolvers<never>()
      const late = setTimeout(() => reject(noAnswer), options?.timeoutMs ?? 5_000)
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true })
      return await promise.finally(() => clearTimeout(late))
    }
    return work()
  }
  function write(lease: Lease): Lease {
    server.writes++
    server.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++version) } }
    return server.lease
  }
  const client = {
    get: (_: unknown, __: unknown, options?: CallOptions) =>
      answer(options, false, () => {
        if (server.lease === undefined) throw new KubeError({ kind: 'notFound', message: 'none' })
        return server.lease
      }),
    create: (_: unknown, lease: Lease, options?: CallOptions) =>
      answer(options, true, () => {
        if (server.lease !== undefined) throw new KubeError({ kind: 'alreadyExists', message: 'there is one' })
        return write(lease)
      }),
    update: (_: unknown, lease: Lease, options?: CallOptions) =>
      answer(options, true, () => {
        if (server.lease?.metadata.resourceVersion !== lease.metadata.resourceVersion) throw new KubeError({ kind: 'conflict', message: 'changed' })
        return write(lease)
      }),
  }
  const server: LeaseServer = { lease: undefined, fault: 'none', writes: 0, client: client as unknown as KubeClient }
  return server
}

type Candidate = { readonly leads: Promise<Leadership>; readonly ended: Promise<unknown>; readonly stop: AbortController; readonly failures: Error[] }

function run(server: LeaseServer, identity: string, now?: () => number): Candidate {
  const stop = new AbortController()
  const failures: Error[] = []
  const { promise: leads, resolve } = Promise.withResolvers<Leadership>()
  const options = { client: server.client, lease: ref, identity, times, onFailure: (error: Error) => failures.push(error), ...(now && { now }) }
  const ended = runElected(options, stop.signal, async (leadership, signal) => {
    resolve(leadership)
    if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))
    signal.throwIfAborted()
  }).then(
    () => 'ended',
    (error: unknown) => error,
  )
  return { leads, ended, stop, failures }
}

const holder = ({ lease }: LeaseServer): string => lease?.spec?.holderIdentity ?? ''

t.test('one of ten leads; when it stops it gives the lease back, and the next need not wait', async (t) => {
  const server = startLeaseServer()
  const all = Array.from({ length: 10 }, (_, i) => run(server, `c${i}`))
  const leadership = await Promise.race(all.map(({ leads }) => leads))
  t.ok(leadership.remainingMs() > 0 && leadership.remainingMs() <= times.leaseMs)
  const first = all[Number(holder(server).slice(1))]!
  const others = all.filter((each) => each !== first)
  await delay(1_200)
  t.equal(holder(server), `c${all.indexOf(first)}`, 'it is renewed beyond its time')
  first.stop.abort()
  await first.ended
  const startedMs = performance.now()
  await Promise.race(others.map(({ leads }) => leads))
  t.ok(performance.now() - startedMs < 500, `${Math.round(performance.now() - startedMs)} ms`)
  t.equal(leadership.remainingMs(), 0)
  t.throws(() => leadership.guard(), NotLeading)
  for (const { stop } of others) stop.abort()
  await Promise.all(others.map(({ ended }) => ended))
  t.equal(holder(server), '')
})

for (const fault of ['hang', 'refuse', 'lose the answer'] as const)
  t.test(`C10 a leader that is cut off (${fault}) ends before its lease does, and then another leads`, async (t) => {
    const server = startLeaseServer()
    const first = run(server, 'first')
    const leadership = await first.leads
    server.fault = fault
    const startedMs = performance.now()
    t.ok((await first.ended) instanceof NotLeading)
    const endedMs = performance.now() - startedMs
    t.ok(endedMs < times.leaseMs + 200, `ended after ${Math.round(endedMs)} ms`)
    t.equal(leadership.remainingMs(), 0)
    server.fault = 'none'
    const second = run(server, 'second')
    await second.leads
    t.equal(holder(server), 'second')
    second.stop.abort()
    await second.ended
  })

t.test('C10 a leader whose lease another has taken ends at its next look', async (t) => {
  const server = startLeaseServer()
  const first = run(server, 'first')
  await first.leads
  const { spec, metadata } = server.lease!
  server.lease = { metadata: { ...metadata, resourceVersion: '1000' }, spec: { ...spec, holderIdentity: 'thief' } }
  t.ok((await first.ended) instanceof NotLeading)
  t.equal(holder(server), 'thief', 'which it leaves alone')
})

t.test('C10 a leader that was frozen knows at once that its time is over', async (t) => {
  const server = startLeaseServer()
  let frozenMs = 0
  const first = run(server, 'first', () => performance.now() + frozenMs)
  const leadership = await first.leads
  const signal = leadership.guard()
  t.notOk(signal.aborted)
  frozenMs = 5_000
  t.equal(leadership.remainingMs(), 0)
  t.throws(() => leadership.guard(), NotLeading)
  const before = server.writes
  t.ok((await first.ended) instanceof NotLeading)
  t.equal(server.writes, before, 'and writes nothing any more')
})

t.test('a lease whose writing nobody saw the end of is given back all the same', async (t) => {
  const server = startLeaseServer()
  server.fault = 'lose the answer'
  const first = run(server, 'first')
  while (holder(server) !== 'first') await delay(5)
  first.stop.abort()
  server.fault = 'none'
  t.equal(await first.ended, 'ended')
  t.equal(holder(server), '')
})

t.test('a failure of what leads is what is told, and the lease is free', async (t) => {
  const server = startLeaseServer()
  const work = runElected({ client: server.client, lease: ref, identity: 'me', times }, new AbortController().signal, async () => {
    throw new Error('of its own')
  })
  await t.rejects(work, { message: 'of its own' })
  t.equal(holder(server), '')
})
