import t from 'tap'
import { nextWeights } from '../../src/demo/weights.ts'

const versions = (v1: number, v2: number) => [
  { name: 'v1', weight: v1 },
  { name: 'v2', weight: v2 },
]

for (const { from, by, to } of [
  { from: [95, 5], by: 5, to: [90, 10] },
  { from: [95, 5], by: -5, to: [100, 0] },
  { from: [98, 2], by: -5, to: [100, 0] },
  { from: [3, 97], by: 5, to: [0, 100] },
  { from: [0, 100], by: 5, to: [0, 100] },
] as const)
  t.test(`${from.join(':')} moved by ${by} is ${to.join(':')}`, async (t) => {
    t.same(nextWeights(versions(from[0], from[1]), 'v2', by), { v1: to[0], v2: to[1] })
  })

t.test('a third version keeps its weight', async (t) => {
  t.same(nextWeights([...versions(50, 20), { name: 'v3', weight: 30 }], 'v2', 10), { v1: 40, v2: 30, v3: 30 })
})

t.test('without the canary, or with nothing but it, nothing moves', async (t) => {
  t.same(nextWeights([{ name: 'v1', weight: 100 }], 'v2', 10), { v1: 100 })
  t.same(nextWeights([{ name: 'v2', weight: 100 }], 'v2', -10), { v2: 100 })
})
