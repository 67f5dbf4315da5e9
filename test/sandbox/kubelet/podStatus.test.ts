// Decisions about pods, as functions of what is known of them.
import t from 'tap'
import type { Container } from '../../../src/api/container.ts'
import type { Pod } from '../../../src/api/pod.ts'
import { type Decision, decide } from '../../../src/sandbox/kubelet/pod/decide.ts'
import { type ContainerRecord, newRecord, type PodRecord, type Run } from '../../../src/sandbox/kubelet/pod/record.ts'
import { podStatus } from '../../../src/sandbox/kubelet/pod/status.ts'

const nowMs = Date.UTC(2030, 0, 1)
const backoff = { firstMs: 10_000, longestMs: 300_000 }
const run: Run = { id: 'ab', attempt: 0, imageId: 'sha256:1', startedAtMs: nowMs - 60_000, isStarted: true, isReady: true }
const running: ContainerRecord = { run }
const ended = (exitCode: number, agoMs: number, more: ContainerRecord = {}, attempt = 0): ContainerRecord => ({
  ...more,
  run: {
    ...run,
    attempt,
    isStarted: false,
    isReady: false,
    exit: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAtMs: nowMs - agoMs },
  },
})
const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'i', ...more })
const podOf = (spec: Partial<Pod['spec']>, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid: 'u', generation: 1, ...metadata },
  spec: { containers: [container('a')], ...spec },
})
const recordOf = (containers: PodRecord['containers'], more: Partial<PodRecord> = {}): PodRecord => ({
  ...newRecord(nowMs - 60_000),
  isPrepared: true,
  ip: '127.64.0.1',
  containers,
  ...more,
})
const text = ({ steps, wakeAtMs }: Decision): string =>
  [
    ...steps.map((step) => `${step.kind}${'container' in step ? ` ${step.container}` : ''}${'attempt' in step ? ` ${step.attempt}` : ''}`),
    wakeAtMs === undefined ? '' : `wake in ${wakeAtMs - nowMs}`,
  ]
    .filter((part) => part !== '')
    .join(', ')

const side = container('s', { restartPolicy: 'Always' })
const inits = [container('i'), side, container('j')]
const crashes = { delayMs: 10_000, sinceMs: nowMs - 5_000 }

const cases: readonly { readonly rule: string; readonly pod: Pod; readonly record: PodRecord; readonly does: string }[] = [
  { rule: 'first a place', pod: podOf({}), record: newRecord(nowMs), does: 'prepare' },
  {
    rule: 'a place that was refused is asked for later',
    pod: podOf({}),
    record: { ...newRecord(nowMs), prepareAgainMs: nowMs + 500 },
    does: 'wake in 500',
  },
  {
    rule: 'then what is not there',
    pod: podOf({ containers: [container('a'), container('b')] }),
    record: recordOf({ a: running }),
    does: 'start b 0',
  },
  { rule: 'init containers one by one', pod: podOf({ initContainers: inits }), record: recordOf({}), does: 'start i 0' },
  { rule: 'nothing while one runs', pod: podOf({ initContainers: inits }), record: recordOf({ i: running }), does: '' },
  { rule: 'the next when one is done', pod: podOf({ initContainers: inits }), record: recordOf({ i: ended(0, 1) }), does: 'start s 0' },
  {
    rule: 'a sidecar must have started',
    pod: podOf({ initContainers: inits }),
    record: recordOf({ i: ended(0, 1), s: { run: { ...run, isStarted: false } } }),
    does: '',
  },
  { rule: 'and need not end', pod: podOf({ initContainers: inits }), record: recordOf({ i: ended(0, 1), s: running }), does: 'start j 0' },
  {
    rule: 'the others after all',
    pod: podOf({ initContainers: inits }),
    record: recordOf({ i: ended(0, 1), s: running, j: ended(0, 1) }),
    does: 'start a 0',
  },
  {
    rule: 'an init container that failed is tried again',
    pod: podOf({ initContainers: inits }),
    record: recordOf({ i: ended(1, 1) }),
    does: 'start i 1',
  },
  {
    rule: 'unless the pod never does that',
    pod: podOf({ initContainers: inits, restartPolicy: 'Never' }),
    record: recordOf({ i: ended(1, 1) }),
    does: 'finish',
  },
  {
    rule: 'init containers of a pod that has begun are over',
    pod: podOf({ initContainers: inits }),
    record: recordOf({ s: ended(1, 1), a: running }),
    does: 'start s 1',
  },
  { rule: 'a crash is mended at once', pod: podOf({}), record: recordOf({ a: ended(1, 10) }), does: 'start a 1' },
  { rule: 'the second one after a while', pod: podOf({}), record: recordOf({ a: ended(1, 1_000, { crashes }, 1) }), does: 'backOff a, wake in 9000' },
  {
    rule: 'which is told once',
    pod: podOf({}),
    record: recordOf({ a: ended(1, 1_000, { crashes, waiting: { reason: 'CrashLoopBackOff' } }, 1) }),
    does: 'wake in 9000',
  },
  { rule: 'and over some time', pod: podOf({}), record: recordOf({ a: ended(1, 10_000, { crashes }, 1) }), does: 'start a 2' },
  {
    rule: 'who ran for long begins anew',
    pod: podOf({}),
    record: recordOf({ a: ended(1, 0, { crashes: { delayMs: 300_000, sinceMs: nowMs - 600_001 } }, 9) }),
    does: 'start a 10',
  },
  { rule: 'what could not start waits', pod: podOf({}), record: recordOf({ a: { againMs: nowMs + 700 } }), does: 'wake in 700' },
  { rule: 'who is done need not run again', pod: podOf({ restartPolicy: 'OnFailure' }), record: recordOf({ a: ended(0, 1) }), does: 'finish' },
  {
    rule: 'sidecars end with those that they stand beside',
    pod: podOf({ initContainers: [side], restartPolicy: 'Never' }),
    record: recordOf({ s: running, a: ended(0, 1) }),
    does: 'stop',
  },
  {
    rule: 'a condemned one is killed',
    pod: podOf({}),
    record: recordOf({ a: { ...running, condemned: { message: '', graceSeconds: 1 } } }),
    does: 'kill a',
  },
  { rule: 'a deleted pod stops', pod: podOf({}, { deletionTimestamp: 'now' }), record: recordOf({ a: running }), does: 'stop' },
  { rule: 'and is finished then', pod: podOf({}, { deletionTimestamp: 'now' }), record: recordOf({ a: ended(0, 1) }), does: 'finish' },
  { rule: 'its time is over', pod: podOf({ activeDeadlineSeconds: 60 }), record: recordOf({ a: running }), does: 'evict, wake in 0' },
  { rule: 'its time will be over', pod: podOf({ activeDeadlineSeconds: 61 }), record: recordOf({ a: running }), does: 'wake in 1000' },
]

