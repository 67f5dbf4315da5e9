import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type JournalOptions, openJournal } from '../../../../src/sandbox/apiserver/storage/journal.ts'
import { openLogFile } from '../../../../src/sandbox/apiserver/storage/logFile.ts'
import { openStore, type Store } from '../../../../src/sandbox/apiserver/storage/store.ts'
import type { Unstructured } from '../../../../src/sandbox/unstructured.ts'

function newFolder(t: { teardown(f: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function newStore(): Store {
  const fail = (error: unknown): void => {
    throw error
  }
  return openStore({ history: { maxEvents: 1_000, maxAgeMs: 60_000 }, nowMs: Date.now, onListenerError: fail })
}

function open(folder: string, more: Partial<JournalOptions> = {}) {
  const store = newStore()
  const errors: string[] = []
  const journal = openJournal(store, { folder, snapshotBytes: 1_000_000, onError: (what) => void errors.push(what), ...more })
  return { store, journal, errors }
}

function named(name: string, more: object = {}): Unstructured {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, ...more }
}

function stateOf(store: Store): unknown {
  return { revision: store.revision(), objects: store.list('configmaps') }
}

t.test('what was written is there again, with its history', async (t) => {
  const folder = newFolder(t)
  const first = open(folder)
  for (const name of ['a', 'b', 'c']) first.store.put('configmaps', `default/${name}`, named(name))
  first.store.put('configmaps', 'default/b', named('b', { data: { k: 'v' } }))
  first.store.remove('configmaps', 'default/c')
  await first.journal.settled()
  const before = stateOf(first.store)
  await first.journal.close()
  const second = open(folder)
  t.same(stateOf(second.store), before)
  t.same(
    second.store.after(2)?.map(({ type, key, revision }) => `${revision} ${type} ${key}`),
    ['3 ADDED default/c', '4 MODIFIED default/b', '5 DELETED default/c'],
  )
  second.store.put('configmaps', 'default/d', named('d'))
  await second.journal.close()
  const third = open(folder)
  t.equal(third.store.revision(), 6)
  await third.journal.close()
})

t.test('a snapshot takes the place of the log before it', async (t) => {
  const folder = newFolder(t)
  const first = open(folder, { snapshotBytes: 2_000 })
  for (let at = 0; at < 100; at++) {
    first.store.put('configmaps', `default/n${at % 7}`, named(`n${at % 7}`, { data: { at: String(at) } }))
    if (at % 10 === 0) await first.journal.settled()
    if (at % 25 === 0) await new Promise(setImmediate)
  }
  await first.journal.settled()
  const before = stateOf(first.store)
  await first.journal.close()
  t.same(first.errors, [])
  t.equal(readdirSync(folder).filter((name) => name.startsWith('snapshot-')).length, 1)
  const second = open(folder)
  t.same(stateOf(second.store), before)
  t.equal(second.store.after(1), undefined, 'what came before the snapshot is compacted')
  await second.journal.close()
})

t.test('a torn last line is dropped, and what is written next takes its place', async (t) => {
  const folder = newFolder(t)
  const first = open(folder)
  for (const name of ['a', 'b']) first.store.put('configmaps', `default/${name}`, named(name))
  await first.journal.close()
  const log = join(folder, 'log-0.jsonl')
  const whole = readFileSync(log)
  for (const torn of [1, 20, whole.length / 2 - 1]) {
    writeFileSync(log, whole.subarray(0, whole.length - Math.floor(torn)))
    const { store, journal } = open(folder)
    t.equal(store.revision(), 1, `${torn} bytes torn`)
    store.put('configmaps', 'default/c', named('c'))
    await journal.close()
    const again = open(folder)
    t.same(
      again.store.list('configmaps').map(({ metadata }) => metadata.name),
      ['a', 'c'],
    )
    await again.journal.close()
  }
  appendFileSync(log, 'deadbeef {"x":1}\n{"more"}\n')
  t.throws(() => open(folder), { message: /log-0\.jsonl is damaged at byte \d+/ })
})

t.test('a damaged last line is left out, but told and kept aside', async (t) => {
  const folder = newFolder(t)
  const first = open(folder)
  for (const name of ['a', 'b']) first.store.put('configmaps', `default/${name}`, named(name))
  await first.journal.close()
  const path = join(folder, 'log-0.jsonl')
  const whole = readFileSync(path)
  const damaged = Buffer.from(whole)
  damaged[damaged.length - 10]! ^= 0x11
  writeFileSync(path, damaged)
  const second = open(folder)
  t.equal(second.store.revision(), 1)
  t.match(second.errors[0], /torn, or damaged, and left out/)
  const start = whole.indexOf('\n') + 1
  t.same(readFileSync(`${path}.torn`), damaged.subarray(start))
  await second.journal.close()
  const third = open(folder)
  t.same(third.errors, [], 'told once')
  await third.journal.close()
})

t.test('writes are refused once the folder is gone', async (t) => {
  const folder = newFolder(t)
  const { store, journal, errors } = open(folder)
  store.put('configmaps', 'default/a', named('a'))
  await journal.settled()
  rmSync(folder, { recursive: true, force: true })
  store.put('configmaps', 'default/b', named('b'))
  await t.rejects(journal.settled(), { message: /was removed/ })
  t.equal(journal.isWritable(), false)
  t.match(errors, [/cannot be flushed/])
  await journal.close()
})

t.test('a full disk refuses the write, and leaves nothing half done', async (t) => {
  const folder = newFolder(t)
  let isFull = false
  const openLog: typeof openLogFile = (path, goodBytes) => {
    const file = openLogFile(path, goodBytes)
    return {
      ...file,
      append(text) {
        if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
        file.append(text)
      },
    }
  }
  const { store, journal } = open(folder, { openLog })
  store.put('configmaps', 'default/a', named('a'))
  isFull = true
  t.throws(() => store.put('configmaps', 'default/b', named('b')), { code: 500, message: /cannot be kept: ENOSPC/ })
  t.throws(() => store.remove('configmaps', 'default/a'), { code: 500 })
  t.equal(store.revision(), 1)
  t.same(
    store.list('configmaps').map(({ metadata }) => metadata.name),
    ['a'],
  )
  isFull = false
  store.put('configmaps', 'default/b', named('b'))
  t.equal(store.revision(), 2, 'it goes on when there is room again')
  await journal.settled()
  await journal.close()
})

t.test('events are told once they are durable, in order', async (t) => {
  const { store, journal } = open(newFolder(t))
  const seen: number[] = []
  store.subscribe(({ revision }) => void seen.push(revision))
  for (const name of ['a', 'b', 'c']) store.put('configmaps', `default/${name}`, named(name))
  t.same(seen, [])
  await journal.settled()
  await new Promise(setImmediate)
  t.same(seen, [1, 2, 3])
  await journal.close()
})

t.test('a second process is refused, and a lock of a dead one is taken over', async (t) => {
  const folder = newFolder(t)
  const { journal } = open(folder)
  t.throws(() => open(folder), { message: new RegExp(`in use by the sandbox of process ${process.pid};`) })
  await journal.close()
  const child = fork(new URL('writer.ts', import.meta.url), [folder], { stdio: 'inherit' })
  const acknowledged: number[] = []
  child.on('message', (revision: number) => void acknowledged.push(revision))
  while (acknowledged.length < 20) await once(child, 'message')
  t.throws(() => open(folder), { message: new RegExp(`process ${child.pid}`) })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const after = open(folder)
  t.ok(after.store.revision() >= acknowledged.at(-1)!, `killed at ${acknowledged.at(-1)}, ${after.store.revision()} is there`)
  t.equal(after.store.list('configmaps').length, after.store.revision())
  await after.journal.close()
  t.notOk(readdirSync(folder).some((name) => name.startsWith('lock')))
})
