import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { markedProcesses } from '../../../src/sandbox/kubelet/processes/marked.ts'
import { type Command, openProcesses, sandboxVariable } from '../../../src/sandbox/kubelet/processes/processes.ts'

if (process.platform !== 'linux') t.plan(0, 'looks into /proc')

const path = '/usr/bin:/bin'

function shell(text: string, output: string[] = [], id = 'c'): Command {
  return {
    file: '/bin/sh',
    args: ['-c', text],
    directory: tmpdir(),
    variables: { PATH: path },
    containerId: `${process.pid}-${id}`,
    onOutput: (stream, chunk) => void output.push(`${stream}: ${chunk}`),
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 8_000; performance.now() < end; await sleep(20)) if (await holds()) return
  throw new Error(`not within 8 s: ${what}`)
}

t.test('a process runs, says something and ends', async (t) => {
  const processes = await openProcesses(`test-${process.pid}-1`, (error) => t.fail(error.message))
  t.teardown(() => processes.stop())
  const cases: readonly { readonly text: string; readonly exitCode: number }[] = [
    { text: 'exit 0', exitCode: 0 },
    { text: 'exit 7', exitCode: 7 },
    { text: 'kill -9 $$', exitCode: 137 },
    { text: 'kill -TERM $$', exitCode: 143 },
  ]
  for (const { text, exitCode } of cases) {
    const output: string[] = []
    const child = await processes.start(shell(`echo out; echo err >&2; ${text}`, output))
    t.same(await child.ended, { exitCode }, text)
    t.same(output.sort(), ['stderr: err\n', 'stdout: out\n'])
  }
})

t.test('what a process leaves behind ends with it', async (t) => {
  const mark = `test-${process.pid}-2`
  const processes = await openProcesses(mark, (error) => t.fail(error.message))
  t.teardown(() => processes.stop())
  const child = await processes.start(shell('(sleep 1000 &) ; (setsid sleep 1000 &) ; sleep 0.1; exit 3'))
  t.same(await child.ended, { exitCode: 3 })
  t.same(await markedProcesses(`${sandboxVariable}=${mark}`), [], 'in its group or out of it')
})

t.test('a signal reaches the whole group', async (t) => {
  const processes = await openProcesses(`test-${process.pid}-3`, (error) => t.fail(error.message))
  t.teardown(() => processes.stop())
  const output: string[] = []
  const child = await processes.start(
    shell(`sh -c 'trap "echo inner; exit 0" TERM; while :; do sleep 0.05; done' & trap 'wait; echo outer; exit 5' TERM; wait`, output),
  )
  await sleep(200)
  child.signal('SIGTERM')
  t.same(await child.ended, { exitCode: 5 })
  t.match(output.join(''), /inner[\s\S]*outer/)
})

t.test('nothing outlives a sandbox that is killed', async (t) => {
  const id = `test-${process.pid}-4`
  const script = join(mkdtempSync(join(tmpdir(), 'spillway-processes-')), 'sandbox.mjs')
  const source = new URL('../../../src/sandbox/kubelet/processes/processes.ts', import.meta.url).href
  writeFileSync(
    script,
    `import { openProcesses } from ${JSON.stringify(source)}
const processes = await openProcesses(${JSON.stringify(id)}, console.error)
const command = (text, n) => ({ file: '/bin/sh', args: ['-c', text], directory: '/', variables: { PATH: '${path}' }, containerId: ${JSON.stringify(id)} + n, onOutput: (_, chunk) => process.stdout.write(chunk) })
await processes.start(command('trap "" TERM HUP INT; echo ready; while :; do sleep 1; done', 1))
await processes.start(command('(sleep 1000 &); (setsid sh -c "trap \\"\\" HUP; sleep 1000" &); echo ready; sleep 1000', 2))
setInterval(() => undefined, 1000)
`,
  )
  for (const how of ['SIGKILL', 'SIGSEGV'] as const) {
    const sandbox = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let ready = 0
    for await (const _ of createInterface({ input: sandbox.stdout })) if (++ready === 2) break
    const mark = `${sandboxVariable}=${id}`
    await until('all run', async () => (await markedProcesses(mark)).length >= 5)
    sandbox.kill(how)
    await once(sandbox, 'exit')
    await until(`nothing runs after ${how}`, async () => (await markedProcesses(mark)).length === 0)
    t.pass(`${how}: nothing is left`)
  }
})

t.test('what an earlier run left is killed by the next', async (t) => {
  const id = `test-${process.pid}-5`
  const left = spawn('/bin/sh', ['-c', 'sleep 1000'], { env: { PATH: path, [sandboxVariable]: id }, stdio: 'ignore', detached: true })
  const gone = once(left, 'exit')
  const processes = await openProcesses(id, (error) => t.fail(error.message))
  t.teardown(() => processes.stop())
  t.same(await gone, [null, 'SIGKILL'])
})
