import t from 'tap'
import { openSharing } from '../../src/kube/sharing.ts'

type Entry = { readonly manager: string; readonly fieldsV1?: unknown }
type Read = { readonly metadata: { readonly managedFields: readonly Entry[] }; readonly spec?: unknown }

const objectOf = (managedFields: unknown, more: object = {}): object => ({ metadata: { name: 'a', managedFields }, ...more })
const written = [
  { manager: 'm', fieldsV1: { 'f:spec': { 'f:replicas': {}, 'k:{"name":"}{\\"","port":80}': { '.': {} } } } },
  { manager: 'n', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
  { manager: 'none' },
]

t.test('objects share what is equal in them, and say the same as before', async (t) => {
  const { parse } = openSharing()
  const events = Array.from({ length: 4 }, () => parse(JSON.stringify({ type: 'ADDED', object: objectOf(written) })) as { object: Read })
  for (const { object } of events) t.strictSame(object, objectOf(written))
  const [, , a, b] = events.map(({ object }) => object.metadata.managedFields)
  t.equal(a![0]!.fieldsV1, b![0]!.fieldsV1)
  t.equal(a![1]!.fieldsV1, b![1]!.fieldsV1)
  t.not(a![0]!.fieldsV1, a![1]!.fieldsV1)
})

t.test('so do the items of lists, and objects alone', async (t) => {
  const { parse } = openSharing()
  const list = { kind: 'List', items: Array.from({ length: 5 }, () => objectOf(written)) }
  const { items } = parse(JSON.stringify(list)) as { items: readonly Read[] }
  t.strictSame(items, list.items)
  t.equal(items[3]!.metadata.managedFields[0]!.fieldsV1, items[4]!.metadata.managedFields[0]!.fieldsV1)
  const alone = parse(JSON.stringify(objectOf(written))) as Read
  t.strictSame(alone, objectOf(written))
  t.equal(alone.metadata.managedFields[0]!.fieldsV1, items[4]!.metadata.managedFields[0]!.fieldsV1)
})

t.test('whatever looks like it and is not is read as it stands', async (t) => {
  const { parse } = openSharing()
  const fieldsV1 = { 'f:a': {} }
  const odd: readonly unknown[] = [
    ...[undefined, null, 5, 'text', {}, [null], [{ manager: 'm' }], [{ fieldsV1: 3 }], [{ fieldsV1: null }], [{ fieldsV1: 'x' }]].map((each) =>
      objectOf(each),
    ),
    objectOf([{ manager: 'm', fieldsV1 }], { spec: { fieldsV1 } }),
    objectOf([], { spec: { fieldsV1, list: [{ fieldsV1 }] } }),
    objectOf([{ manager: 'm', fieldsV1 }], { spec: { text: '{"fieldsV1":{"f:a":{}}}', 'a"fieldsV1': fieldsV1 } }),
    { items: [null, 5, objectOf([{ fieldsV1 }])] },
    [],
    null,
    7,
  ]
  for (let again = 0; again < 3; again++)
    for (const each of odd) {
      const text = JSON.stringify({ object: each })
      t.strictSame(parse(text), JSON.parse(text), text)
      if (each !== undefined) t.strictSame(parse(JSON.stringify(each)), JSON.parse(JSON.stringify(each)))
    }
})

t.test('what is no JSON is refused as it would be without', async (t) => {
  const { parse } = openSharing()
  const whole = JSON.stringify({ object: objectOf(written) })
  for (let again = 0; again < 3; again++) {
    for (let length = 0; length < whole.length; length++) t.throws(() => parse(whole.slice(0, length)), { name: 'SyntaxError' })
    t.throws(() => parse(`${whole}}`), { name: 'SyntaxError' })
    t.strictSame(parse(whole), JSON.parse(whole))
  }
})

t.test('many shapes are forgotten', async (t) => {
  const { parse } = openSharing()
  for (let i = 0; i < 3_000; i++) {
    const object = objectOf([{ manager: 'm', fieldsV1: { [`f:${i}`]: {} } }])
    for (let again = 0; again < 3; again++) {
      const read = parse(JSON.stringify(object))
      if (i % 499 === 0) t.strictSame(read, object)
    }
  }
})
