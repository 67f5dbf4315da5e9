import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import type { KubeConfig } from '@kubernetes/client-node'
import { askPlugin, type Environment, type PluginAnswer } from './execPlugin.ts'
import { type Fields, type Kubeconfig, readKubeconfig, textIn, usualPaths } from './kubeconfig.ts'
import { bare, type Overrides, overridden } from './overrides.ts'

/** How to reach an API server, and as whom. Secrets stay in here: nothing of it is to be logged. */
export type Connection = {
  /** `https://10.0.0.1:6443`, with a path where the server stands behind a proxy. */
  readonly server: string
  /** An HTTP proxy on the way to it. */
  readonly proxy: string | undefined
  /** Where objects go whose place is not given. */
  readonly namespace: string
  /** What the kubeconfig calls the way there; '' where there is none. */
  readonly context: string
  /** Whether the server's certificate goes unchecked, as the kubeconfig wants it. */
  readonly isInsecure: boolean
  /** As of now: tokens and certificates are read again as they age, and plugins are asked when theirs have run out. */
  credentials(): Promise<Credentials>
  /** The server did not take these: if they are still the present ones, the next `credentials` reads everything anew. */
  distrust(refused: Credentials): void
}

export type Credentials = {
  readonly tls: Tls
  /** Who asks, and as whom: to be sent with each request. Empty where a certificate says it, or nobody does. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** As `tls.connect` takes them. */
export type Tls = {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

export type ConnectionSource =
  /** As kubectl finds it: $KUBECONFIG, ~/.kube/config, or the pod's own account. */
  | { readonly kind: 'default'; readonly context?: string; readonly overrides?: Overrides }
  | { readonly kind: 'file'; readonly path: string; readonly context?: string; readonly overrides?: Overrides }
  /** `root`: a folder to look below, '' if absent. */
  | { readonly kind: 'inCluster'; readonly root?: string }

/** For this long, credentials are taken for granted: reading files for each request would cost more than the request. */
const trustedMs = 10_000
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** `env`: this process's. Rejects with what is wrong with the configuration. */
export async function openConnection(source: ConnectionSource, env: Environment, now: () => number = () => performance.now()): Promise<Connection> {
  let account = await load(source, env)
  const { server, proxy, namespace, context, cluster } = account
  let known: { readonly promise: Promise<Credentials>; readonly untilMs: number; value?: Credentials } | undefined
  let distrusted = false

  async function ask(): Promise<Credentials> {
    if (distrusted) account = await load(source, env)
    distrusted = false
    return credentialsOf(account, env)
  }

  return {
    server,
    proxy,
    namespace,
    context,
    isInsecure: cluster['insecure-skip-tls-verify'] === true,
    credentials() {
      if (known !== undefined && now() < known.untilMs) return known.promise
      const asked: NonNullable<typeof known> = { promise: ask(), untilMs: now() + trustedMs }
      known = asked
      asked.promise.then(
        (value) => {
          asked.value = value
        },
        () => {
          // A failure is not kept: whoever asks next has it tried again.
          if (known === asked) known = undefined
        },
      )
      return asked.promise
    },
    distrust(refused) {
      if (known === undefined || known.value !== refused) return
      known = undefined
      distrusted = true
    },
  }
}

/** What a source says, and what was learnt on its behalf since. */
type Account = {
  readonly server: string
  readonly proxy: string | undefined
  readonly namespace: string
  readonly context: string
  readonly cluster: Fields
  readonly user: Fields
  readonly tokenFile: string | undefined
  readonly exec: Kubeconfig['exec']
  readonly impersonation: Kubeconfig['impersonation']
  /** Of the library, where its providers are needed. */
  readonly provider: KubeConfig | undefined
  answered?: PluginAnswer
}

async function load(source: ConnectionSource, env: Environment): Promise<Account> {
  if (source.kind === 'inCluster') return ofPod(source.root ?? '', env)
  const paths = source.kind === 'file' ? [source.path] : usualPaths(env)
  const { context, overrides = {} } = source
  const found = await readKubeconfig(paths, context, overrides)
  if (found !== undefined) return ofKubeconfig(overridden(found, overrides))
  if (source.kind === 'file') throw new Error(`${source.path} does not exist: name a kubeconfig that does`)
  if (overrides.server !== undefined) return ofKubeconfig(overridden(bare, overrides))
  if (existsSync(`${accountFolder}/token`)) return ofPod('', env)
  throw new Error(`there is no ${paths.join(', ')}, and this is no pod: set KUBECONFIG to a file that says where the cluster is`)
}

async function ofPod(root: string, env: Environment): Promise<Account> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (!host) throw new Error('this is no pod: KUBERNETES_SERVICE_HOST is not set')
  const folder = `${root}${accountFolder}`
  if (!existsSync(`${folder}/token`))
    throw new Error(`${folder}/token does not exist: the pod needs a service account (automountServiceAccountToken)`)
  const namespace = existsSync(`${folder}/namespace`) ? (await readFile(`${folder}/namespace`, 'utf8')).trim() : ''
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    proxy: undefined,
    namespace: namespace || 'default',
    context: '',
    cluster: { 'certificate-authority': `${folder}/ca.crt` },
    user: {},
    tokenFile: `${folder}/token`,
    exec: undefined,
    impersonation: {},
    provider: undefined,
  }
}

