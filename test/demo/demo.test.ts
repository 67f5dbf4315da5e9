import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { configText, runDemo, type StartedEdge } from '../../src/demo/demo.ts'
import { lowPort } from '../ports.ts'
import { startStubEdge } from './stubEdge.ts'

type Played = {
  readonly output: () => string
  readonly ended: Promise<void>
  readonly shown: (pattern: RegExp) => Promise<void>
  readonly stop: () => void
}

/** Plays the demo without a terminal, on ports that the system has free. */
function play(startEdge: (file: string, signal: AbortSignal) => Promise<StartedEdge>, port = 0): Played {
  const stop = new AbortController()
  const stdout = new PassThrough()
  let text = ''
  stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const ended = runDemo({
    port,
    adminPort: 0,
    plain: true,
    startEdge,
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]),
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
  })
  const early = ended.then(() => Promise.reject(new Error(`ended early:\n${text}`)))
  early.catch(() => undefined)
  const shown = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) await Promise.race([once(stdout, 'data', { signal: AbortSignal.timeout(20_000) }), early])
  }
  return { output: () => text, ended, shown, stop: () => stop.abort() }
}

const never = new Promise<void>(() => undefined)
const pidsIn = (text: string): number[] => [...text.matchAll(/\(process (\d+)\)/g)].map((match) => Number(match[1]))

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

t.test('plays until it is stopped, and leaves nothing behind', async (t) => {
  let configFile = ''
  const demo = play((file, signal) => {
    configFile = file
    return startStubEdge(file, signal, never)
  })
  await demo.shown(/s \| v1 95\.0 % \(configured 95\.0 %\).* \| v2 5\.0 %/)
  const pids = pidsIn(demo.output())
  t.equal(pids.length, 2)
  t.ok(existsSync(configFile))
  demo.stop()
  await demo.ended
  t.match(demo.output(), /\d+ requests sent, 0 failed\nanswered by v1 \d+\.\d\d % \(\d+\), v2 \d+\.\d\d % \(\d+\)\n$/)
  t.notOk(existsSync(configFile), 'the temporary folder is removed')
  for (const pid of pids) t.ok(isGone(pid), `process ${pid} is gone`)
})

t.test('a taken port is named, another one is used', async (t) => {
  const port = await lowPort(10_000)
  const blocker = createServer().listen(port, '127.0.0.1')
  await once(blocker, 'listening')
  t.teardown(() => blocker.close())
  const demo = play((file, signal) => startStubEdge(file, signal, never), port)
  await demo.shown(/ \| v2 /)
  t.match(demo.output(), new RegExp(`^${port} is taken, using ${port + 10_000} instead\\n`, 'm'))
  demo.stop()
  await demo.ended
})

t.test('an edge that ends by itself ends the demo with an error', async (t) => {
  const crash = Promise.withResolvers<void>()
  const demo = play((file, signal) => startStubEdge(file, signal, crash.promise))
  await demo.shown(/ \| v2 /)
  const pids = pidsIn(demo.output())
  crash.resolve()
  await t.rejects(demo.ended, { message: 'the edge ended by itself' })
  for (const pid of pids) t.ok(isGone(pid), `process ${pid} is gone`)
})

t.test('an edge that does not start ends the demo with its reason', async (t) => {
  let configFile = ''
  const demo = play(async (file) => {
    configFile = file
    throw new Error('no edge today')
  })
  await t.rejects(demo.ended, { message: 'no edge today' })
  t.notOk(existsSync(configFile))
})

t.test('a version that crashes is told, and the demo goes on', async (t) => {
  const demo = play((file, signal) => startStubEdge(file, signal, never))
  await demo.shown(/ \| v2 /)
  const pid = Number(/^v2 .*\(process (\d+)\)/m.exec(demo.output())?.[1])
  process.kill(pid, 'SIGKILL')
  await demo.shown(new RegExp(`^v2 \\(process ${pid}\\) was ended by SIGKILL: its share fails; f starts it again$`, 'm'))
  demo.stop()
  await demo.ended
  t.match(demo.output(), /requests sent, 0 failed/)
})

t.test('the configuration is short enough to be edited by hand', async (t) => {
  const text = configText({ edge: 8080, admin: 9901, stable: 9001, canary: 9002 })
  t.match(text, 'v2: {weight: 5, endpoints: ["127.0.0.1:9002"]}')
  t.ok(text.split('\n').length < 20)
})
