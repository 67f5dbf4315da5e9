import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { KubeConfig, User } from '@kubernetes/client-node'
import { askPlugin, type Environment, type PluginAnswer } from './execPlugin.ts'
import { type Kubeconfig, readKubeconfig, textIn, usualPaths } from './kubeconfig.ts'

/** How to reach an API server, and as whom. Secrets stay in here: nothing of it is to be logged. */
export type Connection = {
  /** `https://10.0.0.1:6443`, with a path where the server stands behind a proxy. */
  readonly server: string
  /** An HTTP proxy on the way to it. */
  readonly proxy: string | undefined
  /** Where objects go whose place is not given. */
  readonly namespace: string
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
  | { readonly kind: 'default'; readonly context?: string }
  | { readonly kind: 'file'; readonly path: string; readonly context?: string }
  /** `root`: a folder to look below, '' if absent. */
  | { readonly kind: 'inCluster'; readonly root?: string }

/** For this long, credentials are taken for granted: reading files for each request would cost more than the request. */
const trustedMs = 10_000
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** `env`: this process's. Rejects with what is wrong with the configuration. The library that understands it is loaded here: it costs 0.8 s and 76 MB. */
export async function openConnection(source: ConnectionSource, env: Environment, now: () => number = () => performance.now()): Promise<Connection> {
  let account = await load(source, env)
  const { server, proxy, namespace } = account
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
  readonly config: KubeConfig
  readonly server: string
  readonly proxy: string | undefined
  readonly namespace: string
  readonly tokenFile: string | undefined
  readonly exec: Kubeconfig['exec']
  readonly clusterInfo: unknown
  readonly impersonation: Kubeconfig['impersonation']
  answered?: PluginAnswer
}

async function load(source: ConnectionSource, env: Environment): Promise<Account> {
  if (source.kind === 'inCluster') return ofPod(source.root ?? '', env)
  const paths = source.kind === 'file' ? [source.path] : usualPaths(env)
  const found = await readKubeconfig(paths, source.context)
  if (found !== undefined) return ofKubeconfig(found)
  if (source.kind === 'file') throw new Error(`${source.path} does not exist: name a kubeconfig that does`)
  if (existsSync(`${accountFolder}/token`)) return ofPod('', env)
  throw new Error(`there is no ${paths.join(', ')}, and this is no pod: set KUBECONFIG to a file that says where the cluster is`)
}

async function ofPod(root: string, env: Environment): Promise<Account> {
  if (!env['KUBERNETES_SERVICE_HOST']) throw new Error('this is no pod: KUBERNETES_SERVICE_HOST is not set')
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromCluster(root)
  const tokenFile = `${root}${accountFolder}/token`
  if (!existsSync(tokenFile)) throw new Error(`${tokenFile} does not exist: the pod needs a service account (automountServiceAccountToken)`)
  // The library would read the token once a minute; here it is read as all credentials are.
  config.users = config.users.map(({ name }) => ({ name }))
  const { server = '' } = config.getCurrentCluster() ?? {}
  const namespace = config.getContextObject(config.currentContext)?.namespace?.trim() || 'default'
  return { config, server, proxy: undefined, namespace, tokenFile, exec: undefined, clusterInfo: undefined, impersonation: {} }
}

/** What the library would do worse is taken from it: plugins without deadline, token files, proxies of its own, and http:// refused. */
async function ofKubeconfig({ from, cluster, user, context, tokenFile, exec, impersonation }: Kubeconfig): Promise<Account> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const server = textIn(cluster.fields, 'server').replace(/\/+$/, '')
  const proxy = textIn(cluster.fields, 'proxy-url') || undefined
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server))
    throw new Error(`${from}: cluster ${cluster.name}: server: must be a URL, as https://host:6443`)
  if (proxy !== undefined && !/^https?:/.test(proxy))
    throw new Error(`${from}: cluster ${cluster.name}: proxy-url: only http:// and https:// proxies are supported`)
  const { 'proxy-url': _proxy, ...rest } = cluster.fields
  const { exec: _exec, tokenFile: _tokenFile, 'token-file': _other, as: _as, ...known } = user.fields
  const config = new KubeConfig()
  try {
    config.loadFromString(
      JSON.stringify({
        clusters: [{ name: 'cluster', cluster: { ...rest, ...(server.startsWith('http:') && { 'insecure-skip-tls-verify': true }) } }],
        users: [{ name: 'user', user: known }],
        contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user' } }],
        'current-context': 'context',
      }),
    )
  } catch {
    // Its message may quote what it read.
    throw new Error(`${from}: context ${context.name} cannot be used: check its cluster and its user`)
  }
  return { config, server, proxy, namespace: context.namespace, tokenFile, exec, clusterInfo: { ...rest, server }, impersonation }
}

type Options = Tls & { headers?: Record<string, string>; auth?: string }

async function credentialsOf(account: Account, env: Environment): Promise<Credentials> {
  const { config, exec, tokenFile, impersonation, clusterInfo } = account
  const options: Options = {}
  // It also makes an agent, lazily connected, which nobody uses.
  await config.applyToHTTPSOptions(options)
  const { ca, cert, key, rejectUnauthorized, servername, headers = {} } = options
  if (exec !== undefined && !isFresh(account.answered)) account.answered = await askPlugin(exec, clusterInfo, env)
  const answered = exec === undefined ? undefined : account.answered
  const token = tokenFile === undefined ? answered?.token : (await readFile(tokenFile, 'utf8')).trim()
  const authorization = token === undefined ? (headers['Authorization'] ?? basicOf(config.getCurrentUser())) : `Bearer ${token}`
  const shown = { cert: answered?.cert ?? cert, key: answered?.key ?? key }
  return {
    tls: {
      ...(ca && { ca }),
      ...(shown.cert && { cert: shown.cert }),
      ...(shown.key && { key: shown.key }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername && { servername }),
    },
    headers: { ...(authorization && { authorization: authorization.trim() }), ...impersonation },
  }
}

function isFresh(answer: PluginAnswer | undefined): boolean {
  return answer !== undefined && (answer.expiresAtMs === undefined || Date.now() + trustedMs < answer.expiresAtMs)
}

function basicOf(user: User | null): string | undefined {
  return user?.username ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` : undefined
}
