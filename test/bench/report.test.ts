import t from 'tap'
import { parseOptions } from '../../bench/options.ts'
import type { PairFindings } from '../../bench/pairs.ts'
import { reportProgress } from '../../bench/progress.ts'
import { tableOf } from '../../bench/report/cells.ts'
import { doubtOf, goalsOf } from '../../bench/report/goals.ts'
import { markdownReport } from '../../bench/report/markdown.ts'
import { holds, pairsReport } from '../../bench/report/pairs.ts'
import { cpuRatio, median, type Row, rowsOf } from '../../bench/report/rows.ts'
import { meanRatio } from '../../bench/report/statistics.ts'
import { terminalReport } from '../../bench/report/terminal.ts'
import type { Series } from '../../bench/rounds.ts'
import { scenarios } from '../../bench/scenarios/all.ts'
import type { Sample } from '../../bench/scenarios/scenario.ts'

const sample = (cpu: number | null, over: Partial<Sample> = {}): Sample => ({
  requestsPerSecond: 1000,
  cpuMicrosPerRequest: cpu,
  p50Ms: 1,
  p99Ms: 2,
  rssMb: 50,
  errors: 0,
  extras: {},
  ...over,
})
const series = (contender: Series['contender'], samples: readonly Sample[], scenario: Series['scenario'] = 'keepalive-get'): Series => ({
  contender,
  scenario,
  samples,
})

t.test('the median of an even number of values lies between the middle two', async (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.throws(() => median([]))
})

t.test('a row is the medians over its rounds, and the sum of their errors', async (t) => {
  const [row] = rowsOf([series('nginx', [sample(20, { errors: 1 }), sample(30), sample(22, { errors: 2 })])])
  t.strictSame(row, {
    contender: 'nginx',
    scenario: 'keepalive-get',
    requestsPerSecond: 1000,
    cpuMicrosPerRequest: 22,
    p50Ms: 1,
    p99Ms: 2,
    rssMb: 50,
    errors: 3,
    rounds: 3,
  })
  t.strictSame(Object.keys(row ?? {}).slice(0, 8), [
    'contender',
    'scenario',
    'requestsPerSecond',
    'cpuMicrosPerRequest',
    'p50Ms',
    'p99Ms',
    'rssMb',
    'errors',
  ])
})

t.test('ratios pair samples of one round, so that a slow minute of the machine cancels out', async (t) => {
  const ours = [sample(20), sample(60), sample(22)]
  const theirs = [sample(20), sample(50), sample(20)]
  t.equal(cpuRatio(ours, theirs), 1.1)
  t.equal(cpuRatio(ours, [sample(null)]), undefined)
  const rows = rowsOf([series('nginx', theirs), series('spillway', ours)])
  t.equal(rows[0]?.spillwayCpuRatio, 1.1)
  t.notOk('spillwayCpuRatio' in (rows[1] ?? {}))
})

t.test('figures that a scenario does not ask for stay null and take no column', async (t) => {
  const idle = sample(null, { requestsPerSecond: null, p50Ms: null, p99Ms: null, extras: { idleConnections: 10_000, bytesPerConnection: 4321.4 } })
  const rows = rowsOf([series('nginx', [idle], 'idle-10000')])
  t.equal(rows[0]?.requestsPerSecond, null)
  t.equal(rows[0]?.['bytesPerConnection'], 4321)
  t.strictSame(tableOf('idle-10000', rows), {
    head: ['contender', 'RSS MB', 'errors', 'connections', 'bytes each'],
    body: [['nginx', '50.0', '0', '10,000', '4,321']],
  })
})

t.test('goals tell what was reached, and never judge what was not measured', async (t) => {
  const verdicts = (rows: readonly Row[]): string[] => goalsOf(rows).map(({ verdict }) => verdict)
  t.ok(verdicts([]).every((verdict) => verdict === 'not measured'))
  for (const { ours, verdict } of [
    { ours: 19, verdict: 'moonshot' },
    { ours: 22, verdict: 'reached' },
    { ours: 24, verdict: 'missed' },
  ]) {
    const rows = rowsOf([series('spillway', [sample(ours)]), series('nginx', [sample(20)])])
    t.equal(verdicts(rows)[0], verdict, `${ours} against 20 with 1.15 to reach and 1.0 as moonshot`)
  }
  const weights = rowsOf([series('spillway', [sample(20, { errors: 1, extras: { p99Ratio: 1.1 } })], 'weight-change')])
  const byName = Object.fromEntries(goalsOf(weights).map(({ name, verdict }) => [name, verdict]))
  t.equal(byName['p99 while weights change / at rest'], 'reached')
  t.equal(byName['errors while weights change'], 'missed')
})

