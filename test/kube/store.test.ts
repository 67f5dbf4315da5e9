import fc from 'fast-check'
import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { compareVersions, keyOf } from '../../src/kube/resource.ts'
import { type Change, type Index, openStore as openStoreTelling, type WritableStore } from '../../src/kube/store.ts'

type Thing = KubeObject & { readonly owner?: string }
function openStore<T extends KubeObject>(indexes: Readonly<Record<string, Index<T>>> = {}): WritableStore<T> {
  const store = openStoreTelling<T>((error) => {
    throw error
  })
  for (const [name, index] of Object.entries(indexes)) store.index(name, index)
  return store
}
const thing = (name: string, version: number, more: { readonly uid?: string; readonly owner?: string } = {}): Thing => ({
  metadata: { namespace: 'n', name, uid: more.uid ?? `${name}-1`, resourceVersion: String(version) },
  ...(more.owner === undefined ? {} : { owner: more.owner }),
})

t.test('versions compare as numbers of any length, and what is none has no order', async (t) => {
  t.equal(compareVersions('9', '10')! < 0, true)
  t.equal(compareVersions('123456789012345678901', '123456789012345678900')! > 0, true)
  t.equal(compareVersions('7', '7'), 0)
  for (const odd of [undefined, '', 'abc', '-1', '01']) t.equal(compareVersions(odd, '1'), undefined)
})

t.test('changes are told in order, with what was before', async (t) => {
  const store = openStore<Thing>()
  const told: string[] = []
  const name = ({ kind, object }: Change<Thing>): string => `${kind} ${object.metadata.name} ${object.metadata.resourceVersion}`
  store.put(thing('old', 1))
  const end = store.subscribe((change) => told.push(name(change)))
  store.put(thing('a', 2))
  store.put(thing('a', 3))
  store.put(thing('a', 3))
  store.remove(thing('a', 4))
  store.put(thing('old', 5, { uid: 'another' }))
  end()
  store.put(thing('b', 6))
  t.strictSame(told, ['added old 1', 'added a 2', 'modified a 3', 'deleted a 4', 'deleted old 1', 'added old 5'])
})

t.test('nothing goes back in time', async (t) => {
  const store = openStore<Thing>()
  store.put(thing('a', 5))
  store.put(thing('a', 4))
  t.equal(store.get('n/a')?.metadata.resourceVersion, '5')
  store.remove(thing('a', 4))
  t.ok(store.get('n/a'), 'a deletion that is older than what is known')
  store.remove(thing('a', 9, { uid: 'earlier' }))
  t.ok(store.get('n/a'), 'the deletion of an earlier object of that name')
  store.replace([thing('a', 3), thing('b', 3)])
  t.strictSame(
    [...store.values()].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`),
    ['a 5', 'b 3'],
  )
})

t.test('an index that nobody declared is a mistake', async (t) => {
  t.throws(() => openStore<Thing>({ owner: () => [] }).by('owners', 'x'), /no index owners/)
})

t.test('indexes and subscribers hold what the store holds, whatever happens', async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const object = fc
    .record({
      name: fc.constantFrom('a', 'b', 'c'),
      version: fc.integer({ min: 1, max: 30 }),
      uid: fc.constantFrom('1', '2'),
      owner: fc.constantFrom('x', 'y'),
    })
    .map(({ name, version, ...more }) => thing(name, version, more))
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), object }),
    fc.record({ kind: fc.constant('remove' as const), object }),
    fc.record({ kind: fc.constant('replace' as const), objects: fc.uniqueArray(object, { selector: keyOf }) }),
  )
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const store = openStore<Thing>({ owner: ({ owner }) => (owner === undefined ? [] : [owner]) })
      const mirror = new Map<string, Thing>()
      store.subscribe((change) => {
        if (change.kind === 'deleted') mirror.delete(keyOf(change.object))
        else mirror.set(keyOf(change.object), change.object)
      })
      for (const each of steps) {
        if (each.kind === 'put') store.put(each.object)
        else if (each.kind === 'remove') store.remove(each.object)
        else store.replace(each.objects)
      }
      const all = [...store.values()]
      const indexed = ['x', 'y'].flatMap((owner) => store.by('owner', owner))
      return (
        mirror.size === all.length &&
        all.every((each) => mirror.get(keyOf(each)) === each) &&
        indexed.length === all.length &&
        indexed.every((each) => store.get(keyOf(each)) === each)
      )
    }),
    { seed, numRuns: 500 },
  )
})
