import type { KubeConfig, User } from '@kubernetes/client-node'

/** How to reach an API server, and as whom. Secrets stay in here: nothing of it is to be logged. */
export type Connection = {
  /** `https://10.0.0.1:6443`, with a path where the server stands behind a proxy. */
  readonly server: string
  /** Where objects go whose place is not given. */
  readonly namespace: string
  /** As of now: tokens and certificates are read again as they age, and plugins are asked when theirs have run out. */
  credentials(): Promise<Credentials>
  /** The server did not take them: the next `credentials` reads everything anew. */
  distrust(): void
}

export type Credentials = {
  readonly tls: Tls
  /** The whole field's value; undefined: the certificate says who asks, or nobody does. */
  readonly authorization: string | undefined
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
  | { readonly kind: 'inCluster' }

/** For this long, credentials are taken for granted: the library reads files for each request. */
const trustedMs = 10_000

/** Rejects with what is wrong with the configuration. The library that reads it is loaded here: it costs 0.8 s and 76 MB. */
export async function openConnection(source: ConnectionSource, now: () => number = () => performance.now()): Promise<Connection> {
  let config = await load(source)
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error(`${describe(source)} names no cluster: choose a context in it, or give one`)
  let known: { readonly credentials: Promise<Credentials>; readonly untilMs: number } | undefined
  let distrusted = false

  async function ask(): Promise<Credentials> {
    if (distrusted) config = await load(source)
    distrusted = false
    return credentialsIn(config)
  }

  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: config.getContextObject(config.currentContext)?.namespace?.trim() || 'default',
    credentials() {
      if (known !== undefined && now() < known.untilMs) return known.credentials
      const credentials = ask()
      known = { credentials, untilMs: now() + trustedMs }
      // A failure is not kept: whoever asks next has it tried again.
      credentials.catch(() => {
        if (known?.credentials === credentials) known = undefined
      })
      return credentials
    },
    distrust() {
      known = undefined
      distrusted = true
    },
  }
}

function describe(source: ConnectionSource): string {
  return source.kind === 'file' ? source.path : source.kind === 'inCluster' ? "the pod's service account" : 'the kubeconfig'
}

async function load(source: ConnectionSource): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    if (source.kind === 'inCluster') config.loadFromCluster()
    else if (source.kind === 'file') config.loadFromFile(source.path)
    else config.loadFromDefault()
  } catch (error) {
    throw new Error(`${describe(source)} cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  if (source.kind !== 'inCluster' && source.context !== undefined) {
    if (!config.getContextObject(source.context)) {
      const known = config.getContexts().map(({ name }) => name)
      throw new Error(`${describe(source)} has no context ${JSON.stringify(source.context)}; it has ${known.join(', ') || 'none'}`)
    }
    config.setCurrentContext(source.context)
  }
  return config
}

type Options = Tls & { headers?: Record<string, string>; auth?: string }

async function credentialsIn(config: KubeConfig): Promise<Credentials> {
  const options: Options = {}
  // It also makes an agent, lazily connected, which nobody uses.
  await config.applyToHTTPSOptions(options)
  const { ca, cert, key, rejectUnauthorized, servername, headers } = options
  const basic = basicOf(config.getCurrentUser())
  return {
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername && { servername }),
    },
    authorization: headers?.['Authorization'] ?? basic,
  }
}

function basicOf(user: User | null): string | undefined {
  return user?.username ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` : undefined
}
