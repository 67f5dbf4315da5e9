import fc from 'fast-check'
import t from 'tap'
import {
  afterAnswer,
  afterConnection,
  afterFailure,
  afterMissedProbe,
  afterProbe,
  afterRefusal,
  available,
  type Health,
  isProbeDue,
  sound,
} from '../../../src/edge/health/ejection.ts'

const seed = Date.now() % 1_000_000
const policy = { ejectAfter: 3, ejectMs: 10_000 }

const steps = {
  fail: afterFailure,
  good: (health: Health, nowMs: number) => afterAnswer(health, nowMs),
  refuse: afterRefusal,
  connect: afterConnection,
  probeRefused: afterMissedProbe,
  probe: afterProbe,
}
type Step = keyof typeof steps

/** `20 probe`: the clock goes 20 s on before the step. */
function play(story: string, change: Partial<typeof policy> = {}): { health: Health; nowMs: number } {
  let health = sound
  let nowMs = 0
  for (const word of story.split(' ')) {
    if (word in steps) health = steps[word as Step](health, nowMs, { ...policy, ...change })
    else nowMs += Number(word) * 1000
  }
  return { health, nowMs }
}

function told({ health, nowMs }: { health: Health; nowMs: number }): string {
  return health.kind === 'in' ? `in${health.probation ? ', on probation' : ''}` : `${health.why}, probe in ${(health.probeAtMs - nowMs) / 1000}`
}

for (const [story, end] of [
  ['fail fail', 'in'],
  ['fail fail fail', 'failing, probe in 10'],
  ['fail fail good fail fail', 'in'],
  ['fail fail fail 5 good', 'failing, probe in 5'],
  ['fail fail fail 5 fail', 'failing, probe in 5'],
  ['fail fail fail 5 connect', 'failing, probe in 5'],
  ['fail fail fail 10 probe', 'in, on probation'],
  ['fail fail fail 10 probe fail', 'failing, probe in 20'],
  ['fail fail fail 10 probe good', 'in'],
  ['fail fail fail 10 probe good fail fail', 'in'],
  ['fail fail fail 10 probe good 9 fail fail fail', 'failing, probe in 20'],
  ['fail fail fail 10 probe good 10 fail fail fail', 'failing, probe in 10'],
  ['fail fail fail 10 probe fail 20 probe fail', 'failing, probe in 40'],
  ['fail fail fail 10 probe fail 20 probe fail 40 probe fail 80 probe fail', 'failing, probe in 160'],
  ['fail fail fail 10 probe fail 20 probe fail 40 probe fail 80 probe fail 160 probe fail', 'failing, probe in 160'],
  ['fail fail fail 10 probeRefused', 'down, probe in 1'],
  ['fail fail fail 2 refuse', 'down, probe in 8'],
  ['refuse', 'down, probe in 1'],
  ['refuse refuse refuse', 'down, probe in 1'],
  ['refuse 1 probeRefused', 'down, probe in 2'],
  ['refuse 1 probeRefused 2 probeRefused', 'down, probe in 4'],
  ['refuse 1 probeRefused 2 probeRefused 4 probeRefused 8 probeRefused', 'down, probe in 10'],
  ['refuse 1 probe', 'in'],
  ['refuse connect', 'in'],
  ['refuse 4 connect 3 refuse', 'down, probe in 2'],
  ['refuse 4 connect 4 refuse', 'down, probe in 1'],
  ['fail fail refuse 1 probe fail fail', 'in'],
] as const)
  t.test(`${story}: ${end}`, async (t) => t.equal(told(play(story)), end))

t.test('with 0 failures in a row none is ejected, yet one that is down is', async (t) => {
  t.equal(told(play('fail fail fail fail fail fail', { ejectAfter: 0 })), 'in')
  t.equal(told(play('fail refuse', { ejectAfter: 0 })), 'down, probe in 1')
})

t.test('a probe never waits for longer than the first backoff', async (t) => t.equal(told(play('refuse', { ejectMs: 200 })), 'down, probe in 0.2'))

t.test('after any story a probe is due some day, and one that connects brings the endpoint back', async (t) => {
  t.comment(`seed ${seed}`)
  const word = fc.oneof(fc.constantFrom(...Object.keys(steps)), fc.integer({ min: 0, max: 300 }).map(String))
  const holds = fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (words) => {
    const { health, nowMs } = play(words.join(' '))
    if (health.kind === 'in') return true
    const waitMs = health.probeAtMs - nowMs
    return waitMs <= 16 * policy.ejectMs && isProbeDue(health, health.probeAtMs) && afterProbe(health, health.probeAtMs, policy).kind === 'in'
  })
  t.doesNotThrow(() => fc.assert(holds, { seed, numRuns: 2_000 }))
})

const out = (why: 'failing' | 'down', sinceMs: number): Health => ({ ...(play('refuse').health as Health & { kind: 'out' }), why, sinceMs })

for (const [name, healths, used] of [
  ['all are sound', [sound, sound], [0, 1]],
  ['one fails', [sound, out('failing', 1)], [0]],
  ['the only one fails', [out('failing', 1)], [0]],
  ['both fail: the first that went stays out', [out('failing', 2), out('failing', 1)], [0]],
  ['three of four fail', [out('failing', 3), out('failing', 1), out('failing', 2), sound], [0, 3]],
  ['one of three', [out('failing', 3), out('failing', 1), out('failing', 2)], [0, 2]],
  ['those that are down do not count', [out('failing', 1), out('down', 1)], [0]],
  ['all are down', [out('down', 1), out('down', 2)], []],
  ['none is there', [], []],
] as const)
  t.test(`who gets requests: ${name}`, async (t) => {
    const endpoints = healths.map((health, index) => ({ health, index }))
    t.same(
      available(endpoints).map(({ index }) => index),
      used,
    )
  })

t.test('never more than half of a backend is passed over because it fails, and never one that is sound', async (t) => {
  t.comment(`seed ${seed}`)
  const health = fc.oneof(
    fc.constant(sound),
    fc.nat(100).map((since) => out('failing', since)),
    fc.nat(100).map((since) => out('down', since)),
  )
  const holds = fc.property(fc.array(health, { maxLength: 12 }), (healths) => {
    const endpoints = healths.map((each) => ({ health: each }))
    const used = new Set(available(endpoints))
    const isDown = ({ health }: { health: Health }): boolean => health.kind === 'out' && health.why === 'down'
    const passedOver = endpoints.filter((each) => !used.has(each) && !isDown(each))
    const accepting = endpoints.filter((each) => !isDown(each))
    return (
      passedOver.length <= accepting.length / 2 &&
      passedOver.every(({ health }) => health.kind === 'out') &&
      [...used].every((each) => !isDown(each)) &&
      (accepting.length === 0 || used.size > 0)
    )
  })
  t.doesNotThrow(() => fc.assert(holds, { seed, numRuns: 2_000 }))
})
