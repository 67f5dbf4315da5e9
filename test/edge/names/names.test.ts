// Names over hours, by a clock that the test winds: E22.
import t from 'tap'
import type { Endpoint } from '../../../src/core/routing/types.ts'
import { type Dns, defaultLimits, defaultTimeouts, type EdgeConfig } from '../../../src/edge/config.ts'
import { openLane } from '../../../src/edge/lane.ts'
import type { Clock } from '../../../src/edge/names/clock.ts'
import type { Found } from '../../../src/edge/names/lookup.ts'
import { type Names, openNames } from '../../../src/edge/names/names.ts'

const dns: Dns = { servers: ['10.0.0.10:53'], maxStaleMs: 600_000 }

function configOf(endpoints: readonly Endpoint[], change: Partial<EdgeConfig> = {}): EdgeConfig {
  return {
    listeners: [{ address: { host: '127.0.0.1', port: 8080 } }],
    admin: { address: { host: '127.0.0.1', port: 9901 } },
    trustedProxies: [],
    timeouts: defaultTimeouts,
    limits: defaultLimits,
    dns,
    routing: {
      routes: [],
      splits: [{ name: 's', totalWeight: 1, backends: [{ name: 'a', weight: 1, endpoints }], routes: [], fallback: { kind: 'none' } }],
    },
    ...change,
  }
}

type Wound = Clock & { wind(ms: number): Promise<void> }

/** Runs what is due in its order, and lets what follows from it happen in between. */
function woundClock(): Wound {
  let nowMs = 0
  const waiting = new Set<{ atMs: number; run: () => void }>()
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return {
    nowMs: () => nowMs,
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
    async wind(ms) {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const next = [...waiting].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined) break
        nowMs = Math.max(nowMs, next.atMs)
        waiting.delete(next)
        next.run()
        await settle()
      }
      nowMs = endMs
    },
  }
}

const good = (ttlS: number, ...addresses: readonly string[]): Found => ({
  outcome: 'addresses',
  answer: { v4: { kind: 'addresses', addresses, ttlMs: ttlS * 1_000 }, v6: { kind: 'none' } },
  detail: '',
})
const denied: Found = { outcome: 'none', answer: { v4: { kind: 'none' }, v6: { kind: 'none' } }, detail: 'ENOTFOUND' }
const lost: Found = { outcome: 'timeout', answer: { v4: { kind: 'failed' }, v6: { kind: 'failed' } }, detail: 'ETIMEOUT' }

type Stage = {
  readonly names: Names
  readonly clock: Wound
  readonly asked: string[]
  readonly log: string[]
  changes(): number
  takesChanges: boolean
  answer: (name: string) => Found | 'never'
  /** As main does it. */
  apply(config: EdgeConfig): Promise<readonly string[]>
  /** What workers would get now. */
  endpoints(): readonly string[]
}

function onStage(answer: Stage['answer']): Stage {
  const clock = woundClock()
  const asked: string[] = []
  const log: string[] = []
  let present = configOf([])
  let changes = 0
  const endpoints = (): readonly string[] =>
    names
      .resolve({ ...present })
      .routing.splits.flatMap(({ backends }) => backends.flatMap((each) => each.endpoints.map(({ host, port }) => `${host} ${port}`)))
  const names = openNames({
    lane: openLane(),
    log: {
      info: (message) => void log.push(`info: ${message}`),
      warn: (message) => void log.push(`warn: ${message}`),
      error: (message) => void log.push(`error: ${message}`),
    },
    admin: () => [{ host: '127.0.0.1', port: 9901 }],
    async onChanged() {
      changes++
      if (stage.takesChanges) endpoints()
    },
    clock,
    interfaces: () => ['127.0.0.1', '10.1.1.1', 'fd00::1'],
    lookUp({ name, signal }) {
      asked.push(name)
      const found = stage.answer(name)
      if (found !== 'never') return Promise.resolve(found)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(lost)))
    },
  })
  const stage: Stage = {
    names,
    clock,
    asked,
    log,
    changes: () => changes,
    takesChanges: true,
    answer,
    endpoints,
    async apply(config) {
      const preparing = names.prepare(config)
      await clock.wind(2_000)
      await preparing
      present = config
      const given = endpoints()
      names.commit(config)
      return given
    },
  }
  return stage
}