async function ofKubeconfig({ from, cluster, user, context, tokenFile, exec, impersonation }: Kubeconfig): Promise<Account> {
  const server = textIn(cluster.fields, 'server').replace(/\/+$/, '')
  const proxy = textIn(cluster.fields, 'proxy-url') || undefined
  const of = `${from}: cluster ${cluster.name}`
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server)) throw new Error(`${of}: server: must be a URL, as https://host:6443`)
  if (proxy !== undefined && !/^https?:/.test(proxy)) throw new Error(`${of}: proxy-url: only http:// and https:// proxies are supported`)
  const provider = user.fields['auth-provider'] === undefined ? undefined : await providerOf(user.fields, `${from}: user ${user.name}`)
  return {
    server,
    proxy,
    namespace: context.namespace,
    context: context.name,
    cluster: cluster.fields,
    user: user.fields,
    tokenFile,
    exec,
    impersonation,
    provider,
  }
}

/** The library knows how tokens of identity providers (OpenID Connect and clouds' own) are renewed. It is loaded where one is used: it costs 0.8 s and 76 MB. */
async function providerOf(user: Fields, of: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    config.loadFromString(
      JSON.stringify({
        clusters: [{ name: 'cluster', cluster: { server: 'https://unused' } }],
        users: [{ name: 'user', user: { 'auth-provider': user['auth-provider'] } }],
        contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user' } }],
        'current-context': 'context',
      }),
    )
  } catch {
    // Its message may quote what it read.
    throw new Error(`${of}: its auth-provider cannot be used: check its name and its config`)
  }
  return config
}

async function credentialsOf(account: Account, env: Environment): Promise<Credentials> {
  const { cluster, user, exec, impersonation, server } = account
  if (exec !== undefined && !isFresh(account.answered)) {
    const { 'proxy-url': _, ...known } = cluster
    account.answered = await askPlugin(exec, { ...known, server }, env)
  }
  const [ca, cert, key] = await Promise.all([
    textOf(cluster, 'certificate-authority'),
    account.answered?.cert ?? textOf(user, 'client-certificate'),
    account.answered?.key ?? textOf(user, 'client-key'),
  ])
  const authorization = await authorizationOf(account)
  const servername = textIn(cluster, 'tls-server-name')
  return {
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
      ...(servername && { servername }),
    },
    headers: { ...(authorization && { authorization }), ...impersonation },
  }
}

/** As kubectl ranks them: a file before a text, a plugin, a provider, a password. */
async function authorizationOf({ user, tokenFile, answered, provider }: Account): Promise<string | undefined> {
  const token = tokenFile === undefined ? textIn(user, 'token') || answered?.token : await readSecret(tokenFile)
  if (token) return `Bearer ${token.trim()}`
  if (provider !== undefined) {
    const options: { headers?: Record<string, string> } = {}
    // It also makes an agent, lazily connected, which nobody uses.
    await provider.applyToHTTPSOptions(options)
    return options.headers?.['Authorization']
  }
  const name = textIn(user, 'username')
  return name === '' ? undefined : `Basic ${Buffer.from(`${name}:${textIn(user, 'password')}`).toString('base64')}`
}

/** `NAME-data`, which goes first, or what the file `NAME` holds now. */
async function textOf(fields: Fields, name: string): Promise<string | undefined> {
  const data = textIn(fields, `${name}-data`)
  if (data !== '') return Buffer.from(data, 'base64').toString()
  const path = textIn(fields, name)
  return path === '' ? undefined : readSecret(path)
}

async function readSecret(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}), and the credentials need it`)
  }
}

function isFresh(answer: PluginAnswer | undefined): boolean {
  return answer !== undefined && (answer.expiresAtMs === undefined || Date.now() + trustedMs < answer.expiresAtMs)
}
