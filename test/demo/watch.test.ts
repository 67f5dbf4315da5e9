import t from 'tap'
import { parseSplit } from '../../src/demo/admin.ts'
import { messageIn, reasonOf, successRateOf } from '../../src/demo/watch.ts'

const split = (requests: number, successRate: number | null) =>
  parseSplit({ backends: [{ name: 'v2', weight: 5, actual: { picks: 0, share: null }, requests, successRate }] }, '"1"')

t.test('a split is read with what was counted', async (t) => {
  t.same(split(200, 0.85), { etag: '"1"', totalWeight: 5, backends: [{ name: 'v2', weight: 5, actualShare: undefined, requests: 200, failed: 30 }] })
  t.throws(() => parseSplit({}, '"1"'), { message: 'a split without backends' })
  t.throws(() => parseSplit({ backends: [{ name: 'v2' }] }, '"1"'), { message: 'a backend without name or weight' })
})

t.test('the success rate is that of the window, not of all time', async (t) => {
  t.equal(successRateOf('v2', [split(100, 1), split(150, 0.9), split(200, 0.85)]), 0.7)
  t.equal(successRateOf('v2', [split(100, 0.5), split(200, 0.75)]), 1)
  t.equal(successRateOf('v2', [split(0, null), split(0, null)]), undefined)
  t.equal(successRateOf('v2', [split(10, 1)]), undefined)
  t.equal(successRateOf('v3', [split(10, 1), split(20, 1)]), undefined)
  t.equal(successRateOf('v2', []), undefined)
})

t.test("a line of the edge's log is told as a sentence", async (t) => {
  const file = '/tmp/spillway-demo-1/edge.yaml'
  t.equal(messageIn(`{"level":"error","msg":"refused: ${file}:8:12: too much"}`, file), 'refused: edge.yaml:8:12: too much')
  t.equal(messageIn('plain words', file), 'plain words')
  t.equal(messageIn('{"level":"error"}', file), '{"level":"error"}')
})

t.test('of an error the innermost cause is told', async (t) => {
  t.equal(reasonOf(new Error('GET x', { cause: new Error('connect ECONNREFUSED') })), 'connect ECONNREFUSED')
  t.equal(reasonOf('text'), 'text')
})
