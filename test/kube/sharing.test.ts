import t from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { openSharing } from '../../src/kube/sharing.ts'

type Entry = { readonly manager: string; readonly fieldsV1?: unknown }
const objectOf = (managedFields: unknown): KubeObject => JSON.parse(JSON.stringify({ metadata: { name: 'a', managedFields } }))
const entriesOf = (object: KubeObject): readonly Entry[] => (object.metadata as unknown as { managedFields: readonly Entry[] }).managedFields

t.test('objects share what is equal in them, and say the same as before', async (t) => {
  const share = openSharing()
  const written = [
    { manager: 'm', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    { manager: 'n', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    { manager: 'none' },
  ]
  const [a, b] = [objectOf(written), objectOf(written)]
  share(a)
  share(b)
  t.equal(entriesOf(a)[0]!.fieldsV1, entriesOf(b)[0]!.fieldsV1)
  t.not(entriesOf(a)[0]!.fieldsV1, entriesOf(a)[1]!.fieldsV1)
  t.strictSame(b, objectOf(written))
})

t.test('what is odd is left alone, and many shapes are forgotten', async (t) => {
  const share = openSharing()
  for (const odd of [undefined, null, 5, 'text', {}, [null], [{ manager: 'm' }]]) {
    const object = objectOf(odd)
    share(object)
    t.strictSame(object, objectOf(odd))
  }
  for (let i = 0; i < 5_000; i++) {
    const object = objectOf([{ manager: 'm', fieldsV1: { [`f:${i}`]: {} } }])
    share(object)
    if (i % 999 === 0) t.strictSame(entriesOf(object)[0]!.fieldsV1, { [`f:${i}`]: {} })
  }
})
