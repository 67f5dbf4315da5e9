import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import type { KubeClient, Patch } from '../../src/kube/client.ts'
import { KubeError, type KubeErrorKind } from '../../src/kube/errors.ts'
import { type KubeEvent, openRecorder, type Recorder } from '../../src/kube/recorder.ts'
import { deployments, namespaces } from '../../src/kube/resource.ts'

const web: KubeObject = { metadata: { name: 'web', namespace: 'shop', uid: 'u1' } }
const told = (message: string, reason = 'Scaled') => ({ type: 'Normal', reason, message }) as const

type Scene = {
  readonly recorder: Recorder
  readonly events: Map<string, KubeEvent>
  readonly failures: unknown[]
  pass(ms: number): void
  fail(kind: KubeErrorKind | 'hang' | undefined): void
}

function scene(): Scene {
  const events = new Map<string, KubeEvent>()
  const failures: unknown[] = []
  let nowMs = Date.parse('2026-01-02T03:04:05Z')
  let fault: KubeErrorKind | 'hang' | undefined
  async function admit(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (fault === 'hang') await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
    else if (fault !== undefined) throw new KubeError({ kind: fault, message: fault })
  }
  const client = {
    async create(_: unknown, event: KubeEvent, { signal }: { signal?: AbortSignal }) {
      await admit(signal)
      events.set(event.metadata.name, event)
      return event
    },
    async patch(_: unknown, { name }: { name: string }, { body }: Patch, { signal }: { signal?: AbortSignal }) {
      await admit(signal)
      const before = events.get(name)
      if (before === undefined) throw new KubeError({ kind: 'notFound', message: 'none' })
      events.set(name, { ...before, ...(body as Partial<KubeEvent>) })
    },
  } as unknown as KubeClient
  return {
    recorder: openRecorder({ client, component: 'c', instance: 'i', now: () => new Date(nowMs), onFailure: (error) => failures.push(error) }),
    events,
    failures,
    pass: (ms) => {
      nowMs += ms
    },
    fail: (kind) => {
      fault = kind
    },
  }
}

t.test('the same news again is one event with a count; after a while it is news again', async (t) => {
  const { recorder, events, pass } = scene()
  for (let i = 0; i < 5; i++) {
    recorder.record(deployments, web, told('to 3'))
    pass(1_000)
  }
  await recorder.flush()
  t.equal(events.size, 1)
  t.match([...events.values()][0], {
    metadata: { namespace: 'shop', name: /^web\./ },
    involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u1' },
    type: 'Normal',
    reason: 'Scaled',
    message: 'to 3',
    count: 5,
    firstTimestamp: '2026-01-02T03:04:05Z',
    lastTimestamp: '2026-01-02T03:04:09Z',
    source: { component: 'c' },
  })
  pass(601_000)
  recorder.record(deployments, web, told('to 3'))
  await recorder.flush()
  t.strictSame(
    [...events.values()].map(({ count }) => count),
    [5, 1],
  )
})

t.test('news that differ in details alone are told as one from the tenth on', async (t) => {
  const { recorder, events } = scene()
  for (let i = 0; i < 15; i++) recorder.record(deployments, web, told(`attempt ${i}`))
  await recorder.flush()
  const all = [...events.values()]
  t.equal(all.length, 10)
  t.match(all[9], { message: '(combined from similar events): attempt 14', count: 6 })
})

t.test('an object that tells too much is told of in part, and does not silence others', async (t) => {
  const { recorder, events, pass } = scene()
  for (let i = 0; i < 100; i++) recorder.record(deployments, web, told('x', `Reason${i}`))
  recorder.record(deployments, { metadata: { ...web.metadata, name: 'other', uid: 'u2' } }, told('x'))
  await recorder.flush()
  t.equal(events.size, 26)
  t.equal(recorder.dropped(), 75)
  pass(300_000)
  recorder.record(deployments, web, told('x', 'Later'))
  recorder.record(deployments, web, told('x', 'Latest'))
  await recorder.flush()
  t.equal(events.size, 27, 'one more each five minutes')
})

t.test('an event that the server has forgotten begins anew, and failures are counted', async (t) => {
  const { recorder, events, failures, fail } = scene()
  recorder.record(deployments, web, told('a'))
  await recorder.flush()
  events.clear()
  recorder.record(deployments, web, told('a'))
  await recorder.flush()
  t.strictSame(
    [...events.values()].map(({ count }) => count),
    [2],
  )
  fail('forbidden')
  recorder.record(deployments, web, told('b'))
  await recorder.flush()
  t.match(failures, [{ kind: 'forbidden' }])
  t.equal(recorder.dropped(), 1)
  fail(undefined)
  recorder.record(deployments, web, told('b'))
  await recorder.flush()
  t.equal(events.size, 2, 'though the server never had it')
})

t.test('a server that hangs holds up the end for as long as was allowed, and no longer', async (t) => {
  const { recorder, fail, events } = scene()
  fail('hang')
  // As an open connection would keep the process.
  const alive = setInterval(() => undefined, 1_000)
  t.teardown(() => clearInterval(alive))
  for (let i = 0; i < 20; i++) recorder.record(deployments, web, told('x', `Reason${i}`))
  const startedMs = performance.now()
  await recorder.flush(50)
  t.ok(performance.now() - startedMs < 2_000)
  t.equal(recorder.dropped(), 20)
  fail(undefined)
  recorder.record(deployments, web, told('later'))
  await recorder.flush()
  t.equal(events.size, 1)
})

t.test('long names and texts fit, and events about what has no namespace stand in default', async (t) => {
  const { recorder, events } = scene()
  recorder.record(deployments, { metadata: { ...web.metadata, name: 'n'.repeat(253) } }, told('m'.repeat(5_000)))
  recorder.record(namespaces, { metadata: { name: 'shop', uid: 'u3' } }, told('x'))
  await recorder.flush()
  const [long, about] = [...events.values()]
  t.ok(long!.metadata.name.length <= 253 && long!.message.length === 1_024)
  t.equal(about!.metadata.namespace, 'default')
  t.notOk('namespace' in about!.involvedObject)
})
