import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { equalJson } from '../../../../src/sandbox/json.ts'
import { type Answered, clientOf } from '../client.ts'

/** What no client may do to the others, whatever he sends: keep the server busy, make it grow, or get a surprise out of it. */

const surprises: unknown[] = []
const server = await startApiServer({ onError: (what, error) => surprises.push([what, error]) })
t.teardown(() => server.stop())
const { ask, get, post } = clientOf(server)

const configMaps = '/api/v1/namespaces/default/configmaps'
const anys = '/apis/x.example.com/v1/namespaces/default/anys'
const looped = '/apis/x.example.com/v1/namespaces/default/loopeds'

const define = (plural: string, kind: string, spec: object): Promise<Answered> =>
  post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.x.example.com` },
    spec: {
      group: 'x.example.com',
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }],
    },
  })
const custom = (kind: string, name: string, spec: unknown) => ({ apiVersion: 'x.example.com/v1', kind, metadata: { name }, spec })
const patch = (path: string, type: string, body: unknown): Promise<Answered> =>
  ask('PATCH', path, { body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'Content-Type': type } })
const jsonPatch = (path: string, steps: unknown): Promise<Answered> => patch(path, 'application/json-patch+json', steps)
const nested = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => ({ a: inner }), 1)

t.before(async () => {
  await define('anys', 'Any', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true })
  const rules = [
    'self.list.all(a, self.list.all(b, self.list.all(c, self.list.all(d, a + b + c + d >= 0))))',
    'self.list.map(a, self.list.map(b, self.list.map(c, a + b + c))).size() >= 0',
    `${Array(6).fill('self.text.replace("a", ').join('')}self.text${')'.repeat(6)}.size() >= 0`,
  ]
  for (const [at, rule] of rules.entries()) {
    const properties = { list: { type: 'array', items: { type: 'integer' } }, text: { type: 'string' } }
    await define(`loopeds${at === 0 ? '' : at}`, `Looped${at === 0 ? '' : at}`, {
      type: 'object',
      properties,
      'x-kubernetes-validations': [{ rule }],
    })
  }
})

t.test('rules that would loop for ever end, and refuse', async (t) => {
  const list = Array.from({ length: 400 }, (_, at) => at)
  const rows: readonly (readonly [suffix: string, spec: object])[] = [
    ['', { list, text: 'a' }],
    ['1', { list, text: 'a' }],
    ['2', { list: [], text: 'a'.repeat(300) }],
  ]
  for (const [suffix, spec] of rows) {
    const answer = await post(`${looped}${suffix}`, custom(`Looped${suffix}`, 'x', spec))
    t.equal(answer.code, 422, answer.text)
    t.match(answer.body.message, /call cost exceeds limit for rule/)
  }
  const kept = await post(looped, custom('Looped', 'small', { list: [1, 2, 3], text: 'a' }))
  t.equal(kept.code, 201, 'a small list is within the same rule')
})

t.test('a write that changes nothing takes no longer for what is nested', async (t) => {
  t.equal((await post(anys, custom('Any', 'deep', nested(60)))).code, 201)
  const label = (): Promise<Answered> => patch(`${anys}/deep`, 'application/merge-patch+json', { metadata: { labels: { x: 'y' } } })
  const first = await label()
  t.equal((await label()).body.metadata.resourceVersion, first.body.metadata.resourceVersion, 'nothing was written')
  t.equal(equalJson({ a: undefined, b: 1 }, { b: 1, c: undefined }), true)
  t.equal(equalJson({ a: 1, b: undefined }, { b: 1, a: undefined }), false)
  t.equal(equalJson(JSON.parse('{"__proto__":{"a":1}}'), {}), false)
  t.equal(equalJson({}, JSON.parse('{"toString":1}')), false)
})

t.test('values nested too deep are refused, and none grows so by patches', async (t) => {
  const body = `{"metadata":{"name":"x"},"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const sent = await post(configMaps, body)
  t.equal(sent.code, 400)
  t.match(sent.body.message, /exceeded max depth/)
  t.equal((await post(anys, custom('Any', 'deeper', nested(900)))).code, 201)
  const grown = await jsonPatch(`${anys}/deeper`, [{ op: 'add', path: `/spec${'/a'.repeat(800)}`, value: nested(900) }])
  t.equal(grown.code, 500)
  t.match(grown.body.message, /too large/)
})

t.test('copies that double an object are refused once they come to 3 MiB', async (t) => {
  t.equal((await post(anys, custom('Any', 'copied', { list: ['x'.repeat(10)] }))).code, 201)
  const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/spec/list', path: '/spec/list/-' }))
  const answer = await jsonPatch(`${anys}/copied`, doubling)
  t.equal(answer.code, 422, answer.text.slice(0, 300))
  t.same((await get(`${anys}/copied`)).body.spec.list.length, 1, 'nothing of it was done')
  t.equal((await jsonPatch(`${anys}/copied`, doubling.slice(0, 5))).code, 200)
})

t.test('objects grow by no patch beyond what a request may carry', async (t) => {
  const text = 'x'.repeat(2 * 1024 * 1024)
  t.equal((await post(anys, custom('Any', 'big', { first: text }))).code, 201)
  const answer = await patch(`${anys}/big`, 'application/merge-patch+json', { spec: { second: text } })
  t.equal(answer.code, 500)
  t.match(answer.body.message, /etcdserver: request is too large/)
})

t.test('an anchor that contains itself is refused', async (t) => {
  const body = 'metadata: &a\n  name: x\n  labels: *a\n'
  const answer = await ask('POST', configMaps, { body, headers: { 'Content-Type': 'application/yaml' } })
  t.equal(answer.code, 400)
})

t.test('fields named as those of every JavaScript object are fields', async (t) => {
  const data = { constructor: 'a', toString: 'b', hasOwnProperty: 'c', __proto__is: 'd' }
  const answer = await post(configMaps, { metadata: { name: 'fields', labels: { constructor: 'x' } }, data })
  t.equal(answer.code, 201, answer.text)
  t.same(answer.body.data, data)
  const spec = JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":{"z":1}}}')
  const kept = await post(anys, JSON.stringify(custom('Any', 'proto', spec)))
  t.match(kept.text, '"__proto__":{"a":1}')
  t.match((await get(`${anys}/proto`)).text, '"__proto__":{"a":1}')
})

t.test('tokens of pages that nobody was given are refused', async (t) => {
  const rows: readonly (readonly [token: string, code: number])[] = [
    ['null', 400],
    ['{"v":"meta.k8s.io/v1","rv":1.5,"start":"a"}', 400],
    ['{"v":"meta.k8s.io/v1","rv":1e300,"start":"a"}', 400],
    ['{"v":"meta.k8s.io/v1","rv":999999999,"start":"a"}', 504],
  ]
  for (const [token, code] of rows) {
    const answer = await get(`/api/v1/namespaces?limit=1&continue=${Buffer.from(token).toString('base64url')}`)
    t.equal(answer.code, code, `${token}: ${answer.text}`)
  }
})

t.test('nothing of this came as a surprise', async (t) => {
  t.same(surprises, [])
  t.equal((await get('/readyz')).code, 200)
})