void t.test('E22 an outage of 9 minutes changes nothing; one of 11 takes the addresses', async (t) => {
  const stage = onStage(() => good(60, '10.0.0.1'))
  t.strictSame(await stage.apply(configOf([{ host: 'orders.test', port: 80 }])), ['10.0.0.1 80'])
  let turn = 0
  stage.answer = () => (turn++ % 2 === 0 ? lost : denied)
  await stage.clock.wind(60_000 + 540_000)
  t.strictSame(stage.endpoints(), ['10.0.0.1 80'])
  t.equal(stage.changes(), 0)
  t.match(stage.names.counts().names[0], { name: 'orders.test', addresses: 1, staleSeconds: 542 })
  t.ok(stage.asked.length > 15 && stage.asked.length < 60, `${stage.asked.length} questions in 10 minutes`)
  t.strictSame(stage.log, ['warn: a name of endpoints was not answered, the addresses in use stay'])
  await stage.clock.wind(120_000)
  t.strictSame(stage.endpoints(), [])
  t.equal(stage.changes(), 1)
  t.match(stage.log.at(-1), /^error: .* dropped$/)
  stage.answer = () => good(60, '10.0.0.2')
  await stage.clock.wind(31_000)
  t.strictSame(stage.endpoints(), ['10.0.0.2 80'])
  t.match(stage.log.at(-1), /^info: .* answered again$/)
  stage.names.close()
})

