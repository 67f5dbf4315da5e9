import { createServer, type Server } from 'node:net'
import t from 'tap'
import { defaultTimeouts } from '../../src/edge/config.ts'
import { runEdge } from '../../src/edge/main.ts'
import { configOf, patch, type StubEdge, scriptedSource, splitOf, startStubEdge, until, within } from './admin/stubEdge.ts'
import { fileDeadlineMs } from './http/harness.ts'

t.setTimeout(fileDeadlineMs)

const shop = splitOf('shop', { stable: 95, canary: 5 })
const config = configOf([shop])
/** Far longer than a thread takes to start on a busy machine: only a worker that hangs is late. */
const answerMs = 2_000
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function withEdge(test: (edge: StubEdge) => Promise<void>, options: Parameters<typeof startStubEdge>[1] = {}): Promise<void> {
  const edge = await startStubEdge(config, options)
  try {
    await test(edge)
  } finally {
    await edge.end()
  }
}

function toldOf(edge: StubEdge, kind: string, version: number): number[] {
  return edge.told
    .flatMap(({ worker, message }) => (message.kind === kind && 'version' in message && message.version === version ? [worker] : []))
    .sort()
}

async function versionOf(edge: StubEdge): Promise<number> {
  return (JSON.parse((await edge.call('/v1/splits')).body) as { version: number }).version
}

async function servingOf(edge: StubEdge): Promise<(number | null)[]> {
  const { workers } = JSON.parse((await edge.call('/v1/splits/shop')).body) as { workers: { appliedVersion: number | null }[] }
  return workers.map((worker) => worker.appliedVersion)
}

async function listening(port = 0): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  return server
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port
}

t.test('a change that one worker refuses is made by none', (t) =>
  withEdge(async (edge) => {
    for (const port of [6, 7]) await edge.edit({ ...config, listeners: [...config.listeners, { address: { host: '127.0.0.1', port } }] })
    t.equal(await versionOf(edge), 1, 'the table is the old one')
    await until(() => toldOf(edge, 'discard', 3).length === 2, 'discard')
    for (const version of [2, 3]) {
      t.same(toldOf(edge, 'apply', version), [], 'nobody was told to apply')
      t.same(toldOf(edge, 'discard', version), [0, 1], 'all were told to forget it')
    }
    t.match(edge.log.join('\n'), /refused, the table in use stays: script\.yaml: listeners: the port is no good/)
    await edge.edit(config)
    t.equal(await versionOf(edge), 4, 'a good change goes on')
  }),
)

t.test('a table that one worker refuses is taken back from the others', (t) =>
  withEdge(async (edge) => {
    await edge.edit(configOf([shop, splitOf('refused', { a: 1 })]))
    t.equal(await versionOf(edge), 1)
    t.same(await servingOf(edge), [1, 1])
    await until(() => toldOf(edge, 'apply', 1).length === 4, 'the old table, again')
  }),
)

/** What each worker was sent of a version's routing. */
function updatesOf(edge: StubEdge, version: number): (readonly [worker: number, what: string, splits: readonly string[]])[] {
  return edge.told.flatMap(({ worker, message }) => {
    if (message.kind !== 'apply' || message.version !== version) return []
    const { update } = message
    const splits = update.kind === 'whole' ? update.routing.splits : update.delta.splits.set
    return [[worker, update.kind === 'whole' ? 'whole' : `since ${update.base}`, splits.map(({ name }) => name)] as const]
  })
}

t.test('workers are sent what has changed, and the whole where that cannot do', (t) =>
  withEdge(async (edge) => {
    const cart = splitOf('cart', { stable: 1 })
    const edit = async (version: number, change: Parameters<StubEdge['edit']>[0]): Promise<unknown> => {
      await edge.edit(change)
      await until(() => updatesOf(edge, version).length === 2, `version ${version}`)
      return updatesOf(edge, version).sort(([a], [b]) => a - b)
    }
    t.same(
      await edit(2, configOf([structuredClone(shop), cart])),
      [0, 1].map((worker) => [worker, 'since 1', ['cart']]),
      'a split that is new',
    )
    t.same(
      await edit(3, configOf([shop])),
      [0, 1].map((worker) => [worker, 'since 2', []]),
      'one that is gone',
    )
    const limits = { ...config.limits, headers: 50 }
    t.same(
      await edit(4, configOf([shop], { limits })),
      [0, 1].map((worker) => [worker, 'whole', ['shop']]),
      'other limits',
    )
    await edge.edit(configOf([shop, splitOf('refused', { a: 1 })], { limits }))
    await until(() => updatesOf(edge, 4).length === 4, 'version 4, again')
    t.same(
      updatesOf(edge, 4)
        .slice(2)
        .sort(([a], [b]) => a - b),
      [
        [0, 'since 5', []],
        [1, 'whole', ['shop']],
      ],
      'back from one that a worker refused',
    )
    t.same(await servingOf(edge), [4, 4])
  }),
)

