import t from 'tap'
import { compareVersions } from '../../src/cli/benchCompare.ts'
import type { Measurement } from '../../src/cli/benchRun.ts'
import { openTally, type Tally } from '../../src/cli/benchTally.ts'
import { renderProgress, renderReport } from '../../src/cli/benchView.ts'

/** `requests` spread evenly from `fromMs` to `toMs`, every so many of them a 500. */
function tally(requests: number, [fromMs, toMs]: readonly [number, number], failedEvery = Number.POSITIVE_INFINITY): Tally {
  const tally = openTally()
  for (let i = 0; i < requests; i++) {
    const status = (i + 1) % failedEvery === 0 ? 500 : 200
    tally.add({ kind: 'answered', status, headers: {} }, fromMs + ((toMs - fromMs) * (i + 0.5)) / requests)
  }
  return tally.read()
}

const asked = {
  split: 'shop',
  url: 'http://127.0.0.1:8080/',
  rate: 100,
  durationMs: 10_000,
  attributedBy: 'what was sent',
  latencyFrom: 'counts from when a request was due',
  notes: [],
}
function measured(tallies: Readonly<Record<string, Tally>>, change: Partial<Measurement> = {}): Measurement {
  const versions = Object.entries(tallies).map(([name, tally]) => ({ name, via: 'weight', tally }))
  const schedule = { due: 1_000, waited: 0, unsent: 0, abandoned: 0, lagMs: { p50: 0.5, p99: 1.1, max: 3 } }
  return { ranMs: 10_000, isInterrupted: false, versions, unattributed: undefined, all: tally(1_000, [1, 2]), schedule, ...change }
}

t.test('versions stand side by side, with what differs', (t) => {
  const lines = renderReport(compareVersions(asked, measured({ stable: tally(500, [1, 2]), canary: tally(500, [21, 23], 20) })))
  t.equal(
    `\n${lines.join('\n')}`,
    `
shop at http://127.0.0.1:8080/: 100 requests/s for 10.0 s
1,000 were due; 0 waited for a connection, 0 unsent; sender late by 0.50 ms (p99
1.10 ms)
Versions told apart by what was sent; latency counts from when a request was
due.

                  stable       canary   difference (95 % sure of all)
reached by        weight       weight
requests             500          500
requests/s          50.0         50.0
success          100.0 %       95.0 %   −5.0 points (−8.2 … −2.6)
p50              1.50 ms      22.0 ms   +20.5 ms (+20.3 … +20.7)
p90              1.90 ms      22.8 ms   +20.9 ms (+20.8 … +21.0)
p95              1.95 ms      22.9 ms   +20.9 ms (+20.8 … +21.1)
p99              1.99 ms      23.0 ms   +21.0 ms (too few requests to be sure)
p99.9            2.00 ms      23.0 ms   +21.0 ms (too few requests to be sure)
max              2.00 ms      23.0 ms
stable answered 200: 500
canary answered 200: 475, 500: 25

latency          stable                         canary
1.00 – 1.41 ms   ███████████            41.6 %
1.41 – 2.00 ms   ███████████████▌       58.4 %
2.00 – 2.83 ms
2.83 – 4.00 ms
4.00 – 5.66 ms
5.66 – 8.00 ms
8.00 – 11.3 ms
11.3 – 16.0 ms
16.0 – 22.6 ms                                  ██████████████████████ 82.8 %
22.6 – 32.0 ms                                  ████▋                  17.2 %

canary is worse than stable: it fails more often (95.0 % succeed, of stable
100.0 %) and is slower (p50 +20.5 ms, p90 +20.9 ms).`,
  )
  t.end()
})

t.test('the verdict says what can be said, and no more', (t) => {
  const stable = tally(500, [10, 20])
  for (const [says, tallies, verdict] of [
    [
      'no difference, and how large one could be',
      { stable, canary: tally(500, [10, 20]) },
      /^No difference between canary and stable shows: success within 1\.\d points, p50 within \d\.\d+ ms\.$/,
    ],
    ['faster', { stable, canary: tally(500, [5, 10]) }, /^canary is better than stable: it is faster \(p50 −7\.\d\d ms, p90 −9\.\d\d ms\)/],
    [
      'faster, but it fails',
      { stable, canary: tally(500, [5, 10], 4) },
      /^canary differs from stable: it fails more often \(75\.0 % succeed, of stable 100\.0 %\), but is faster/,
    ],
    ['sure, and too small to matter', { stable: tally(5_000, [100, 100.1]), canary: tally(5_000, [101, 101.1]) }, /^No difference between/],
    ['one version', { stable }, 'Only stable got requests: there is nothing to compare it with.'],
    ['a silent version', { stable, canary: tally(0, [1, 1]) }, 'Nothing can be said: canary got no request.'],
    [
      'three versions',
      { stable, v2: tally(500, [10, 20], 5), v3: tally(500, [10, 20]) },
      /^v2 is worse than stable: it fails .*\. No difference between v3 and stable/,
    ],
    ['too few', { stable: tally(3, [1, 2]), canary: tally(3, [100, 200], 2) }, /^No difference .*success within \d+\.\d points\.$/],
  ] as const)
    t.match(compareVersions(asked, measured(tallies)).verdict, verdict, says)
  t.end()
})

t.test('every line fits 80 columns, whatever it says', (t) => {
  const long = 'a-version-with-a-name-that-nobody-would-give-to-a-version-of-anything-at-all'
  const wild = { stable: tally(40, [0.002, 900_000]), [long]: tally(2_000_000, [123_456, 654_321], 3), empty: tally(0, [1, 1]) }
  const schedule = { due: 2_000_040, waited: 1_234_567, unsent: 7, abandoned: 12, lagMs: { p50: 12, p99: 345, max: 20_000 } }
  const report = compareVersions(
    { ...asked, split: long, notes: [long.repeat(3)] },
    measured(wild, { schedule, isInterrupted: true, unattributed: tally(5, [1, 2]) }),
  )
  const lines = renderReport(report)
  t.same(
    lines.filter((line) => line.length > 80),
    [],
  )
  const text = lines.join(' ')
  for (const word of [
    /10\.0 s of 10\.0 s, stopped/,
    /12 given up at the stop/,
    /7 requests were never sent/,
    /sent late \(p99 345\.0 ms\)/,
    /5 requests named no version/,
  ])
    t.match(text, word)
  t.ok(renderProgress({ elapsedMs: 86_300_000, durationMs: 86_400_000, answered: 99_999_999, failed: 9_999_999 }).length < 80)
  t.end()
})
