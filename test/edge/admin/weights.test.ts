import t from 'tap'
import { at, pickReasons } from '../../../src/edge/counters.ts'
import { type CallOptions, configOf, patch, type Reply, type StubEdge, splitOf, startStubEdge } from './stubEdge.ts'

const shop = splitOf('shop', { stable: 95, canary: 5 })
const other = splitOf('other', { a: 1, b: 1, c: 2 })

async function withEdge(test: (edge: StubEdge) => Promise<void>): Promise<void> {
  const edge = await startStubEdge(configOf([shop, other]))
  try {
    await test(edge)
  } finally {
    await edge.end()
  }
}

async function etagOf(edge: StubEdge, split = 'shop'): Promise<string> {
  return String((await edge.call(`/v1/splits/${split}`)).headers['etag'])
}

function weightsIn(reply: Reply): Record<string, number> {
  const { backends } = JSON.parse(reply.body) as { backends: { name: string; weight: number }[] }
  return Object.fromEntries(backends.map(({ name, weight }) => [name, weight]))
}

t.test('weights that fit are in use by every worker before the answer', (t) =>
  withEdge(async (edge) => {
    const before = await etagOf(edge)
    const reply = await edge.call('/v1/splits/shop', patch({ stable: 80, canary: 20 }, before))
    t.equal(reply.status, 200)
    t.same(weightsIn(reply), { stable: 80, canary: 20 })
    t.match(JSON.parse(reply.body), { weightsFrom: 'admin', version: 2, workers: [{ appliedVersion: 2 }, { appliedVersion: 2 }] })
    t.not(reply.headers['etag'], before, 'another ETag')
    const shown = await edge.call('/v1/splits/shop')
    t.equal(shown.body, reply.body, 'as GET shows it')
    t.equal(shown.headers['etag'], reply.headers['etag'])
    t.same(weightsIn(await edge.call('/v1/splits/other')), { a: 1, b: 1, c: 2 }, 'other splits are as before')
  }),
)