t.test('a worker that has another table than the one that changed asks for the whole', (t) =>
  withEdge(async (edge) => {
    await edge.edit(configOf([shop, splitOf('forgotten', { a: 1 })]))
    await edge.edit(configOf([shop]))
    t.same(
      updatesOf(edge, 3).filter(([worker]) => worker === 1),
      [
        [1, 'since 2', []],
        [1, 'whole', ['shop']],
      ],
    )
    t.same(await servingOf(edge), [3, 3])
  }),
)

t.test('a worker that hangs while it applies is replaced by one with the new table', (t) =>
  withEdge(
    async (edge) => {
      await edge.edit(configOf([shop, splitOf('hangs-once', { a: 1 })]))
      t.equal(await versionOf(edge), 2, 'the change is made')
      await until(async () => (await servingOf(edge)).every((version) => version === 2), 'two workers with the new table')
      const threads = new Set(edge.told.flatMap(({ worker, thread }) => (worker === 1 ? [thread] : [])))
      t.equal(threads.size, 2, 'another thread')
    },
    { timing: { answerMs } },
  ),
)

t.test('a table that makes all workers hang is refused; new workers serve by the old one', (t) =>
  withEdge(
    async (edge) => {
      await edge.edit(configOf([shop, splitOf('hangs', { a: 1 })]))
      t.equal(await versionOf(edge), 1)
      t.match(edge.log.join('\n'), `did not answer within ${answerMs} ms`)
      await until(async () => (await servingOf(edge)).every((version) => version === 1), 'workers with the old table')
    },
    { timing: { answerMs } },
  ),
)

t.test('a table that no worker survives is refused; new workers serve by the old one', (t) =>
  withEdge(async (edge) => {
    await edge.edit(configOf([shop, splitOf('dies', { a: 1 })]))
    t.equal(await versionOf(edge), 1)
    await until(async () => (await servingOf(edge)).every((version) => version === 1), 'workers with the old table')
    t.equal((await edge.call('/readyz')).status, 200)
  }),
)

t.test('a worker that dies is replaced, and the others are left alone', (t) =>
  withEdge(async (edge) => {
    await edge.call('/v1/splits/shop', patch({ stable: 80, canary: 20 }, '*'))
    const before = edge.told.length
    edge.command({ worker: 1, kind: 'die' })
    await until(() => edge.log.some((line) => line.includes('a worker serves again')), 'a replacement')
    const after = edge.told.slice(before).map(({ worker, message }) => `${worker} ${message.kind}`)
    t.same(after, ['1 prepare', '1 apply'], 'only the new one was told anything')
    const apply = edge.told.at(-1)!.message
    t.ok(
      apply.kind === 'apply' && apply.version === 2 && apply.update.kind === 'whole' && apply.update.routing.splits[0]!.backends[1]!.weight === 20,
      'the present table, weights by admin included',
    )
    t.same(apply.kind === 'apply' && apply.settings.listeners, firstListeners(edge), 'and the same port')
    t.match(edge.log.join('\n'), /told to die/, 'the reason is in the log')
    t.equal((await edge.call('/readyz')).status, 200)
  }),
)

function firstListeners(edge: StubEdge): unknown {
  const apply = edge.told.find(({ message }) => message.kind === 'apply')!.message
  return apply.kind === 'apply' && apply.settings.listeners
}

t.test('a worker that dies again and again is replaced ever later', (t) =>
  withEdge(
    async (edge) => {
      for (let death = 1; death <= 4; death++) {
        edge.command({ worker: 0, kind: 'die' })
        await until(() => edge.log.filter((line) => line.includes('a worker serves again')).length === death, `replacement ${death}`)
      }
      const delays = edge.log.flatMap((line) => /"inMs":(\d+)/.exec(line)?.[1] ?? [])
      t.same(delays, ['2', '4', '8', '10'])
    },
    { timing: { backoffMs: 2, maxBackoffMs: 10 } },
  ),
)

