import fc from 'fast-check'
import t from 'tap'
import { openRetryBudget } from '../../../src/edge/health/retryBudget.ts'

const seed = Date.now() % 1_000_000

t.test('a backend that had no request yet has its reserve, and then a fifth of its requests', async (t) => {
  const budget = openRetryBudget(100)
  const spend = (requests: number, times: number): number => Array.from({ length: times }, () => budget.spend(requests, 0.2)).filter(Boolean).length
  t.equal(spend(100, 20), 10)
  t.equal(spend(104, 1), 0)
  t.equal(spend(105, 2), 1)
  t.equal(spend(1_000_000, 20), 10, 'what was not spent adds up to no more than the reserve')
})

t.test('a share of 0 allows none', async (t) => t.equal(openRetryBudget(0).spend(1_000, 0), false))

t.test('in any story, retries are at most the reserve and the share of the requests', async (t) => {
  t.comment(`seed ${seed}`)
  const holds = fc.property(fc.array(fc.nat(20), { maxLength: 200 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (growth, share) => {
    const budget = openRetryBudget(0)
    let requests = 0
    let spent = 0
    return growth.every((by) => {
      requests += by
      if (budget.spend(requests, share)) spent++
      return spent <= 10 + share * requests + 1e-6
    })
  })
  t.doesNotThrow(() => fc.assert(holds, { seed, numRuns: 1_000 }))
})
