import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ContainerStatus, Pod } from '../../../src/api/pod.ts'
import { namedContainer, runOfLog } from '../../../src/sandbox/kubelet/logs/containerLog.ts'
import { openLogFiles, rotatedPath } from '../../../src/sandbox/kubelet/logs/logFile.ts'
import { type LogQuery, readLog } from '../../../src/sandbox/kubelet/logs/readLog.ts'
import { logQuery } from '../../../src/sandbox/kubelet/logs/serveLogs.ts'
import { images, shell, waits } from './programs.ts'
import { isReady, startTestNode } from './testNode.ts'

const startMs = Date.UTC(2030, 0, 1)

function logs(t: { teardown(f: () => void): void }, limits = { maxBytes: 1_000_000, maxLineBytes: 100 }) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-logs-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  let nowMs = startMs
  const files = openLogFiles(() => nowMs, limits)
  const path = join(folder, 'app', 'log')
  const ending = new AbortController()
  const open = (query: LogQuery) => readLog(path, { query, changes: files, nowMs, signal: ending.signal })
  const read = async (query: LogQuery = {}): Promise<string> => {
    let text = ''
    for await (const part of open(query)) text += part
    return text
  }
  return { files, path, open, read, ending, later: (ms: number) => (nowMs += ms) }
}

t.test('what was written is read', async (t) => {
  const { files, path, read, later } = logs(t)
  const log = files.open(path)
  log.append('stdout', Buffer.from('one\ntw'))
  log.append('stderr', Buffer.from('err\n'))
  later(10_000)
  log.append('stdout', Buffer.from('o\n'))
  later(10_000)
  log.append('stdout', Buffer.from('three'))
  log.close()
  const cases: readonly { readonly query: LogQuery; readonly is: string }[] = [
    { query: {}, is: 'one\nerr\ntwo\nthree' },
    { query: { tailLines: 2 }, is: 'two\nthree' },
    { query: { tailLines: 0 }, is: '' },
    { query: { tailLines: 99 }, is: 'one\nerr\ntwo\nthree' },
    { query: { sinceSeconds: 15 }, is: 'two\nthree' },
    { query: { sinceTime: '2030-01-01T00:00:15Z' }, is: 'three' },
    { query: { limitBytes: 5 }, is: 'one\ne' },
    { query: { limitBytes: 4 }, is: 'one\n' },
    { query: { tailLines: 1, timestamps: true }, is: '2030-01-01T00:00:20.000000000Z three' },
    { query: { follow: true }, is: 'one\nerr\ntwo\nthree' },
  ]
  for (const { query, is } of cases) t.equal(await read(query), is, JSON.stringify(query))
})

t.test('long lines are cut apart and come whole', async (t) => {
  const { files, path, read } = logs(t, { maxBytes: 1_000_000, maxLineBytes: 10 })
  const log = files.open(path)
  const line = `${'0123456789'.repeat(3)}xyz`
  for (const char of `${line}\nend\n`) log.append('stdout', Buffer.from(char))
  log.close()
  t.equal(await read(), `${line}\nend\n`)
  t.match(readFileSync(path, 'utf8'), / stdout P 0123456789\n/)
})

t.test('a log is turned over, and followed beyond that', async (t) => {
  const { files, path, open, read } = logs(t, { maxBytes: 400, maxLineBytes: 100 })
  const log = files.open(path)
  const seen: string[] = []
  const following = (async () => {
    for await (const part of open({ follow: true })) seen.push(part.toString().trim())
  })()
  for (let line = 0; line < 30; line++) {
    log.append('stdout', Buffer.from(`line ${line}\n`))
    // Whoever is slower than two turns misses what is gone.
    for (const end = performance.now() + 5_000; seen.length <= line && performance.now() < end; ) await new Promise(setImmediate)
  }
  log.close()
  await following
  t.same(
    seen,
    Array.from({ length: 30 }, (_, line) => `line ${line}`),
  )
  t.ok(readFileSync(rotatedPath(path)).length <= 400)
  t.ok(readFileSync(path).length <= 400)
  t.match(await read({ tailLines: 1 }), 'line 29')
})

