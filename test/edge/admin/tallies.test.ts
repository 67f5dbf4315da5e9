import t from 'tap'
import { openTallies } from '../../../src/edge/admin/tallies.ts'
import { at, backendBlockCells } from '../../../src/edge/counters.ts'

/** A ledger of one backend: what is counted by split. */
function scene() {
  const counts = new Map<string, { requests: number; inFlight: number }>()
  const tallies = openTallies({
    sum(split) {
      const cells = new Float64Array(backendBlockCells)
      const { requests = 0, inFlight = 0 } = counts.get(split) ?? {}
      cells[at.requests] = requests
      cells[at.inFlight] = inFlight
      return cells
    },
    activity(split) {
      const { requests = 0, inFlight = 0 } = counts.get(split) ?? {}
      return requests * 2 ** 20 + inFlight
    },
  })
  return {
    count: (split: string, requests: number, inFlight = 0) => counts.set(split, { requests, inFlight }),
    forget: (split: string) => counts.delete(split),
    serve: (...splits: string[]) => tallies.follow([{ uid: 'u', splits, backends: ['v1'] }]),
    told: () => {
      const cells = tallies.total('u', 'v1')
      return [cells[at.requests], cells[at.inFlight]]
    },
    tallies,
  }
}

t.test('a TrafficSplit has the sum of all that carries it out', async (t) => {
  const { count, serve, told } = scene()
  t.strictSame(told(), [0, 0], 'nobody serves it')
  serve('a', 'b')
  count('a', 3, 1)
  count('b', 4, 2)
  t.strictSame(told(), [7, 3])
})

t.test('what a route that is gone has counted stays, and what is in flight through it is told until it ends', async (t) => {
  const { count, forget, serve, told } = scene()
  serve('a', 'b')
  count('a', 3, 1)
  count('b', 4, 2)
  serve('a')
  t.strictSame(told(), [7, 3], 'as before')
  count('b', 6, 0)
  t.strictSame(told(), [9, 1], 'its last requests have ended')
  forget('b')
  t.strictSame(told(), [9, 1], 'the ledger has let it go')
  t.strictSame(told(), [9, 1], 'once')
  count('b', 2)
  serve('a', 'b')
  t.strictSame(told(), [11, 1], 'it comes back, and counts from 0')
  serve('a')
  serve('a', 'b')
  t.strictSame(told(), [11, 1], 'it comes back soon, and counts on')
})

t.test('what began anew while nobody looked is not lost', async (t) => {
  const { count, forget, serve, told } = scene()
  serve('a')
  count('a', 5, 1)
  serve()
  forget('a')
  count('a', 2)
  serve('a')
  t.strictSame(told(), [7, 0])
})

t.test('another TrafficSplit of that name has counts of its own', async (t) => {
  const { count, serve, told, tallies } = scene()
  serve('a')
  count('a', 5)
  serve()
  tallies.follow([])
  t.strictSame(told(), [0, 0])
})
