import t from 'tap'
import { parseCounters, parseSplit, since } from '../../src/cli/benchEdge.ts'

const scrape = (ok: number, failed: number, buckets: readonly number[]): string => `# HELP spillway_edge_requests_total Requests answered.
spillway_edge_requests_total{namespace="",split="shop",service="shop-v1",role="v1",revision="",method="GET",code="200"} ${ok}
spillway_edge_requests_total{namespace="",split="shop",service="shop-v1",role="v1",revision="",method="POST",code="200"} 1
spillway_edge_requests_total{namespace="",split="shop",service="shop-v1",role="v1",revision="",method="GET",code="500"} ${failed}
spillway_edge_requests_total{namespace="",split="cart",service="cart-v1",role="v1",revision="",method="GET",code="200"} 999
spillway_edge_request_duration_seconds_bucket{namespace="",split="shop",service="shop-v1",role="v1",revision="",le="0.001"} ${buckets[0]}
spillway_edge_request_duration_seconds_bucket{namespace="",split="shop",service="shop-v1",role="v1",revision="",le="0.01"} ${buckets[1]}
spillway_edge_request_duration_seconds_bucket{namespace="",split="shop",service="shop-v1",role="v1",revision="",le="+Inf"} ${buckets[2]}
`

t.test('what was counted between two readings', (t) => {
  const before = parseCounters(scrape(10, 0, [4, 10, 11]), 'shop')
  const after = parseCounters(scrape(30, 2, [10, 30, 33]), 'shop')
  t.same([...after.keys()], ['v1'])
  t.same(since(before.get('v1'), after.get('v1')!), {
    codes: new Map([
      ['200', 20],
      ['500', 2],
    ]),
    latency: [
      { low: 0, high: 1, count: 6 },
      { low: 1, high: 10, count: 14 },
      { low: 10, high: Number.POSITIVE_INFINITY, count: 2 },
    ],
  })
  t.end()
})

t.test('a split, from an edge that tells routes and from one that does not', (t) => {
  const reachedBy = { route: 'qa', headers: [{ name: 'X-Canary', value: 'true' }] }
  t.same(
    parseSplit({
      backends: [
        { name: 'v1', configuredShare: 0.5, reachedBy },
        { name: 'v2', configuredShare: 0.5 },
      ],
    }),
    {
      backends: [
        { name: 'v1', share: 0.5, reachedBy },
        { name: 'v2', share: 0.5, reachedBy: undefined },
      ],
    },
  )
  t.throws(() => parseSplit([]), /no split/)
  t.end()
})