t.test('whoever stops following is let go', async (t) => {
  const { files, path, open, ending } = logs(t)
  const log = files.open(path)
  log.append('stdout', Buffer.from('one\n'))
  const seen: string[] = []
  for await (const part of open({ follow: true })) {
    seen.push(part.toString())
    setImmediate(() => ending.abort())
  }
  log.close()
  t.same(seen, ['one\n'])
})

const pod = (status: Partial<ContainerStatus> | undefined, more: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'n' },
  spec: { containers: [{ name: 'app' }], ...more },
  status: { containerStatuses: status === undefined ? [] : [{ name: 'app', ready: false, restartCount: 0, image: '', imageID: '', ...status }] },
})
const running = { containerID: 'process://now', state: { running: {} } }
const terminated = { exitCode: 1, containerID: 'process://then' }

// The texts are the real server's, v1.34.4.
t.test('which log is meant', (t) => {
  const cases: readonly { readonly pod: Pod; readonly previous?: boolean; readonly is: string }[] = [
    { pod: pod(undefined), is: 'container "app" in pod "p" is not available' },
    { pod: pod({ state: { waiting: { reason: 'ContainerCreating' } } }), is: 'container "app" in pod "p" is waiting to start: ContainerCreating' },
    { pod: pod({ state: { waiting: { reason: 'ErrImagePull' } } }), is: 'container "app" in pod "p" is waiting to start: image can\'t be pulled' },
    {
      pod: pod({ state: { waiting: { reason: 'ImagePullBackOff' } } }),
      is: 'container "app" in pod "p" is waiting to start: trying and failing to pull image',
    },
    { pod: pod(running), is: 'now' },
    { pod: pod(running), previous: true, is: 'previous terminated container "app" in pod "p" not found' },
    { pod: pod({ ...running, lastState: { terminated } }), previous: true, is: 'then' },
    { pod: pod({ state: { terminated } }), is: 'then' },
    { pod: pod({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } }), is: 'then' },
  ]
  const text = (find: () => string): string => {
    try {
      return find()
    } catch (error) {
      return (error as Error).message
    }
  }
  for (const { pod, previous = false, is } of cases)
    t.equal(
      text(() => runOfLog(pod, 'app', previous).containerId),
      is,
    )
  const many = pod(undefined, { initContainers: [{ name: 'one' }, { name: 'two' }], containers: [{ name: 'app' }, { name: 'other' }] })
  t.equal(
    text(() => namedContainer(many, undefined)),
    'a container name must be specified for pod p, choose one of: [one two app other]',
  )
  t.equal(
    text(() => namedContainer(many, 'nope')),
    'container nope is not valid for pod p',
  )
  t.equal(
    text(() => namedContainer(many, 'two')),
    'two',
  )
  t.equal(
    text(() => namedContainer(pod(undefined), undefined)),
    'app',
  )
  for (const [query, is] of [
    ['tailLines=-1', 'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['limitBytes=0', 'PodLogOptions "p" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
  ] as const)
    t.equal(
      text(() => JSON.stringify(logQuery(new URLSearchParams(query), 'p'))),
      is,
    )
  t.match(logQuery(new URLSearchParams('follow=true&tailLines=5&previous=false'), 'p'), { follow: true, tailLines: 5, previous: false })
  t.end()
})

t.test('of a pod, as it writes', async (t) => {
  const node = await startTestNode(t, { images })
  node.create({
    name: 'p',
    spec: { containers: [shell(`echo one; while ! [ -f ${node.directory}/go ]; do sleep 0.05; done; echo two >&2; ${waits}`)] },
  })
  await node.untilPod('p', 'ready', isReady)
  await node.untilLog('p', /one/)
  const ending = new AbortController()
  const seen: string[] = []
  for await (const part of node.kubelet.logs({ namespace: 'default', pod: 'p', follow: true }, ending.signal)) {
    seen.push(part.toString())
    if (seen.length === 1) writeFileSync(join(node.directory, 'go'), '')
    if (seen.length === 2) node.cluster.delete('pods', { namespace: 'default', name: 'p' })
  }
  // The shell, too, has a word for what ends with it.
  t.same(seen.slice(0, 2), ['one\n', 'two\n'], 'and ends with it')
  t.throws(() => node.kubelet.logs({ namespace: 'default', pod: 'none' }, ending.signal), { code: 404, message: 'pods "none" not found' })
})
