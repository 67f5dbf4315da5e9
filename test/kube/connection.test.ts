// Credentials from real files: where they come from, when they are read again, and what is said where they are wrong.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openConnection } from '../../src/kube/connection.ts'
import { askPlugin, withoutSecrets } from '../../src/kube/execPlugin.ts'

const secret = 'verysecretvalue0123456789'

function folderOf(files: Readonly<Record<string, string>>): { readonly folder: string; write(name: string, text: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { folder, write }
}

function config(user: string, cluster = 'server: https://127.0.0.1:6443'): string {
  return `
apiVersion: v1
kind: Config
current-context: one
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
contexts: [{name: one, context: {cluster: c, user: u, namespace: shop}}, {name: two, context: {cluster: c, user: u}}]
`
}

const open = (path: string, context?: string, now?: () => number) =>
  openConnection({ kind: 'file', path, ...(context && { context }) }, process.env, now)

t.test('a token, a password, a certificate, and whom to act as', async (t) => {
  const { folder } = folderOf({
    token: config(`token: ${secret}`),
    password: config('username: me, password: pass'),
    certificate: config('client-certificate: me.crt, client-key-data: S0VZ', 'server: https://127.0.0.1:6443/, certificate-authority-data: Q0E='),
    'me.crt': 'CERT',
    as: config(`token: ${secret}, as: jane, as-groups: [dev, ops], as-uid: "7", as-user-extra: {Reason: [audit]}`),
    nobody: config('').replace('user: u, namespace', 'user: "", namespace'),
    plain: config('', 'server: "http://127.0.0.1:8001", proxy-url: "http://proxy:3128"'),
  })
  const of = async (name: string) => await (await open(join(folder, name))).credentials()
  t.strictSame(await of('token'), { tls: {}, headers: { authorization: `Bearer ${secret}` } })
  t.strictSame((await of('password')).headers, { authorization: `Basic ${Buffer.from('me:pass').toString('base64')}` })
  t.strictSame(await of('certificate'), { tls: { ca: 'CA', cert: 'CERT', key: 'KEY' }, headers: {} })
  t.match((await of('as')).headers, {
    'impersonate-user': 'jane',
    'impersonate-group': ['dev', 'ops'],
    'impersonate-uid': '7',
    'impersonate-extra-reason': ['audit'],
  })
  t.strictSame(await of('nobody'), { tls: {}, headers: {} })
  t.match(await open(join(folder, 'plain')), { server: 'http://127.0.0.1:8001', proxy: 'http://proxy:3128' })
  t.equal((await open(join(folder, 'certificate'))).server, 'https://127.0.0.1:6443')
  t.equal((await open(join(folder, 'token'))).namespace, 'shop')
  t.equal((await open(join(folder, 'token'), 'two')).namespace, 'default')
})

t.test('C7 token files and certificates are read again as they age, and at once when they are refused', async (t) => {
  let nowMs = 0
  const { folder, write } = folderOf({
    config: config('tokenFile: token, client-certificate: me.crt, client-key: me.key'),
    token: 'first\n',
    'me.crt': 'CERT 1',
    'me.key': 'KEY 1',
  })
  const connection = await open(join(folder, 'config'), undefined, () => nowMs)
  const first = await connection.credentials()
  t.strictSame(first, { tls: { cert: 'CERT 1', key: 'KEY 1' }, headers: { authorization: 'Bearer first' } })
  write('token', 'second')
  write('me.crt', 'CERT 2')
  nowMs += 9_000
  t.equal(await connection.credentials(), first, 'not for each request')
  nowMs += 2_000
  const second = await connection.credentials()
  t.match(second, { tls: { cert: 'CERT 2' }, headers: { authorization: 'Bearer second' } })
  write('token', 'third')
  connection.distrust(first)
  t.equal(await connection.credentials(), second, 'those that were refused are gone already')
  connection.distrust(second)
  t.match(await connection.credentials(), { headers: { authorization: 'Bearer third' } })
})

t.test('a kubeconfig that changes is read again when what it said is refused', async (t) => {
  const { folder, write } = folderOf({ config: config('token: old') })
  const connection = await open(join(folder, 'config'))
  const refused = await connection.credentials()
  write('config', config('token: new'))
  connection.distrust(refused)
  t.strictSame((await connection.credentials()).headers, { authorization: 'Bearer new' })
})

t.test('a plugin is asked, told what it needs, and asked again when its answer has run out or was refused', async (t) => {
  const { write } = folderOf({ expires: '2100-01-01T00:00:00Z', plugin: '' })
  const plugin = write(
    'plugin',
    `#!/bin/sh
cd "$(dirname "$0")"
echo "$KUBERNETES_EXEC_INFO" > asked
n=$(cat count 2>/dev/null || echo 0); n=$((n + 1)); echo $n > count
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s-%s-%s","expirationTimestamp":"%s"}}' "$1" "$EXTRA" $n "$(cat expires)"
`,
  )
  chmodSync(plugin, 0o755)
  const path = write(
    'config',
    config(
      'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a], env: [{name: EXTRA, value: b}], provideClusterInfo: true}',
    ),
  )
  let nowMs = 0
  const connection = await open(path, undefined, () => nowMs)
  const first = await connection.credentials()
  t.strictSame(first.headers, { authorization: 'Bearer a-b-1' })
  nowMs += 20_000
  t.strictSame((await connection.credentials()).headers, { authorization: 'Bearer a-b-1' }, 'it has not run out')
  write('expires', '2000-01-01T00:00:00Z')
  connection.distrust(await connection.credentials())
  t.strictSame((await connection.credentials()).headers, { authorization: 'Bearer a-b-2' }, 'refused')
  nowMs += 20_000
  t.strictSame((await connection.credentials()).headers, { authorization: 'Bearer a-b-3' }, 'run out')
})

t.test('what goes wrong with a plugin is told without what it answered', async (t) => {
  const run = async (script: string, timeoutMs?: number): Promise<string> => {
    const plugin = {
      command: 'sh',
      args: ['-c', script],
      env: {},
      apiVersion: 'client.authentication.k8s.io/v1',
      installHint: '',
      provideClusterInfo: false,
    }
    return await askPlugin(plugin, undefined, process.env, timeoutMs).then(
      () => 'done',
      (error: Error) => `${error.message} ${String(error.cause ?? '')}`,
    )
  }
  const rows = [
    { script: `echo token=${secret} no-json`, says: /no ExecCredential/ },
    { script: `echo '{"kind":"ExecCredential","status":{"password":"${secret}"}}'`, says: /no ExecCredential with a token/ },
    { script: `echo '{"kind":"ExecCredential"}'`, says: /no ExecCredential/ },
    { script: `echo "log in first; token: ${secret}" >&2; exit 3`, says: /exit code 3.*log in first/ },
    { script: `echo "Bearer ${secret}" >&2; exit 1`, says: /exit code 1/ },
    { script: 'sleep 60', says: /no answer within 200 ms/, timeoutMs: 200 },
    { script: 'yes', says: /failed/ },
  ]
  for (const { script, says, timeoutMs } of rows) {
    const said = await run(script, timeoutMs)
    t.match(said, says, script.slice(0, 30))
    t.notMatch(said, secret)
  }
  t.equal(withoutSecrets(`a eyJhbGciOi.eyJzdWIiOi.c2ln b`), 'a … b')
})

t.test('what is wrong is told with its file and its fix, and quotes nothing of it', async (t) => {
  const { folder, write } = folderOf({})
  const rows = [
    { name: 'broken', text: `users:\n- name: u\n  user: {token: "${secret}\n  x: [`, says: /broken:\d+:\d+ is no valid YAML/ },
    { name: 'tabs', text: `users:\n\t- token: ${secret}`, says: /tabs:2:\d+ is no valid YAML/ },
    { name: 'other', text: `a: ${secret}`, says: /other is no kubeconfig/ },
    { name: 'text', text: secret, says: /text is no kubeconfig/ },
    { name: 'empty', text: '', says: /empty is no kubeconfig/ },
    {
      name: 'contextless',
      text: config(`token: ${secret}`).replace('current-context: one', ''),
      says: /no current-context: choose one of its contexts \(one, two\)/,
    },
    { name: 'clusterless', text: config('').replace('name: c,', 'name: d,'), says: /context one wants cluster "c"/ },
    { name: 'userless', text: config('').replace('name: u,', 'name: v,'), says: /context one wants user "u"/ },
    { name: 'serverless', text: config('', ''), says: /cluster c has no server:/ },
    { name: 'odd', text: config('', 'server: "127.0.0.1:6443"'), says: /server: must be a URL, as https/ },
    { name: 'socks', text: config('', 'server: "https://a", proxy-url: "socks5://b"'), says: /only http:\/\/ and https:\/\/ proxies/ },
    { name: 'asks', text: config('exec: {command: x, interactiveMode: Always}'), says: /wants a person to answer/ },
    { name: 'list', text: 'clusters: 5\ncontexts: []\ncurrent-context: x', says: /has no context "x"; it has none/ },
  ]
  for (const { name, text, says } of rows) {
    const error = await open(write(name, text)).catch((error: Error) => error)
    t.match(error, { message: says }, name)
    t.notMatch(`${(error as Error).message} ${String((error as Error).cause ?? '')}`, secret)
  }
  await t.rejects(open(join(folder, 'gone')), { message: /gone does not exist/ })
  await t.rejects(open(write('good', config('')), 'three'), { message: /has no context "three"; it has one, two/ })
  const lacking = await open(write('lacking', config('tokenFile: nowhere')))
  await t.rejects(lacking.credentials(), { message: /nowhere cannot be read \(ENOENT\)/ })
  const uninstalled = await open(write('uninstalled', config('exec: {command: no-such-plugin, installHint: get it}')))
  await t.rejects(uninstalled.credentials(), { message: /no-such-plugin was not found: install it.*get it/ })
})

t.test('several files are one, the first of a name counts, and those that do not exist are passed over', async (t) => {
  const { folder, write } = folderOf({})
  const a = write('a', `contexts: [{name: one, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: first}}]`)
  const b = write('b', config('token: second'))
  const env = { ...process.env, KUBECONFIG: [join(folder, 'gone'), a, b].join(':') }
  const connection = await openConnection({ kind: 'default' }, env)
  t.strictSame((await connection.credentials()).headers, { authorization: 'Bearer first' })
  t.equal(connection.namespace, 'default')
})

t.test('in a pod: its account, whose token is read again', async (t) => {
  const { folder } = folderOf({})
  const account = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
  mkdirSync(account, { recursive: true })
  for (const [name, text] of [
    ['token', 'pod-token'],
    ['ca.crt', 'CA'],
    ['namespace', 'shop\n'],
  ] as const)
    writeFileSync(join(account, name), text)
  const source = { kind: 'inCluster', root: folder } as const
  let nowMs = 0
  const connection = await openConnection(source, { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, () => nowMs)
  t.match(connection, { server: 'https://[fd00::1]:443', namespace: 'shop' })
  t.strictSame(await connection.credentials(), { tls: { ca: 'CA' }, headers: { authorization: 'Bearer pod-token' } })
  writeFileSync(join(account, 'token'), 'rotated')
  nowMs += 11_000
  t.match(await connection.credentials(), { headers: { authorization: 'Bearer rotated' } })
  await t.rejects(openConnection(source, {}), { message: /KUBERNETES_SERVICE_HOST is not set/ })
  await t.rejects(openConnection({ kind: 'inCluster', root: '/nowhere' }, { KUBERNETES_SERVICE_HOST: 'a' }), { message: /needs a service account/ })
})