t.test('a run beside other work is told to be doubtful, in both reports', async (t) => {
  const rowsWith = (share: number): Row[] => rowsOf([series('nginx', [sample(20, { extras: { otherWorkOnCore: share } })])])
  t.equal(doubtOf(rowsWith(0.02)), undefined)
  const rows = rowsWith(0.6)
  t.match(doubtOf(rows), 'up to 60 %')
  const findings = { scenarios, rows, goals: goalsOf(rows), failures: [], absentees: [] }
  t.match(terminalReport(findings), /Doubtful/)
  t.match(markdownReport(findings, { machine: {}, date: '2026-01-02', seconds: 3, command: 'npm run bench' }), /Doubtful/)
})

t.test('both reports name what is missing', async (t) => {
  const rows = rowsOf([series('spillway', [sample(22)]), series('nginx', [sample(20)])])
  const findings = {
    scenarios,
    rows,
    goals: goalsOf(rows),
    failures: [{ contender: 'httpxy' as const, scenario: 'post-4k' as const, reason: 'it broke\nbadly' }],
    absentees: [{ contender: 'haproxy', reason: 'haproxy is not installed' }],
  }
  const terminal = terminalReport(findings)
  t.match(terminal, /^keepalive-get: /)
  t.match(terminal, 'not measured: haproxy: haproxy is not installed')
  t.match(terminal, 'not measured: httpxy in post-4k: it broke')
  const conditions = { machine: { CPU: 'one | two' }, date: '2026-01-02', seconds: 3, command: 'npm run bench' }
  const markdown = markdownReport(findings, conditions)
  t.match(markdown, '| nginx | 1,000 | 20.0 | 1.10 |')
  t.match(markdown, 'one \\| two')
  t.match(markdown, '- httpxy in post-4k: it broke / badly')
  t.notMatch(markdown, '## post-4k', 'a scenario without a row has no table')
})

t.test('options', async (t) => {
  t.strictSame(parseOptions(['--help']), { kind: 'help' })
  t.match(parseOptions(['--quick']), { scenarios: ['keepalive-get'], repeat: 4, seconds: 2, reportFile: { kind: 'default' } })
  t.match(parseOptions(['--contenders', 'nginx, spillway', '--repeat', '2']), { contenders: ['spillway', 'nginx'], repeat: 2 })
  t.throws(() => parseOptions(['--contenders', 'ngnix']), /unknown name "ngnix"; known are spillway, nginx/)
  t.match(parseOptions(['--against', 'HEAD~1']), { kind: 'pairs', ref: 'HEAD~1', scenarios: ['keepalive-get'], pairs: 10 })
  t.throws(() => parseOptions(['--against', 'HEAD', '--scenarios', 'idle-10000']), /unknown name "idle-10000"/)
  t.throws(() => parseOptions(['--pairs', '3']), /--against REF/)
  t.throws(() => parseOptions(['--repeat', '0']), /--repeat: a whole number/)
  t.throws(() => parseOptions(['--fast']), /--fast/)
})

t.test('the time left follows the pace', async (t) => {
  let now = 0
  const lines: string[] = []
  const progress = reportProgress(
    100,
    (line) => void lines.push(line),
    () => now,
  )
  progress.begin('first')
  now = 40_000
  progress.finish(20)
  progress.begin('second')
  t.strictSame(lines, ['[1:40 left] first\n', '[2:40 left] second\n'])
})

t.test('pairs: the upper end of the interval decides', async (t) => {
  const of = (...ratios: number[]): PairFindings => {
    const pairs = ratios.map((ratio) => ({ present: 20 * ratio, former: 20 }))
    return { scenario: 'keepalive-get', pairs, ratio: meanRatio(ratios), bound: 1.05, errors: 0 }
  }
  const [even, uncertain] = [of(1.01, 0.99, 1, 1.02), of(1.0, 1.1, 0.9, 1.05)]
  t.ok(holds(even))
  t.notOk(holds(uncertain), 'a mean below the bound is not enough')
  t.match(
    pairsReport('v1', [even]),
    /this tree against v1[\s\S]*\n +4 +20\.40 +20\.00 +1\.020\n[\s\S]*ratio 1\.005, 95 % interval 0\.98\d to 1\.02\d \(4 pairs\): upper end ≤ 1\.05 reached/,
  )
  t.match(pairsReport('v1', [uncertain]), 'missed')
})
