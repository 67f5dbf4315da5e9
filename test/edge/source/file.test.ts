import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkFile, type FileSource, fileSource } from '../../../src/edge/source/file/file.ts'
import { formatProblem } from '../../../src/edge/source/problem.ts'
import type { TableEvent } from '../../../src/edge/source/source.ts'

/** The poll so slow that only the system's own events can be what a test sees. */
const eventsOnly = { settleMs: 20, settleMaxMs: 200, pollMs: 600_000 }
const pollOften = { settleMs: 20, settleMaxMs: 200, pollMs: 50 }
const deadlineMs = 20_000

const textWith = (weight: number, comment = ''): string => `${comment}
listeners: [{address: 127.0.0.1:0}]
admin: {address: 127.0.0.1:0}
routes: [{path: /, split: s}]
splits: {s: {backends: {a: {weight: ${weight}, endpoints: []}}}}
`

/** What an event says, short: the weight in the file, or the first problem. */
function told(event: TableEvent | undefined): string | undefined {
  if (event === undefined) return undefined
  if (event.kind === 'config') return `weight ${event.config.routing.splits[0]?.backends[0]?.weight}`
  return `refused ${formatProblem(event.problems[0]!)}`
}

type Watching = {
  readonly folder: string
  readonly path: string
  readonly source: FileSource
  /** Of the next event; undefined: the source has ended. */
  next(): Promise<string | undefined>
  /** Events until one says this. */
  until(text: string): Promise<number>
  stop(): void
}

