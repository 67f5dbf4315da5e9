import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { welcome } from '../../src/sandbox/runSandbox.ts'
import { clientOf } from '../sandbox/apiserver/client.ts'

type Run = { readonly child: ChildProcess; readonly said: () => string; readonly ended: Promise<{ code: number | null; said: string }> }

function start(args: readonly string[]): Run {
  const child = spawn(process.execPath, ['src/main.ts', 'sandbox', ...args], { timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }))
  return { child, said: () => said, ended }
}

async function ready(run: Run): Promise<string> {
  while (!run.said().includes('Ctrl-C ends it')) {
    if (run.child.exitCode !== null) throw new Error(run.said())
    await once(run.child.stdout!, 'data')
  }
  return /export KUBECONFIG=(\S+)/.exec(run.said())![1]!
}

type Kubeconfig = { clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]; users: [{ user: { token: string } }] }

function reach(kubeconfig: string): ReturnType<typeof clientOf> {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster
  return clientOf({ url: server, caPem: Buffer.from(ca, 'base64').toString(), adminToken: users[0].user.token })
}

function newFolder(t: { teardown(f: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('a sandbox without a folder is gone without a trace', async (t) => {
  const run = start(['--port', '0'])
  const kubeconfig = await ready(run)
  t.equal(statSync(kubeconfig).mode & 0o777, 0o600)
  t.equal((await reach(kubeconfig).get('/api/v1/namespaces/default')).code, 200)
  const begun = performance.now()
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 0 })
  t.ok(performance.now() - begun < 2_000, 'it ends quickly')
  t.notOk(existsSync(kubeconfig))
})

t.test('a folder that cannot be made is told at once', { skip: process.platform !== 'linux' }, async (t) => {
  const { code, said } = await start(['--port', '0', '--data', '/proc/nowhere/deep']).ended
  t.equal(code, 1)
  t.match(said, /cannot make the folder \/proc\/nowhere\/deep: ENOENT.*; give another: --data DIR/)
})

t.test('with a folder, a killed sandbox goes on; no other may use the folder or the port meanwhile', async (t) => {
  const data = newFolder(t)
  const first = start(['--port', '0', '--data', data])
  const kubeconfig = await ready(first)
  t.equal(kubeconfig, join(data, 'kubeconfig'))
  const api = reach(kubeconfig)
  const made = await api.post('/api/v1/namespaces/default/configmaps', { metadata: { name: 'kept' } })
  t.equal(made.code, 201)
  const second = await start(['--port', '0', '--data', data]).ended
  t.equal(second.code, 1)
  t.match(second.said, `${data} is in use by the sandbox of process ${first.child.pid}`)
  const port = /:(\d+)\n/.exec(first.said())![1]!
  const third = await start(['--port', port]).ended
  t.equal(third.code, 1)
  t.match(third.said, `port ${port} of 127.0.0.1 is taken; stop what listens there, or give another: --port ${Number(port) + 1}`)
  first.child.kill('SIGKILL')
  await first.ended

  const again = start(['--port', port, '--data', data])
  await ready(again)
  t.same((await api.get('/api/v1/namespaces/default/configmaps/kept')).body, made.body, 'the old kubeconfig still leads there')
  again.child.kill('SIGTERM')
  t.match(await again.ended, { code: 0 })
})

t.test('wrong usage', async (t) => {
  t.match(await start(['--port', 'x', '--image', 'shop']).ended, {
    code: 2,
    said: /--image is "shop"; it must be 'PATTERN=COMMAND'[\s\S]*--port is "x"; it must be a port from 0 to 65535/,
  })
  t.match(await start(['--port', '0', '--kubeconfig', '/nowhere/at/all']).ended, {
    code: 1,
    said: /the kubeconfig \/nowhere\/at\/all cannot be written/,
  })
})

t.test('what it says can be typed', (t) => {
  t.match(welcome({ url: 'https://127.0.0.1:1', kubeconfig: "/a b/it's", data: undefined }), `export KUBECONFIG='/a b/it'\\''s'`)
  t.end()
})
