import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { openQueue } from '../../src/kube/queue.ts'
import { openHeap } from '../../src/lib/heap.ts'

t.test('a heap gives its values back in order', async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  fc.assert(
    fc.property(fc.array(fc.integer()), (values) => {
      const heap = openHeap<number>((a, b) => a < b)
      for (const value of values) heap.push(value)
      const sorted = values.map(() => heap.pop())
      return heap.pop() === undefined && heap.size === 0 && sorted.every((value, i) => i === 0 || value! >= sorted[i - 1]!)
    }),
    { seed },
  )
})

t.test('a key is worked on by one worker at a time, and again after what came meanwhile', async (t) => {
  const stop = new AbortController()
  const queue = openQueue({ workers: 4 })
  const running = new Set<string>()
  const times = new Map<string, number>()
  const gates: (() => void)[] = []
  const run = queue.run(async (key) => {
    t.notOk(running.has(key), `${key} alone`)
    running.add(key)
    times.set(key, (times.get(key) ?? 0) + 1)
    await new Promise<void>((resolve) => gates.push(resolve))
    running.delete(key)
    return { kind: 'done' }
  }, stop.signal)
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
  await nextTurn()
  t.strictSame([...running], ['a', 'b'])
  queue.add('a')
  queue.add('a')
  while (gates.length > 0) {
    gates.shift()!()
    await nextTurn()
  }
  t.strictSame(
    [...times],
    [
      ['a', 2],
      ['b', 1],
    ],
  )
  t.equal(queue.size, 0)
  stop.abort()
  await run
})

t.test('the earliest time that anyone asked for wins', async (t) => {
  const stop = new AbortController()
  const queue = openQueue({ workers: 1 })
  const order: string[] = []
  const start = performance.now()
  queue.add('late', start + 60_000)
  queue.add('soon', start + 60_000)
  queue.add('soon', start + 20)
  queue.add('soon', start + 90_000)
  queue.add('now')
  const { promise: worked, resolve } = Promise.withResolvers<void>()
  const run = queue.run(async (key) => {
    order.push(key)
    if (key === 'soon') resolve()
    return { kind: 'done' }
  }, stop.signal)
  await worked
  t.strictSame(order, ['now', 'soon'])
  t.ok(performance.now() - start >= 20, 'not before its time')
  t.equal(queue.size, 1, 'the other waits')
  stop.abort()
  await run
})

t.test('work that fails is tried again, each time later; a wish of its own comes at its time', async (t) => {
  const stop = new AbortController()
  const failures: number[] = []
  const { promise: worked, resolve } = Promise.withResolvers<void>()
  const queue = openQueue({ workers: 1, backoff: { firstMs: 1, longestMs: 4 }, onFailure: (_key, _error, count) => failures.push(count) })
  let runs = 0
  const run = queue.run(async () => {
    runs++
    if (runs <= 3) throw new Error('not yet')
    if (runs === 4) return { kind: 'again', atMs: performance.now() + 5 }
    resolve()
    return { kind: 'done' }
  }, stop.signal)
  queue.add('key')
  await worked
  t.strictSame(failures, [1, 2, 3])
  t.equal(runs, 5)
  stop.abort()
  await run
})

t.test('10,000 keys, and the end waits for the work under way', async (t) => {
  const stop = new AbortController()
  const queue = openQueue({ workers: 8 })
  const seen = new Set<string>()
  let open = 0
  const run = queue.run(async (key) => {
    open++
    await nextTurn()
    seen.add(key)
    open--
    if (seen.size === 9_000) stop.abort()
    return { kind: 'done' }
  }, stop.signal)
  for (let i = 0; i < 10_000; i++) queue.add(`key-${i}`)
  await run
  t.equal(open, 0)
  t.ok(seen.size >= 9_000 && seen.size < 9_010, `${seen.size} before the end`)
})

t.test('who asks for a time that is over waits behind those who came before', async (t) => {
  const stop = new AbortController()
  const queue = openQueue({ workers: 1 })
  const order: string[] = []
  const run = queue.run(async (key) => {
    order.push(key)
    if (order.length >= 300) stop.abort()
    return { kind: 'again', atMs: key === 'greedy' ? 0 : performance.now() }
  }, stop.signal)
  for (const key of ['greedy', 'a', 'b']) queue.add(key)
  await run
  for (const key of ['greedy', 'a', 'b']) t.ok(order.filter((each) => each === key).length > 90, key)
})

t.test('work that never waits leaves timers and connections their turn', async (t) => {
  const stop = new AbortController()
  const queue = openQueue({ workers: 1 })
  let done = 0
  const run = queue.run(async () => {
    done++
    return { kind: 'again', atMs: performance.now() }
  }, stop.signal)
  queue.add('key')
  setTimeout(() => stop.abort(), 20)
  await run
  t.ok(done > 10, `${done} times meanwhile`)
})