function watchTest(
  name: string,
  arrange: (folder: string) => string,
  body: (t: Test, watching: Watching) => Promise<void>,
  times = eventsOnly,
): void {
  t.test(name, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-file-'))
    const stopped = new AbortController()
    const late = AbortSignal.timeout(deadlineMs)
    const path = arrange(folder)
    const source = fileSource(path, times)
    const events = source.events(AbortSignal.any([stopped.signal, late]))[Symbol.asyncIterator]()
    const next = async (): Promise<string | undefined> => {
      const { value, done } = await events.next()
      if (late.aborted) throw new Error(`no event within ${deadlineMs} ms`)
      return done === true ? undefined : told(value)
    }
    const until = async (text: string): Promise<number> => {
      for (let count = 1; ; count++) {
        const event = await next()
        if (event === text) return count
        if (event === undefined) throw new Error(`ended before ${text}`)
      }
    }
    try {
      await body(t, { folder, path, source, next, until, stop: () => stopped.abort() })
    } finally {
      stopped.abort()
      await events.return?.()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

function plainFile(folder: string): string {
  const path = join(folder, 'edge.yaml')
  writeFileSync(path, textWith(1))
  return path
}

watchTest('the first state comes at once, an edit in place follows', plainFile, async (t, { path, next }) => {
  t.equal(await next(), 'weight 1')
  writeFileSync(path, textWith(2))
  t.equal(await next(), 'weight 2')
  writeFileSync(path, textWith(3))
  t.equal(await next(), 'weight 3')
})

watchTest('a file renamed over it', plainFile, async (t, { folder, path, next }) => {
  t.equal(await next(), 'weight 1')
  for (const weight of [2, 3]) {
    writeFileSync(join(folder, '.edge.yaml.swp'), textWith(weight))
    renameSync(join(folder, '.edge.yaml.swp'), path)
    t.equal(await next(), `weight ${weight}`)
  }
})

watchTest('an editor that moves the old file away first', plainFile, async (t, { path, next, until }) => {
  t.equal(await next(), 'weight 1')
  renameSync(path, `${path}~`)
  writeFileSync(path, textWith(2))
  t.ok(await until('weight 2'))
})

watchTest('Kubernetes swaps the folder that a link leads through', mounted, async (t, { folder, next }) => {
  t.equal(await next(), 'weight 1')
  for (const weight of [2, 3]) {
    mkdirSync(join(folder, `..v${weight}`))
    writeFileSync(join(folder, `..v${weight}`, 'edge.yaml'), textWith(weight))
    symlinkSync(`..v${weight}`, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    rmSync(join(folder, `..v${weight - 1}`), { recursive: true })
    t.equal(await next(), `weight ${weight}`)
  }
})
function mounted(folder: string): string {
  mkdirSync(join(folder, '..v1'))
  writeFileSync(join(folder, '..v1', 'edge.yaml'), textWith(1))
  symlinkSync('..v1', join(folder, '..data'))
  symlinkSync('..data/edge.yaml', join(folder, 'edge.yaml'))
  return join(folder, 'edge.yaml')
}

watchTest('a link to a file in another folder', linked, async (t, { folder, path, next }) => {
  t.equal(await next(), 'weight 1')
  writeFileSync(join(folder, 'elsewhere', 'real.yaml'), textWith(2))
  t.equal(await next(), 'weight 2', 'the file behind the link is edited')
  writeFileSync(join(folder, 'elsewhere', 'other.yaml'), textWith(3))
  symlinkSync('elsewhere/other.yaml', join(folder, 'new-link'))
  renameSync(join(folder, 'new-link'), path)
  t.equal(await next(), 'weight 3', 'the link is changed')
  writeFileSync(join(folder, 'elsewhere', 'other.yaml'), textWith(4))
  t.equal(await next(), 'weight 4', 'the file behind the new link is edited')
})
function linked(folder: string): string {
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(join(folder, 'elsewhere', 'real.yaml'), textWith(1))
  symlinkSync('elsewhere/real.yaml', join(folder, 'edge.yaml'))
  return join(folder, 'edge.yaml')
}

watchTest('a half-written file is refused, the whole one taken', plainFile, async (t, { path, next }) => {
  t.equal(await next(), 'weight 1')
  const whole = textWith(2)
  writeFileSync(path, whole.slice(0, -3))
  t.match(await next(), /^refused .*edge\.yaml:\d+:\d+: /)
  writeFileSync(path, whole)
  t.equal(await next(), 'weight 2')
})

watchTest('deleted and created again', plainFile, async (t, { path, next }) => {
  t.equal(await next(), 'weight 1')
  unlinkSync(path)
  t.equal(await next(), `refused ${path}: there is no such file (ENOENT); create it, or name another one`)
  writeFileSync(path, textWith(1))
  t.equal(await next(), 'weight 1', 'told again, though as before')
  unlinkSync(path)
  mkdirSync(path)
  t.match(await next(), /^refused .*: (there is no such file|it cannot be read: it is a folder)/)
})

watchTest('made unreadable', plainFile, async (t, { path, next, until }) => {
  t.equal(await next(), 'weight 1')
  chmodSync(path, 0)
  // Root reads it all the same: for root this is no change.
  if (process.getuid?.() !== 0) t.equal(await next(), `refused ${path}: this user may not read it (EACCES); make it readable, as with chmod a+r`)
  chmodSync(path, 0o644)
  writeFileSync(path, textWith(2))
  t.ok(await until('weight 2'))
})

watchTest('the same bytes again are no event', plainFile, async (t, { folder, path, next }) => {
  t.equal(await next(), 'weight 1')
  writeFileSync(path, textWith(1))
  writeFileSync(join(folder, 'neighbour'), 'x')
  const following = next()
  // That nothing comes can only be seen by waiting.
  const first = await Promise.race([following, new Promise((resolve) => setTimeout(resolve, 200, 'quiet'))])
  t.equal(first, 'quiet', 'nothing within ten times the settling time')
  writeFileSync(path, textWith(2))
  t.equal(await following, 'weight 2')
})

watchTest('a burst of edits ends at the last one, in a few events', plainFile, async (t, { path, until }) => {
  await until('weight 1')
  for (let weight = 2; weight <= 300; weight++) writeFileSync(path, textWith(weight))
  t.ok((await until('weight 300')) < 20)
})

watchTest('reload tells the same content again', plainFile, async (t, { source, next }) => {
  t.equal(await next(), 'weight 1')
  const following = next()
  source.reload()
  t.equal(await following, 'weight 1')
})

watchTest(
  'a folder that does not exist yet, vanishes and comes back: the poll finds it',
  (folder) => join(folder, 'later', 'edge.yaml'),
  async (t, { folder, path, next, until }) => {
    t.match(await next(), /^refused .*there is no such file/)
    mkdirSync(join(folder, 'later'))
    writeFileSync(path, textWith(1))
    t.ok(await until('weight 1'))
    rmSync(join(folder, 'later'), { recursive: true })
    t.match(await next(), /^refused .*there is no such file/)
    mkdirSync(join(folder, 'later'))
    writeFileSync(path, textWith(2))
    t.ok(await until('weight 2'))
  },
  pollOften,
)

watchTest('aborted while it waits, it ends', plainFile, async (t, { next, stop }) => {
  t.equal(await next(), 'weight 1')
  const following = next()
  stop()
  t.equal(await following, undefined)
  t.equal(await next(), undefined)
})

t.test('nothing is left behind, not even when nobody asks for the next event', async (t) => {
  const held = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind === 'FSEventWrap' || kind === 'Timeout')
  const folder = mkdtempSync(join(tmpdir(), 'spillway-file-'))
  const before = held().length
  for (const ending of ['abort while it is suspended', 'return', 'abort before the start'] as const) {
    const stopped = new AbortController()
    if (ending === 'abort before the start') stopped.abort()
    const events = fileSource(plainFile(folder), eventsOnly).events(stopped.signal)[Symbol.asyncIterator]()
    await events.next()
    if (ending === 'return') await events.return?.()
    stopped.abort()
    t.equal(held().length, before, ending)
  }
  rmSync(folder, { recursive: true })
})

t.test('checkFile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-file-'))
  const path = plainFile(folder)
  t.strictSame(await checkFile(path), [])
  writeFileSync(path, textWith(1).replace('weight: 1', 'weight: 1000001'))
  t.strictSame(await checkFile(path), [
    {
      where: path,
      line: 5,
      column: 37,
      field: 'splits.s.backends.a.weight',
      message: '1000001 is above the maximum 1000000',
      fix: 'write an integer from 0 to 1000000',
    },
  ])
  t.match((await checkFile(folder))[0]?.message, /it is a folder/)
  t.match((await checkFile('/dev/null'))[0]?.message, /no regular file/)
  t.match((await checkFile(join(path, 'x')))[0]?.message, /no such file \(ENOTDIR\)/)
  rmSync(folder, { recursive: true })
})
