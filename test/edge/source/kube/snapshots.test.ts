import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../../../../src/edge/source/kube/snapshotFormat.ts'
import { openSnapshots, type Snapshots, snapshotNames } from '../../../../src/edge/source/kube/snapshots.ts'
import { randomFrom } from '../../http/harness.ts'

const scope = { namespaces: null, class: 'spillway' }
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

function snapshot(second: number): Snapshot {
  const backends = [{ name: 'web', weight: 1, endpoints: [{ host: '10.0.0.1', port: 8080 }] }]
  return {
    savedAt: new Date(second * 1_000).toISOString(),
    scope,
    routing: {
      routes: [{ host: 'shop.example', path: '/', pathType: 'Prefix', split: 'shop.web.80' }],
      splits: [{ name: 'shop.web.80', totalWeight: 1, backends, routes: [], fallback: { kind: 'none' } }],
    },
    trafficSplits: [],
    secrets: [],
  }
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshots-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

function open(folder: string): Snapshots {
  return openSnapshots({ folder, scope, log: silent, everyMs: 1 })
}

async function save(folder: string, ...all: readonly Snapshot[]): Promise<void> {
  for (const each of all) {
    const snapshots = open(folder)
    snapshots.save(each)
    await snapshots.close()
  }
}

t.test('what was saved is what is loaded', async (t) => {
  const folder = join(folderOf(t), 'deep', 'folder')
  t.equal(await open(folder).load(), undefined, 'nothing yet')
  await save(folder, snapshot(1), snapshot(2))
  t.same(await open(folder).load(), snapshot(2))
  t.same(decodeSnapshot(readFileSync(join(folder, snapshotNames.previous))), { kind: 'snapshot', snapshot: snapshot(1) }, 'the one before is kept')
  t.equal(statSync(join(folder, snapshotNames.latest)).mode & 0o777, 0o600)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  const snapshots = open(folder)
  for (let second = 3; second < 100; second++) snapshots.save(snapshot(second))
  await snapshots.close()
  t.same(await open(folder).load(), snapshot(99), 'of many the last')
})

t.test('a snapshot of other namespaces, or of another class, is none', async (t) => {
  const folder = folderOf(t)
  await save(folder, snapshot(1))
  for (const other of [
    { ...scope, class: 'other' },
    { ...scope, namespaces: ['shop'] },
  ])
    t.equal(await openSnapshots({ folder, scope: other, log: silent }).load(), undefined)
})

t.test('a folder that cannot be written stops nothing, and is told once', async (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'file'), '')
  const told: string[] = []
  const snapshots = openSnapshots({
    folder: join(folder, 'file'),
    scope,
    log: { ...silent, error: (message) => void told.push(message) },
    everyMs: 1,
  })
  for (const second of [1, 2]) {
    snapshots.save(snapshot(second))
    await snapshots.close()
  }
  t.equal(told.length, 1)
  mkdirSync(join(folder, snapshotNames.latest))
  t.equal(await open(folder).load(), undefined, 'nor does one that cannot be read')
})

t.test('E10 whatever becomes of a snapshot, it is taken whole or not at all, and the one before stands in', async (t) => {
  const folder = folderOf(t)
  await save(folder, snapshot(1), snapshot(2))
  const latest = join(folder, snapshotNames.latest)
  const bytes = encodeSnapshot(snapshot(2))
  const mutations = Number(process.env['MUTATIONS'] ?? 2_000)
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const below = randomFrom(seed)
  const wrong: string[] = []
  const attempt = async (name: string, mutated: Buffer): Promise<void> => {
    const decoded = decodeSnapshot(mutated)
    if (decoded.kind === 'snapshot') wrong.push(`${name}: decoded`)
    writeFileSync(latest, mutated)
    const loaded = await open(folder).load()
    if (JSON.stringify(loaded) !== JSON.stringify(snapshot(1))) wrong.push(`${name}: loaded ${loaded?.savedAt}`)
  }
  for (let length = 0; length < bytes.length; length++) await attempt(`cut at ${length}`, bytes.subarray(0, length))
  for (let count = bytes.length; count < mutations; count++) {
    const mutated = Buffer.from(bytes)
    const kind = below(4)
    const at = below(bytes.length)
    if (kind === 0) mutated[at]! ^= 1 << below(8)
    else if (kind === 1) mutated.fill(below(256) ^ bytes[at]!, at, Math.min(bytes.length, at + 1 + below(64)))
    const changed =
      kind === 2
        ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(20))])
        : kind === 3
          ? Buffer.concat([bytes, bytes.subarray(at)])
          : mutated
    if (!changed.equals(bytes)) await attempt(`kind ${kind} at ${at}`, changed)
  }
  await attempt('another version', Buffer.from(bytes.toString().replace('snapshot 1 ', 'snapshot 2 ')))
  t.same(wrong, [])
  await save(folder, snapshot(3))
  t.same(await open(folder).load(), snapshot(3), 'the next one is taken again')
  writeFileSync(latest, '')
  t.same(await open(folder).load(), snapshot(1), 'what was of no use has not pushed out what was')
  writeFileSync(join(folder, snapshotNames.previous), 'x')
  t.equal(await open(folder).load(), undefined, 'neither is whole: nothing')
})
