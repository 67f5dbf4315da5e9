// Pods by weight: the whole tables, the way from one size to the next, and what an edge-routed canary has.
import t from 'tap'
import type { CanaryStep } from '../../../src/api/rollout.ts'
import { delayedScaleDowns, olderCounts } from '../../../src/core/rollout/olderReplicaSets.ts'
import {
  type CanaryMovement,
  canaryScaleAt,
  countsByWeight,
  isAtCounts,
  nextCounts,
  routedCanaryCount,
} from '../../../src/core/rollout/replicaCounts.ts'
import { resolveIntOrPercent, resolveSurge } from '../../../src/core/rollout/surge.ts'

const weights = [1, 5, 10, 20, 25, 33, 40, 50, 60, 75, 90, 99]

/** canary/stable for each of `weights`. */
const tables = [
  {
    maxSurge: 0,
    rows: {
      1: '0/1 0/1 0/1 0/1 0/1 0/1 0/1 1/0 1/0 1/0 1/0 1/0',
      2: '1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1',
      3: '1/2 1/2 1/2 1/2 1/2 1/2 1/2 2/1 2/1 2/1 2/1 2/1',
      4: '1/3 1/3 1/3 1/3 1/3 1/3 2/2 2/2 2/2 3/1 3/1 3/1',
      5: '1/4 1/4 1/4 1/4 1/4 2/3 2/3 3/2 3/2 4/1 4/1 4/1',
      10: '1/9 1/9 1/9 2/8 3/7 3/7 4/6 5/5 6/4 8/2 9/1 9/1',
    },
  },
  {
    maxSurge: 1,
    rows: {
      1: '1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1',
      2: '1/2 1/2 1/2 1/2 1/2 1/2 1/2 1/1 2/1 2/1 2/1 2/1',
      3: '1/3 1/3 1/3 1/3 1/3 1/2 1/2 2/2 2/1 3/1 3/1 3/1',
      4: '1/4 1/4 1/4 1/4 1/3 2/3 2/3 2/2 3/2 3/1 4/1 4/1',
      5: '1/5 1/5 1/5 1/4 1/4 2/4 2/3 3/3 3/2 4/1 5/1 5/1',
      10: '1/10 1/10 1/9 2/8 3/8 3/7 4/6 5/5 6/4 8/3 9/1 10/1',
    },
  },
]

t.test('pods whose ratio is the weight', (t) => {
  for (const { maxSurge, rows } of tables)
    for (const [replicas, row] of Object.entries(rows)) {
      const counts = weights.map((weight) => countsByWeight(Number(replicas), { weight, totalWeight: 100 }, maxSurge))
      t.equal(counts.map(({ canary, stable }) => `${canary}/${stable}`).join(' '), row, `${replicas} replicas, surge ${maxSurge}`)
    }
  t.end()
})

t.test('a tie at the last pod leaves a stable pod, and never takes all canaries away', (t) => {
  for (const [replicas, weight] of [
    [2, 75],
    [5, 90],
    [10, 95],
    [25, 98],
    [50, 99],
  ] as const)
    t.same(countsByWeight(replicas, { weight, totalWeight: 100 }, 0), { canary: replicas - 1, stable: 1 }, `${replicas} replicas, weight ${weight}`)
  t.end()
})

t.test('for every size, weight and total', (t) => {
  for (const totalWeight of [3, 10, 100])
    for (const maxSurge of [0, 1, 5])
      for (let replicas = 0; replicas <= 60; replicas++) {
        let before = 0
        for (let weight = 0; weight <= totalWeight; weight++) {
          const { canary, stable } = countsByWeight(replicas, { weight, totalWeight }, maxSurge)
          const at = `${replicas} replicas, ${weight} of ${totalWeight}, surge ${maxSurge}: ${canary}/${stable}`
          if (canary < before) t.fail(`${at}: fewer canaries by more weight`)
          if (canary < 0 || stable < 0 || canary + stable < replicas || canary + stable > replicas + Math.min(1, maxSurge))
            t.fail(`${at}: wrong total`)
          if (weight > 0 && weight < totalWeight && replicas + maxSurge > 1 && replicas > 0 && (canary === 0 || stable === 0))
            t.fail(`${at}: empty side`)
          if ((weight === 0 && canary !== 0) || (weight === totalWeight && stable !== 0)) t.fail(`${at}: all or nothing`)
          before = canary
        }
      }
  t.end()
})

type Situation = { readonly replicas: number; readonly weight: number; readonly maxUnavailable: number; readonly maxSurge: number }

function movement({ replicas, weight, maxUnavailable, maxSurge }: Situation, seen: Partial<CanaryMovement> = {}): CanaryMovement {
  const target = countsByWeight(replicas, { weight, totalWeight: 100 }, maxSurge)
  const all = { replicas, available: replicas }
  return { replicas, surge: { maxSurge, maxUnavailable }, target, canary: { replicas: 0, available: 0 }, stable: all, olderReplicas: 0, ...seen }
}

