import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { ApiError } from '../../../src/sandbox/apiserver/apiError.ts'
import { keyOf } from '../../../src/sandbox/controllers/key.ts'
import type { Controller } from '../../../src/sandbox/controllers/runner.ts'
import { type TestCluster, testCluster } from './testCluster.ts'

const at = (name: string): KubeObject => ({ metadata: { name, namespace: 'shop' } })

function openCluster(): TestCluster {
  const memory = testCluster()
  memory.cluster.create('namespaces', { metadata: { name: 'shop' } })
  return memory
}

function watching(sync: Controller['sync']): Controller {
  return { name: 'watcher', follows: ['configmaps'], keysOf: ({ object }) => [keyOf(object)], sync }
}

t.test('what exists at the start is looked at, and what happens before its turn is one look', async (t) => {
  const memory = openCluster()
  const seen: string[] = []
  memory.cluster.create('configmaps', at('a'))
  memory.run([watching((key) => void seen.push(key))])
  memory.cluster.create('configmaps', at('b'))
  memory.cluster.delete('configmaps', at('b').metadata)
  await memory.settle()
  t.same(seen, ['shop/a', 'shop/b'])
})

t.test('the earliest of several times wins, and a look that nobody asked for again is the last', async (t) => {
  const memory = openCluster()
  const seen: number[] = []
  const { startMs } = memory.clock
  const again = [startMs + 10_000, startMs + 10_000]
  memory.run([
    watching((_, { nowMs }) => {
      seen.push(nowMs - startMs)
      return again.shift()
    }),
  ])
  memory.cluster.create('configmaps', at('a'))
  await memory.advance(4_000)
  memory.cluster.update('configmaps', { ...at('a'), data: { a: 'b' } } as KubeObject)
  await memory.advance(60_000)
  t.same(seen, [0, 4_000, 10_000])
})

t.test('a refusal is tried again with a longer wait each time, until it ends', async (t) => {
  const memory = openCluster()
  const seen: number[] = []
  memory.run([
    watching((_, { nowMs }) => {
      seen.push(nowMs - memory.clock.startMs)
      if (seen.length < 5) throw new ApiError({ code: 409, reason: 'Conflict', message: 'x' })
      return undefined
    }),
  ])
  memory.cluster.create('configmaps', at('a'))
  await memory.advance(60_000)
  t.equal(seen.length, 5)
  t.same(
    seen.slice(1).map((ms, i) => ms - seen[i]!),
    [3.75, 7.5, 15, 30],
  )
})

t.test('one that fails always keeps no other from its turn', async (t) => {
  const memory = openCluster()
  const seen = new Map<string, number>()
  memory.run([
    watching((key) => {
      seen.set(key, (seen.get(key) ?? 0) + 1)
      if (key === 'shop/bad') throw new ApiError({ code: 500, reason: 'InternalError', message: 'x' })
      return undefined
    }),
  ])
  for (const name of ['bad', 'good']) memory.cluster.create('configmaps', at(name))
  await memory.advance(3_600_000)
  t.equal(seen.get('shop/good'), 1)
  t.ok(seen.get('shop/bad')! > 100 && seen.get('shop/bad')! < 300, `${seen.get('shop/bad')} tries in an hour`)
})

t.test('after stop, nothing happens', async (t) => {
  const memory = openCluster()
  const seen: string[] = []
  const runner = memory.run([watching((key) => void seen.push(key))])
  memory.cluster.create('configmaps', at('a'))
  runner.stop()
  await memory.advance(1_000)
  t.same(seen, [])
})