t.test('where the system chooses the port, all workers share it, and edits keep it', (t) =>
  withEdge(async (edge) => {
    const port = Number(new URL(edge.urls.listeners[0]!).port)
    await until(() => toldOf(edge, 'apply', 1).length === 2, 'both apply')
    const asked = edge.told.flatMap(({ worker, message }) => (message.kind === 'prepare' ? [[worker, message.listeners[0]!.port]] : []))
    t.same(asked, [
      [0, 0],
      [1, port],
    ])
    await edge.edit(
      configOf([splitOf('shop', { stable: 1, canary: 1 })], { listeners: [...config.listeners, { address: { host: '127.0.0.1', port: 0 } }] }),
    )
    const apply = edge.told.findLast(({ message }) => message.kind === 'apply')!.message
    const ports = apply.kind === 'apply' ? apply.settings.listeners.map((listener) => listener.address.port) : []
    t.equal(ports[0], port, 'the first keeps its port')
    t.ok(ports[1] !== 0 && ports.length === 2, 'the second got one')
  }),
)

t.test('an address that somebody else listens on is refused by name', async (t) => {
  const taken = await listening()
  t.teardown(() => taken.close())
  const address = { host: '127.0.0.1', port: portOf(taken) }
  for (const [change, field] of [
    [{ listeners: [{ address }] }, 'listeners[0].address'],
    [{ admin: { address } }, 'admin.address'],
  ] as const) {
    const message = `127.0.0.1:${address.port} is taken (EADDRINUSE); stop what listens there or choose another ${field}`
    await t.rejects(startStubEdge(configOf([shop], change)), { message: `script.yaml: ${field}: ${message}` }, `at the start: ${field}`)
    await withEdge(async (edge) => {
      await edge.edit(configOf([shop], change))
      t.ok(
        edge.log.some((line) => line.includes(message)),
        `in an edit: ${field}`,
      )
      t.equal((await edge.call('/readyz')).status, 200)
    })
  }
})

t.test('the admin API moves with its address', (t) =>
  withEdge(async (edge) => {
    const probe = await listening()
    const port = portOf(probe)
    await new Promise((resolve) => probe.close(resolve))
    await edge.edit({ ...config, admin: { address: { host: '127.0.0.1', port } } })
    t.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
    await t.rejects(edge.call('/healthz'), 'nothing listens at the old one')
  }),
)

t.test('a first configuration that is refused ends the edge with every problem', async (t) => {
  const { source, say } = scriptedSource()
  const problem = (line: number) => ({ where: 'edge.yaml', line, column: 3, field: 'splits', message: `mistake ${line}`, fix: 'mend it' })
  say({ kind: 'refused', problems: [problem(1), problem(2)] })
  const edge = runEdge({ source, workers: 1, log: silent, signal: new AbortController().signal })
  await t.rejects(within(edge, 'the end'), { message: 'edge.yaml:1:3: splits: mistake 1; mend it\nedge.yaml:2:3: splits: mistake 2; mend it' })
})

t.test('a worker that cannot start ends the edge with an error', async (t) => {
  const { source, say } = scriptedSource()
  say({ kind: 'config', config })
  const workerUrl = new URL('./noSuchWorker.ts', import.meta.url)
  const edge = runEdge({ source, workers: 2, log: silent, signal: new AbortController().signal, workerUrl })
  await t.rejects(within(edge, 'the end'), { message: /worker 0 ended/ })
})

t.test('on shutdown: not ready at once, then drained, then ended', async (t) => {
  const edge = await startStubEdge(configOf([shop], { timeouts: { ...defaultTimeouts, drainDelayMs: 300, drainMs: 1_234 } }))
  t.equal((await edge.call('/readyz')).status, 200)
  edge.stop()
  const reply = await edge.call('/readyz')
  t.equal(reply.status, 503)
  t.match(JSON.parse(reply.body), { detail: /draining/ })
  t.equal((await edge.call('/healthz')).status, 200, 'it lives still')
  t.notOk(
    edge.told.some(({ message }) => message.kind === 'drain'),
    'still accepting, during the delay',
  )
  t.equal((await edge.call('/v1/splits/shop', patch({ stable: 1, canary: 99 }, '*'))).status, 503, 'changes nothing any more')
  await within(edge.ended, 'the end')
  await until(() => edge.told.filter(({ message }) => message.kind === 'drain' && message.drainMs === 1_234).length === 2, 'drain')
  await t.rejects(edge.call('/healthz'), 'the admin API is closed')
  await edge.end()
})