t.test('what is wrong with a change is told, with the fix', (t) =>
  withEdge(async (edge) => {
    const etag = await etagOf(edge)
    const json = { 'content-type': 'application/json', 'if-match': etag }
    const rows: { name: string; path?: string; options: CallOptions; status: number; says: RegExp }[] = [
      { name: 'no If-Match', options: patch({ stable: 80, canary: 20 }, undefined), status: 428, says: /If-Match/ },
      { name: 'another ETag', options: patch({ stable: 80, canary: 20 }, '"other"'), status: 412, says: /is now at/ },
      { name: 'a weak ETag', options: patch({ stable: 80, canary: 20 }, `W/${etag}`), status: 412, says: /is now at/ },
      { name: 'an ETag without quotes', options: patch({ stable: 80, canary: 20 }, etag.slice(1, -1)), status: 400, says: /quotes/ },
      { name: 'a split that is not there', path: '/v1/splits/shpo', options: patch({ stable: 1 }, etag), status: 404, says: /shop, other/ },
      {
        name: 'a backend that is not there',
        options: patch({ stable: 80, kanary: 20 }, etag),
        status: 400,
        says: /weights\.kanary.*did you mean canary/s,
      },
      { name: 'a sum that does not fit', options: patch({ stable: 80, canary: 30 }, etag), status: 400, says: /add up to 110.*totalWeight 100/s },
      { name: 'one weight only', options: patch({ canary: 30 }, etag), status: 400, says: /give stable the weight 70/ },
      { name: 'a fraction', options: patch({ stable: 79.5, canary: 20.5 }, etag), status: 400, says: /79.5 is not an integer/ },
      { name: 'a negative weight', options: patch({ stable: 101, canary: -1 }, etag), status: 400, says: /below the minimum/ },
      { name: 'a weight in quotes', options: patch({ stable: '80', canary: 20 }, etag), status: 400, says: /without quotes/ },
      { name: 'no weights', options: patch({}, etag), status: 400, says: /no weight is given/ },
      { name: 'a list', options: patch([80, 20], etag), status: 400, says: /not an object/ },
      {
        name: 'an inherited name',
        options: { method: 'PATCH', headers: json, body: '{"weights": {"__proto__": 5}}' },
        status: 400,
        says: /__proto__/,
      },
      {
        name: 'something else as well',
        options: { method: 'PATCH', headers: json, body: '{"weights": {}, "total": 1}' },
        status: 400,
        says: /"total"/,
      },
      { name: 'no JSON', options: { method: 'PATCH', headers: json, body: '{"weights": ' }, status: 400, says: /not JSON/ },
      { name: 'no UTF-8', options: { method: 'PATCH', headers: json, body: Buffer.from([0x22, 0xff, 0x22]) }, status: 400, says: /not JSON/ },
      {
        name: 'a form',
        options: patch({ stable: 80 }, etag, { 'content-type': 'application/x-www-form-urlencoded' }),
        status: 415,
        says: /application\/json/,
      },
      {
        name: 'another charset',
        options: patch({ stable: 80 }, etag, { 'content-type': 'application/json; charset=latin1' }),
        status: 415,
        says: /UTF-8/,
      },
      { name: 'compression', options: patch({ stable: 80 }, etag, { 'content-encoding': 'gzip' }), status: 415, says: /uncompressed/ },
      { name: 'too much', options: { method: 'PATCH', headers: json, body: ' '.repeat(65_537) }, status: 413, says: /65536/ },
      {
        name: 'too much, in chunks',
        options: { method: 'PATCH', headers: { ...json, 'transfer-encoding': 'chunked' }, body: ' '.repeat(65_537) },
        status: 413,
        says: /65536/,
      },
    ]
    for (const { name, path = '/v1/splits/shop', options, status, says } of rows) {
      const reply = await edge.call(path, options)
      const problem = JSON.parse(reply.body) as { status: number; title: string; detail: string; fix: string }
      t.equal(reply.status, status, `${name}: ${status}`)
      t.equal(reply.headers['content-type'], 'application/problem+json', name)
      t.equal(problem.status, status, name)
      t.match(`${problem.detail} ${problem.fix}`, says, name)
      t.ok(problem.title.length > 0 && problem.fix.length > 0, `${name}: has a title and a fix`)
    }
    t.equal(await etagOf(edge), etag, 'nothing of all this has changed the split')
    t.equal(edge.told.filter(({ message }) => message.kind === 'apply').length, 2, 'or reached a worker')
  }),
)

t.test('of a hundred who saw the same ETag exactly one wins', (t) =>
  withEdge(async (edge) => {
    const etag = await etagOf(edge)
    const change = (canary: number): Promise<Reply> => edge.call('/v1/splits/shop', patch({ stable: 100 - canary, canary }, etag))
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => change(i + 1)))
    const winners = replies.filter((reply) => reply.status === 200)
    t.equal(winners.length, 1)
    t.equal(replies.filter((reply) => reply.status === 412).length, 99)
    t.same(weightsIn(await edge.call('/v1/splits/shop')), weightsIn(winners[0]!))
    const again = await Promise.all(
      [1, 2].map(() => edge.call('/v1/splits/shop', patch(weightsIn(winners[0]!), String(winners[0]!.headers['etag'])))),
    )
    t.same(again.map((reply) => reply.status).sort(), [200, 412], 'also when the weights stay the same')
  }),
)

t.test('If-Match * means: whatever it is now', (t) =>
  withEdge(async (edge) => {
    t.equal((await edge.call('/v1/splits/shop', patch({ stable: 50, canary: 50 }, '*'))).status, 200)
  }),
)