void t.test('E22 addresses in another order are no change, and several changes at once are one', async (t) => {
  let turn = 0
  const stage = onStage(() => good(10, ...(turn++ % 2 === 0 ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'])))
  await stage.apply(configOf(['a.test', 'b.test', 'c.test'].map((host) => ({ host, port: 80 }))))
  await stage.clock.wind(100_000)
  t.equal(stage.changes(), 0)
  const before = stage.asked.length
  t.ok(before >= 30)
  stage.answer = (name) => good(10, `10.0.1.${name.codePointAt(0)}`)
  await stage.clock.wind(11_000)
  t.equal(stage.changes(), 1)
  t.strictSame(stage.endpoints(), ['10.0.1.97 80', '10.0.1.98 80', '10.0.1.99 80'])
  stage.names.close()
})

void t.test('E22 a new name holds a configuration up for 2 seconds at most', async (t) => {
  const stage = onStage((name) => (name === 'slow.test' ? 'never' : good(60, '10.0.0.1')))
  const endpoints = [
    { host: 'slow.test', port: 80 },
    { host: 'fast.test', port: 80 },
  ]
  t.strictSame(await stage.apply(configOf(endpoints)), ['10.0.0.1 80'])
  t.match(stage.log, ['warn: a name of endpoints has no addresses yet'])
  t.equal(stage.names.countOf('s', 'a'), 1)
  stage.names.close()
})

void t.test('E22 names and literals of one address are one endpoint; another port is another', async (t) => {
  const stage = onStage(() => good(60, '10.0.0.1', '10.0.0.2'))
  const endpoints = [
    { host: '::ffff:10.0.0.1', port: 80 },
    { host: 'orders.test', port: 80 },
    { host: 'ORDERS.test', port: 80 },
    { host: 'orders.test', port: 81 },
  ]
  t.strictSame(await stage.apply(configOf(endpoints)), ['::ffff:10.0.0.1 80', '10.0.0.2 80', '10.0.0.1 81', '10.0.0.2 81'])
  t.strictSame(stage.asked, ['orders.test'])
  stage.names.close()
})

void t.test('E22 the family that this machine has no address of is left out', async (t) => {
  const both: Found = {
    outcome: 'addresses',
    answer: { v4: { kind: 'addresses', addresses: ['10.0.0.1'], ttlMs: 1_000 }, v6: { kind: 'addresses', addresses: ['2001:db8::1'], ttlMs: 1_000 } },
    detail: '',
  }
  for (const [interfaces, expected] of [
    [['127.0.0.1', '::1', '10.1.1.1', 'fe80::1'], ['10.0.0.1']],
    [['127.0.0.1', '::1', 'fd00::1'], ['2001:db8::1']],
    [
      ['10.1.1.1', 'fd00::1'],
      ['10.0.0.1', '2001:db8::1'],
    ],
    [
      ['127.0.0.1', '::1'],
      ['10.0.0.1', '2001:db8::1'],
    ],
  ] as const) {
    const names = openNames({
      lane: openLane(),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      admin: () => [],
      onChanged: () => Promise.resolve(),
      interfaces: () => interfaces,
      lookUp: () => Promise.resolve(both),
    })
    const config = configOf([{ host: 'orders.test', port: 80 }])
    await names.prepare(config)
    t.strictSame(
      names.resolve(config).routing.splits[0]?.backends[0]?.endpoints.map(({ host }) => host),
      expected,
    )
    names.close()
  }
})

void t.test('E22 a configuration without names asks nobody, and is handed on as it is', async (t) => {
  const stage = onStage(() => lost)
  const config = configOf([{ host: '127.0.0.1', port: 9001 }])
  await stage.apply(config)
  t.equal(stage.names.resolve(config), config)
  await stage.clock.wind(3_600_000)
  t.strictSame(stage.asked, [])
  stage.names.close()
})

void t.test('E22 names that are gone are forgotten; those of a refused configuration too', async (t) => {
  const stage = onStage(() => good(10, '10.0.0.1'))
  const config = configOf([{ host: 'a.test', port: 80 }])
  await stage.apply(config)
  const refused = stage.names.prepare(configOf([{ host: 'b.test', port: 80 }]))
  await stage.clock.wind(1)
  await refused
  stage.names.discard()
  t.strictSame(
    stage.names.counts().names.map(({ name }) => name),
    ['a.test'],
  )
  await stage.apply(configOf([]))
  stage.asked.length = 0
  await stage.clock.wind(100_000)
  t.strictSame(stage.asked, [])
  stage.names.close()
})

void t.test('all workers get the same of one table; a change that they did not take is tried again', async (t) => {
  const stage = onStage(() => good(5, '10.0.0.1'))
  const config = configOf([{ host: 'a.test', port: 80 }])
  await stage.apply(config)
  const table = { ...config }
  const given = stage.names.resolve(table)
  stage.answer = () => good(300, '10.0.0.2')
  stage.takesChanges = false
  await stage.clock.wind(10_000)
  t.ok(stage.changes() > 1 && stage.changes() < 10, `${stage.changes()} tries`)
  t.equal(stage.names.resolve(table), given)
  stage.takesChanges = true
  await stage.clock.wind(2_000)
  const tries = stage.changes()
  await stage.clock.wind(20_000)
  t.equal(stage.changes(), tries)
  t.strictSame(stage.endpoints(), ['10.0.0.2 80'])
  stage.names.close()
})

void t.test('other servers are asked at once', async (t) => {
  const stage = onStage(() => good(300, '10.0.0.1'))
  const endpoints = [{ host: 'a.test', port: 80 }]
  await stage.apply(configOf(endpoints))
  stage.answer = () => good(300, '10.0.0.2')
  await stage.apply(configOf(endpoints, { dns: { ...dns, servers: ['10.0.0.11:53'] } }))
  await stage.clock.wind(100)
  t.strictSame(stage.endpoints(), ['10.0.0.2 80'])
  stage.names.close()
})

void t.test('E22 a flapping name is told once a minute', async (t) => {
  let turn = 0
  const stage = onStage(() => (turn++ % 2 === 0 ? good(0, '10.0.0.1') : lost))
  await stage.apply(configOf([{ host: 'a.test', port: 80 }]))
  await stage.clock.wind(600_000)
  t.ok(stage.asked.length > 500)
  t.ok(stage.log.length <= 22, `${stage.log.length} lines`)
  t.equal(stage.changes(), 0)
  stage.names.close()
})
