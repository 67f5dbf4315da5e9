import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ownChildren } from '../../bench/measure/children.ts'
import { parseCore } from '../../bench/measure/core.ts'
import { familyOf, parseRss, parseStat } from '../../bench/measure/processes.ts'
import { until } from '../../bench/measure/waiting.ts'
import { type Load, parseResult, wrkScript } from '../../bench/measure/wrk.ts'

const load: Load = {
  connections: 4,
  method: 'GET',
  targets: [{ host: 'a.example', path: '/x?y="1"' }],
  bodyBytes: 0,
  closesConnections: false,
  replyBytes: 0,
}

t.test('the result line of wrk is read in the units of a row', async (t) => {
  const output = 'Running 3s test\n  some text\nresult 150000 3000500 174000000 1234 9876 7\n'
  t.strictSame(parseResult(output), { requests: 150000, durationMs: 3000.5, bytes: 174000000, p50Ms: 1.234, p99Ms: 9.876, errors: 7 })
})

t.test('output of wrk without a result line is an error that shows it', async (t) => {
  t.throws(() => parseResult('unable to connect'), /unable to connect/)
  t.throws(() => parseResult(''), /\(nothing\)/)
})

t.test('the script of wrk', async (t) => {
  const one = wrkScript(load)
  t.match(one, 'wrk.path = "/x?y=\\"1\\""', 'quotes text')
  t.notMatch(one, 'function request', 'lets wrk build a single request itself')
  t.notMatch(one, 'Connection')
  const many = wrkScript({ ...load, targets: [...load.targets, { host: 'b.example', path: '/' }] })
  t.match(many, 'function request')
  t.match(many, 'wrk.headers["Host"] = "b.example"')
  t.match(wrkScript({ ...load, method: 'POST', bodyBytes: 4096 }), 'string.rep("x", 4096)')
  t.match(wrkScript({ ...load, closesConnections: true }), 'wrk.headers["Connection"] = "close"')
  t.throws(() => wrkScript({ ...load, targets: [] }), /needs a target/)
  t.throws(() => wrkScript({ ...load, targets: [{ host: 'ü.example', path: '/' }] }), /not plain ASCII/)
})

const stat = (pid: number, parent: number, times: readonly [number, number, number, number], name = 'node'): string =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 100 0 0 0 ${times.join(' ')} 20 0 11 0 1234 5678 90 1\n`

t.test('a line of /proc/PID/stat', async (t) => {
  t.strictSame(parseStat(stat(42, 7, [100, 20, 3, 4])), { pid: 42, parent: 7, ticks: 120, endedChildrenTicks: 7 })
  t.strictSame(parseStat(stat(42, 7, [100, 20, 3, 4], 'a) R 1 (b')).parent, 7, 'a name may hold parentheses')
  t.throws(() => parseStat('nonsense'), /not a line/)
})

t.test('a family is the root and all below it, and nobody else', async (t) => {
  const all = [stat(1, 0, [0, 0, 0, 0]), stat(10, 1, [0, 0, 0, 0]), stat(12, 11, [0, 0, 0, 0]), stat(11, 10, [0, 0, 0, 0]), stat(20, 1, [0, 0, 0, 0])]
  t.strictSame(
    familyOf(10, all.map(parseStat)).map(({ pid }) => pid),
    [10, 11, 12],
  )
  t.strictSame(familyOf(99, all.map(parseStat)), [])
})

t.test('resident memory and the time of a core', async (t) => {
  t.equal(parseRss('5581-7ffd ---p 00000000 [rollup]\nRss:            1000 kB\nPss:  3 kB\n'), 1024000)
  t.throws(() => parseRss('Pss: 3 kB'), /no Rss/)
  const text = 'cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 10 1 20 300 5 2 3 4 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\n'
  const { busyMicros, totalMicros } = parseCore(text, 0)
  t.strictSame([busyMicros, totalMicros], [400_000, 3_450_000])
  t.throws(() => parseCore(text, 2), /no core 2/)
})

const hasTaskset = !spawnSync('taskset', ['--version']).error

t.test('stopping a child ends what it has started in turn', { skip: !hasTaskset && 'no taskset here' }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const children = ownChildren()
  t.teardown(children.stopAll)
  // A parent that ends at once on SIGTERM while its own child would go on for a minute.
  const script = join(directory, 'parent.sh')
  writeFileSync(script, 'sleep 60 & echo $!\nwait\n')
  const child = children.start({ name: 'parent', command: 'sh', args: [script], core: 0 })
  const patience = { deadlineMs: 5_000, signal: new AbortController().signal }
  await until('the grandchild', () => child.stdout() !== '', patience)
  const grandchild = Number(child.stdout())
  t.ok(isAlive(grandchild))
  await children.stopAll()
  t.ok(child.hasEnded())
  await until('the end of the grandchild', () => !isAlive(grandchild), patience)
})

t.test('a program that does not exist is told, not thrown', { skip: !hasTaskset && 'no taskset here' }, async (t) => {
  const children = ownChildren()
  t.teardown(children.stopAll)
  const child = children.start({ name: 'ghost', command: 'spillway-no-such-program', args: [], core: 0 })
  t.match(await child.ended, /exit \d+/)
  t.match(child.complaint(), /spillway-no-such-program/)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