t.test('the next sizes', (t) => {
  const sized = (replicas: number, available = replicas) => ({ replicas, available })
  const cases: readonly { readonly name: string; readonly from: CanaryMovement; readonly to: string }[] = [
    { name: 'one out, one in', from: movement({ replicas: 10, weight: 10, maxUnavailable: 1, maxSurge: 1 }), to: '1/9' },
    { name: 'surge first', from: movement({ replicas: 10, weight: 30, maxUnavailable: 0, maxSurge: 3 }), to: '3/10' },
    { name: 'without surge: out first', from: movement({ replicas: 10, weight: 30, maxUnavailable: 5, maxSurge: 0 }), to: '0/7' },
    { name: 'a single pod and its canary', from: movement({ replicas: 1, weight: 5, maxUnavailable: 0, maxSurge: 1 }), to: '1/1' },
    { name: 'a canary that never is ready', from: movement({ replicas: 4, weight: 100, maxUnavailable: 1, maxSurge: 4 }), to: '4/3' },
    {
      name: '… and scaled up',
      from: movement({ replicas: 8, weight: 100, maxUnavailable: 2, maxSurge: 8 }, { canary: sized(4, 0), stable: sized(3) }),
      to: '8/3',
    },
    {
      name: '… and scaled down',
      from: movement({ replicas: 4, weight: 100, maxUnavailable: 1, maxSurge: 4 }, { canary: sized(8, 0), stable: sized(3) }),
      to: '4/3',
    },
    {
      name: 'stable waits for the canary',
      from: movement({ replicas: 10, weight: 50, maxUnavailable: 0, maxSurge: 1 }, { canary: sized(1, 0), stable: sized(10) }),
      to: '1/10',
    },
    {
      name: 'and shrinks as it comes',
      from: movement({ replicas: 10, weight: 50, maxUnavailable: 0, maxSurge: 1 }, { canary: sized(1), stable: sized(10) }),
      to: '1/9',
    },
    {
      name: 'stable pods that are broken do not block it',
      from: movement({ replicas: 4, weight: 50, maxUnavailable: 1, maxSurge: 1 }, { canary: sized(1), stable: sized(4, 0) }),
      to: '1/2',
    },
    {
      name: 'abort: stable grows before the canary shrinks',
      from: movement({ replicas: 10, weight: 0, maxUnavailable: 0, maxSurge: 1 }, { canary: sized(5), stable: sized(5) }),
      to: '5/6',
    },
    {
      name: 'abort: a broken canary goes at once, while enough is available',
      from: movement({ replicas: 4, weight: 0, maxUnavailable: 1, maxSurge: 1 }, { canary: sized(2, 0), stable: sized(3) }),
      to: '0/3',
    },
    {
      name: 'older pods go first',
      from: movement({ replicas: 10, weight: 50, maxUnavailable: 1, maxSurge: 2 }, { canary: sized(1), stable: sized(8), olderReplicas: 2 }),
      to: '2/8',
    },
    {
      name: 'scaled to nothing',
      from: movement({ replicas: 0, weight: 50, maxUnavailable: 0, maxSurge: 1 }, { canary: sized(2), stable: sized(3) }),
      to: '0/1',
    },
    {
      name: 'at rest',
      from: movement({ replicas: 10, weight: 20, maxUnavailable: 2, maxSurge: 3 }, { canary: sized(2), stable: sized(8) }),
      to: '2/8',
    },
  ]
  for (const { name, from, to } of cases) {
    const { canary, stable } = nextCounts(from)
    t.equal(`${canary}/${stable}`, to, name)
  }
  t.end()
})

t.test('pods that come and go at once: every way ends at the target, and on it enough pods are available', (t) => {
  let ways = 0
  for (const [maxSurge, maxUnavailable] of [
    [0, 1],
    [1, 0],
    [3, 2],
    [0, 4],
  ] as const)
    for (const replicas of [0, 1, 2, 3, 7, 10])
      for (const weight of [0, 5, 34, 50, 75, 100])
        for (const canaryNow of [0, 1, 4, 12])
          for (const stableNow of [0, 3, 10]) {
            const situation = { replicas, weight, maxUnavailable, maxSurge }
            let [canary, stable] = [canaryNow, stableNow]
            const { target } = movement(situation)
            const least = Math.min(replicas - maxUnavailable, canaryNow + stableNow)
            for (let pass = 0; pass < 60 && (canary !== target.canary || stable !== target.stable); pass++) {
              const next = nextCounts(
                movement(situation, { canary: { replicas: canary, available: canary }, stable: { replicas: stable, available: stable } }),
              )
              if (next.canary + next.stable < least) t.fail(`${JSON.stringify(situation)}: too few on the way`)
              if (next.canary + next.stable > Math.max(replicas + maxSurge, canary + stable))
                t.fail(`${JSON.stringify(situation)}: too many on the way`)
              canary = next.canary
              stable = next.stable
            }
            if (canary !== target.canary || stable !== target.stable)
              t.fail(
                `${JSON.stringify(situation)} from ${canaryNow}/${stableNow}: stays at ${canary}/${stable}, not ${target.canary}/${target.stable}`,
              )
            ways++
          }
  t.comment(`${ways} ways`)
  t.end()
})