t.test('the ETag changes with the configuration of its split, and with that only', (t) =>
  withEdge(async (edge) => {
    const first = { shop: await etagOf(edge), other: await etagOf(edge, 'other') }
    await edge.edit(configOf([shop, splitOf('other', { a: 1, b: 2, c: 1 })]))
    t.equal(await etagOf(edge), first.shop, 'an edit elsewhere')
    t.not(await etagOf(edge, 'other'), first.other, 'an edit of its weights')
    await edge.edit(configOf([{ ...shop, fallback: { kind: 'backend', backend: 'stable' } }, other]))
    t.not(await etagOf(edge), first.shop, 'an edit of its fallback')
    await edge.edit(configOf([shop, other]))
    t.not(await etagOf(edge), first.shop, 'and back: the old one would hide that there was a change')
  }),
)

t.test('weights set by admin live until the file is edited', (t) =>
  withEdge(async (edge) => {
    await edge.call('/v1/splits/shop', patch({ stable: 50, canary: 50 }, '*'))
    await edge.call('/v1/splits/other', patch({ a: 2, b: 2, c: 0 }, '*'))
    const both = JSON.parse((await edge.call('/v1/splits')).body) as { splits: { weightsFrom: string }[] }
    t.same(
      both.splits.map((split) => split.weightsFrom),
      ['admin', 'admin'],
      'one change does not undo the other',
    )
    const etag = await etagOf(edge)
    edge.say({ kind: 'refused', problems: [{ where: 'script.yaml', field: '', message: 'it is bad', fix: 'mend it' }] })
    await edge.edit(configOf([shop], { listeners: [{ address: { host: '127.0.0.1', port: 6 } }] }))
    t.equal(await etagOf(edge), etag, 'edits that are refused change nothing')
    await edge.edit(configOf([shop, other]))
    const reply = await edge.call('/v1/splits/shop')
    t.same(weightsIn(reply), { stable: 95, canary: 5 })
    t.match(JSON.parse(reply.body), { weightsFrom: 'file' })
    t.equal((await edge.call('/v1/splits/shop', patch({ stable: 1, canary: 99 }, etag))).status, 412, 'the ETag from before the edit is stale')
  }),
)

t.test('the actual share is that of choices by weight since the weights last changed', (t) =>
  withEdge(async (edge) => {
    const byWeight = at.picks + pickReasons.indexOf('weight')
    const count = (worker: number, backend: string, cell: number, by: number): Promise<void> =>
      edge.count({ worker, kind: 'count', split: 'shop', backend, cell, by })
    const shares = async (): Promise<unknown> => {
      const { backends } = JSON.parse((await edge.call('/v1/splits/shop')).body) as { backends: { actual: unknown }[] }
      return backends.map((backend) => backend.actual)
    }
    t.same(
      await shares(),
      [
        { picks: 0, share: null },
        { picks: 0, share: null },
      ],
      'nothing yet',
    )
    await count(0, 'stable', byWeight, 3)
    await count(1, 'canary', byWeight, 1)
    await count(1, 'canary', at.picks + pickReasons.indexOf('route'), 50)
    t.same(
      await shares(),
      [
        { picks: 3, share: 0.75 },
        { picks: 1, share: 0.25 },
      ],
      'by routes: not counted',
    )
    await edge.call('/v1/splits/other', patch({ a: 4, b: 0, c: 0 }, '*'))
    t.same(
      await shares(),
      [
        { picks: 3, share: 0.75 },
        { picks: 1, share: 0.25 },
      ],
      'weights of another split',
    )
    await edge.call('/v1/splits/shop', patch({ stable: 50, canary: 50 }, '*'))
    t.same(
      await shares(),
      [
        { picks: 0, share: null },
        { picks: 0, share: null },
      ],
      'its own',
    )
    await count(0, 'stable', byWeight, 1)
    await count(0, 'canary', byWeight, 1)
    t.same(await shares(), [
      { picks: 1, share: 0.5 },
      { picks: 1, share: 0.5 },
    ])
  }),
)