t.test('what is done', (t) => {
  for (const { rule, pod, record, does } of cases) t.equal(text(decide(pod, record, nowMs, backoff)), does, rule)
  t.end()
})

t.test('back-offs double up to five minutes', (t) => {
  let delayMs = 0
  const seen: number[] = []
  for (let attempt = 0; attempt < 8; attempt++) {
    const before = delayMs === 0 ? {} : { crashes: { delayMs, sinceMs: nowMs - delayMs } }
    const [step] = decide(podOf({}), recordOf({ a: ended(1, delayMs, before, attempt) }), nowMs, backoff).steps
    if (step?.kind !== 'start') throw new Error(`a ${step?.kind}`)
    seen.push((delayMs = step.crashes!.delayMs) / 1_000)
  }
  t.same(seen, [10, 20, 40, 80, 160, 300, 300, 300])
  t.end()
})

t.test('a status', (t) => {
  const pod = podOf({
    containers: [container('a', { resources: { requests: { cpu: '50m' } }, volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] })],
  })
  const before = podStatus({ pod, record: newRecord(nowMs), hostIp: '127.0.0.1', nowMs })
  t.strictSame(before.containerStatuses, [
    {
      name: 'a',
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
      ready: false,
      started: false,
      restartCount: 0,
      image: 'i',
      imageID: '',
      volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Disabled' }],
    },
  ])
  const laterMs = nowMs + 5_000
  const after = podStatus({ pod: { ...pod, status: before }, record: recordOf({ a: running }), hostIp: '127.0.0.1', nowMs: laterMs })
  t.strictSame(after.containerStatuses?.[0], {
    name: 'a',
    state: { running: { startedAt: '2029-12-31T23:59:00Z' } },
    lastState: {},
    ready: true,
    started: true,
    restartCount: 0,
    image: 'i',
    imageID: 'sha256:1',
    containerID: 'process://ab',
    allocatedResources: { cpu: '50m' },
    resources: { requests: { cpu: '50m' } },
    volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Disabled' }],
  })
  t.equal(after.startTime, before.startTime, 'it has begun once')
  const times = Object.fromEntries(after.conditions!.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]))
  t.strictSame(times, {
    PodReadyToStartContainers: '2030-01-01T00:00:05Z',
    Initialized: '2030-01-01T00:00:00Z',
    Ready: '2030-01-01T00:00:05Z',
    ContainersReady: '2030-01-01T00:00:05Z',
    PodScheduled: '2030-01-01T00:00:00Z',
  })
  t.end()
})
