// What is known of a name, from answers and the clock alone: E22.
import t from 'tap'
import {
  type Answer,
  addressesOf,
  type Cached,
  dropAtMs,
  dropStale,
  type FamilyAnswer,
  learn,
  staleMs,
  unknown,
} from '../../../src/edge/names/cache.ts'

const none: FamilyAnswer = { kind: 'none' }
const failed: FamilyAnswer = { kind: 'failed' }
const maxStaleMs = 600_000

function found(ttlS: number, ...addresses: readonly string[]): FamilyAnswer {
  return { kind: 'addresses', addresses, ttlMs: ttlS * 1_000 }
}

function after(steps: readonly (readonly [atMs: number, answer: Answer])[], random = 0.999): Cached {
  return steps.reduce((cached, [atMs, answer]) => dropStale(learn(cached, answer, atMs, random), atMs, maxStaleMs), unknown(0))
}

const steps: readonly {
  readonly title: string
  readonly steps: readonly (readonly [number, Answer])[]
  readonly addresses: readonly string[]
  readonly askAtMs: number
}[] = [
  { title: 'a new name is asked for at once', steps: [], addresses: [], askAtMs: 0 },
  {
    title: 'sorted, each once',
    steps: [[0, { v4: found(60, '10.0.0.2', '10.0.0.1', '10.0.0.2'), v6: none }]],
    addresses: ['10.0.0.1', '10.0.0.2'],
    askAtMs: 60_000,
  },
  {
    title: 'both families; asked again when the first runs out',
    steps: [[0, { v4: found(60, '10.0.0.1'), v6: found(30, 'fd00::1') }]],
    addresses: ['10.0.0.1', 'fd00::1'],
    askAtMs: 30_000,
  },
  { title: 'a time to live of 0 is a second', steps: [[0, { v4: found(0, '10.0.0.1'), v6: none }]], addresses: ['10.0.0.1'], askAtMs: 1_000 },
  {
    title: 'a time to live of a day is 5 minutes',
    steps: [[0, { v4: found(86_400, '10.0.0.1'), v6: none }]],
    addresses: ['10.0.0.1'],
    askAtMs: 300_000,
  },
  {
    title: 'denied: the addresses stay',
    steps: [
      [0, { v4: found(1, '10.0.0.1'), v6: none }],
      [1_000, { v4: none, v6: none }],
    ],
    addresses: ['10.0.0.1'],
    askAtMs: 2_000,
  },
  {
    title: 'failed: the addresses stay',
    steps: [
      [0, { v4: found(1, '10.0.0.1'), v6: none }],
      [1_000, { v4: failed, v6: failed }],
    ],
    addresses: ['10.0.0.1'],
    askAtMs: 2_000,
  },
  {
    title: 'one family failed: its addresses stay, the other is renewed',
    steps: [
      [0, { v4: found(1, '10.0.0.1'), v6: found(1, 'fd00::1') }],
      [1_000, { v4: found(9, '10.0.0.2'), v6: failed }],
    ],
    addresses: ['10.0.0.2', 'fd00::1'],
    askAtMs: 10_000,
  },
  {
    title: 'one family has ended: its addresses go',
    steps: [
      [0, { v4: found(1, '10.0.0.1'), v6: found(1, 'fd00::1') }],
      [1_000, { v4: found(9, '10.0.0.1'), v6: none }],
    ],
    addresses: ['10.0.0.1'],
    askAtMs: 10_000,
  },
  {
    title: 'another address',
    steps: [
      [0, { v4: found(1, '10.0.0.1'), v6: none }],
      [1_000, { v4: found(1, '10.0.0.2'), v6: none }],
    ],
    addresses: ['10.0.0.2'],
    askAtMs: 2_000,
  },
]
for (const { title, steps: taken, addresses, askAtMs } of steps) {
  void t.test(`E22 ${title}`, async (t) => {
    const cached = after(taken)
    t.strictSame(addressesOf(cached), addresses)
    t.equal(cached.askAtMs, askAtMs)
  })
}

void t.test('E22 retries go from 1 s to 30 s, spread by chance', async (t) => {
  for (const [random, expected] of [
    [0.999999, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
    [0, [1_000, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
  ] as const) {
    let cached = unknown(0)
    for (const ms of expected) {
      const nowMs = cached.askAtMs
      cached = learn(cached, { v4: failed, v6: none }, nowMs, random)
      t.ok(Math.abs(cached.askAtMs - nowMs - ms) < 1, `${cached.askAtMs - nowMs} is about ${ms}`)
    }
    cached = learn(cached, { v4: found(60, '10.0.0.1'), v6: none }, 0, random)
    t.equal(cached.failures, 0)
  }
})

void t.test('E22 addresses that nobody renews are dropped 10 minutes after their time to live', async (t) => {
  const good = after([[0, { v4: found(5, '10.0.0.1'), v6: none }]])
  t.equal(dropAtMs(good, maxStaleMs), Number.POSITIVE_INFINITY, 'not while they were not asked for in vain')
  t.equal(dropStale(good, 1e9, maxStaleMs), good)
  const missed = learn(good, { v4: failed, v6: failed }, 5_000, 0)
  t.equal(dropAtMs(missed, maxStaleMs), 605_000)
  t.equal(staleMs(missed, 4_000), 0)
  t.equal(staleMs(missed, 65_000), 60_000)
  t.equal(dropStale(missed, 604_999, maxStaleMs), missed)
  t.strictSame(addressesOf(dropStale(missed, 605_000, maxStaleMs)), [])
  t.strictSame(addressesOf(dropStale(missed, 5_000, 0)), [], 'maxStale 0: with the first answer that fails')
  const half = learn(after([[0, { v4: found(5, '10.0.0.1'), v6: found(5, 'fd00::1') }]]), { v4: found(5, '10.0.0.1'), v6: failed }, 5_000, 0)
  t.strictSame(addressesOf(dropStale(half, 605_000, maxStaleMs)), ['10.0.0.1'], 'the family alone that was missed')
})