t.test('a step has its pods', (t) => {
  const target = { canary: 2, stable: 8 }
  const seen = { canary: { replicas: 2, available: 2 }, stable: { replicas: 8, available: 7, current: 8 }, olderAvailable: 0 }
  t.ok(isAtCounts(target, seen))
  t.notOk(isAtCounts(target, { ...seen, canary: { replicas: 2, available: 1 } }), 'a canary is not available')
  t.notOk(isAtCounts(target, { ...seen, stable: { ...seen.stable, current: 9 } }), 'a stable pod still goes')
  t.notOk(isAtCounts(target, { ...seen, olderAvailable: 1 }), 'an older pod still takes traffic')
  t.end()
})

t.test('amounts of pods', (t) => {
  for (const [amount, total, rounding, pods] of [
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['25', 10, 'up', 3],
    [' 50% ', 3, 'down', 1],
    ['100%', 7, 'up', 7],
    ['', 7, 'up', 0],
    ['many', 7, 'up', 0],
    [-2, 7, 'up', 0],
  ] as const)
    t.equal(resolveIntOrPercent(amount, total, rounding), pods, `${amount} of ${total}, ${rounding}`)
  t.same(resolveSurge(10, {}), { maxSurge: 3, maxUnavailable: 2 })
  t.same(resolveSurge(1, {}), { maxSurge: 1, maxUnavailable: 0 })
  t.same(
    resolveSurge(10, { maxSurge: 0, maxUnavailable: '5%' }),
    { maxSurge: 0, maxUnavailable: 1 },
    'one pod may be missing where nothing else moves',
  )
  t.same(resolveSurge(3, { maxSurge: 1, maxUnavailable: 9 }), { maxSurge: 1, maxUnavailable: 3 })
  t.end()
})

t.test('a canary behind an edge', (t) => {
  const steps: readonly CanaryStep[] = [
    { setWeight: 10 },
    { setCanaryScale: { replicas: 3 } },
    { setWeight: 20 },
    { setCanaryScale: { weight: 60 } },
    { pause: {} },
    { setCanaryScale: { matchTrafficWeight: true } },
  ]
  for (const [index, weight, pods] of [
    [0, 10, 1],
    [1, 10, 3],
    [2, 20, 3],
    [3, 20, 3],
    [4, 20, 3],
    [5, 20, 1],
    [6, 100, 5],
  ] as const)
    t.equal(routedCanaryCount(5, { weight, totalWeight: 100 }, canaryScaleAt(steps, index)), pods, `step ${index}`)
  t.same(canaryScaleAt(steps, undefined), { kind: 'traffic' })
  t.same(canaryScaleAt([{ setCanaryScale: { replicas: 0 } }], 0), { kind: 'replicas', replicas: 0 })
  t.equal(routedCanaryCount(5, { weight: 1, totalWeight: 1000 }, { kind: 'traffic' }), 1)
  t.end()
})

t.test('older versions', (t) => {
  const older = [
    { hash: 'a', revision: 1, replicas: 3, available: 3 },
    { hash: 'b', revision: 2, replicas: 4, available: 1 },
  ]
  t.same(
    [...olderCounts(older, 2)],
    [
      ['b', 0],
      ['a', 2],
    ],
    'newest first, broken pods at once',
  )
  t.same(
    [...olderCounts(older, -3)],
    [
      ['b', 1],
      ['a', 3],
    ],
    'nothing that is missed',
  )
  t.same(
    [...olderCounts(older, 9)],
    [
      ['b', 0],
      ['a', 0],
    ],
  )
  t.end()
})

t.test('older versions that wait', (t) => {
  const one = (hash: string, revision: number, deadline?: number) => ({ hash, revision, replicas: 2, available: 2, deadline })
  const rules = { delayMs: 30_000, revisionLimit: undefined, now: 1000 }
  t.same(
    [...delayedScaleDowns([one('a', 1, 1000), one('b', 2, 9000), one('c', 3), { ...one('d', 4), replicas: 0 }], rules)],
    [
      ['c', { kind: 'setDeadline', at: 31_000 }],
      ['b', { kind: 'wait', until: 9000 }],
      ['a', { kind: 'go', because: 'delay over' }],
    ],
  )
  t.same([...delayedScaleDowns([one('a', 1, 9000), one('b', 2)], { ...rules, revisionLimit: 1 })].at(-1), [
    'a',
    { kind: 'go', because: 'too many waiting' },
  ])
  t.same([...delayedScaleDowns([one('a', 1)], { ...rules, delayMs: 0 })], [['a', { kind: 'go', because: 'no delay' }]])
  t.end()
})
