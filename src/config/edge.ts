import { duration, type Environment, type Flags, integer, type LogLevel, logLevels, type Parsed, type Reader, reader } from './reader.ts'

export type EdgeSettings = {
  readonly source: FileSettings | ClusterSettings
  readonly workers: number
  readonly json: boolean
  readonly logLevel: LogLevel
}

/** `check`: the file is looked at alone. */
export type FileSettings = { readonly kind: 'file'; readonly config: string; readonly check: boolean }

/** An edge that a Kubernetes cluster tells what to do. */
export type ClusterSettings = {
  readonly kind: 'cluster'
  /** Absent: where kubectl would look, or the pod's own account. */
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  readonly ingressClass: string
  readonly httpAddress: ListenAddress
  readonly httpsAddress: ListenAddress
  readonly adminAddress: ListenAddress
  /** A file with the token for the admin API; absent: see `trustController`. */
  readonly adminTokenFile: string | undefined
  /** Users whose tokens open the admin API. */
  readonly trustController: readonly string[]
  /** A folder. */
  readonly snapshot: string | undefined
  /** Absent: Services are not reached by their DNS names. */
  readonly serviceDomain: string | undefined
  readonly redirectHttps: boolean
  readonly keyFile: string | undefined
  readonly trustedProxies: readonly string[]
  readonly drainDelayMs: number
  readonly drainMs: number
}

export type ListenAddress = { readonly host: string; readonly port: number }

/** More threads than this only take memory: each has its own pools and accumulators. */
const maxWorkers = 64

/** `cores`: what `--workers auto` means here. */
export function parseEdge(env: Environment, flags: Flags, cores: number): Parsed<EdgeSettings> {
  const read = reader(env, flags)
  const config = read('config', 'a file', (text) => text, '')
  const settings: EdgeSettings = {
    source: config === '' ? clusterSettings(read, env, flags) : { kind: 'file', config, check: flags['check'] === true },
    workers: read(
      'workers',
      `a number from 1 to ${maxWorkers}, or auto`,
      (text) => (text === 'auto' ? Math.min(cores, maxWorkers) : integer(text, 1, maxWorkers)),
      '1',
    ),
    json: flags['json'] === true,
    logLevel: read('logLevel', `one of ${logLevels.join(', ')}`, (text) => logLevels.find((level) => level === text), 'info'),
  }
  if (config !== '') {
    const misplaced = clusterFlags.filter((name) => flags[name] !== undefined)
    for (const name of misplaced) read.mistake(`${flagOf(name)} is for Kubernetes; leave --config out, or write it into the file`)
  }
  return read.finish(settings)
}

const clusterFlags = [
  ...['kubeconfig', 'context', 'namespace', 'ingressClass', 'httpAddress', 'httpsAddress', 'adminAddress', 'adminTokenFile', 'trustController'],
  ...['snapshot', 'serviceDomain', 'redirectHttps', 'keyFile', 'trustedProxies', 'drainDelay', 'drain'],
]

function clusterSettings(read: Reader, env: Environment, flags: Flags): ClusterSettings {
  const optional = (name: string, wanted: string): string | undefined => read(name, wanted, (text) => text, '') || undefined
  const address = (name: string, otherwise: string): ListenAddress =>
    read(name, 'an address like :8080, 127.0.0.1:8080 or [::]:8080', (text) => addressIn(text, env['HOST'] || '0.0.0.0'), otherwise)
  const time = (name: string, otherwise: string): number => read(name, 'a time up to 24h, such as 30s', (text) => duration(text, 0), otherwise)
  if (flags['check'] === true) read.mistake('--check is for a file; name it by --config')
  return {
    kind: 'cluster',
    kubeconfig: optional('kubeconfig', 'a file'),
    context: optional('context', 'the name of a context'),
    namespaces: listOf(read, flags, { name: 'namespace', wanted: 'a namespace', pattern: /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/ }),
    ingressClass: read(
      'ingressClass',
      'the name of an IngressClass',
      (text) => (/^[a-z0-9][-a-z0-9.]{0,252}$/.test(text) ? text : undefined),
      'spillway',
    ),
    httpAddress: address('httpAddress', ':8080'),
    httpsAddress: address('httpsAddress', ':8443'),
    adminAddress: address('adminAddress', ':9901'),
    adminTokenFile: optional('adminTokenFile', 'a file'),
    trustController: listOf(read, flags, { name: 'trustController', wanted: 'the name of a user', pattern: /^[!-~]{1,256}$/ }),
    snapshot: optional('snapshot', 'a folder'),
    serviceDomain: optional('serviceDomain', 'the domain of the cluster'),
    redirectHttps: flags['redirectHttps'] === true,
    keyFile: optional('keyFile', 'a file'),
    trustedProxies: listOf(read, flags, { name: 'trustedProxies', wanted: 'a network such as 10.0.0.0/8', pattern: cidr }),
    drainDelayMs: time('drainDelay', '5s'),
    drainMs: time('drain', '30s'),
  }
}

const cidr = /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/(?:3[0-2]|[12]?\d))?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:\/(?:12[0-8]|1[01]\d|\d?\d))?)$/

/** Flags that may be repeated; in the environment they stand with commas between them. */
function listOf(read: Reader, flags: Flags, of: { readonly name: string; readonly wanted: string; readonly pattern: RegExp }): readonly string[] {
  const { name, wanted, pattern } = of
  const given = flags[name]
  const items = Array.isArray(given) ? (given as readonly string[]) : read(name, wanted, (text) => text.split(',').filter((item) => item !== ''), '')
  for (const item of items) if (!pattern.test(item)) read.mistake(`${flagOf(name)} is ${JSON.stringify(item)}; it must be ${wanted}`)
  return items
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `host`: where none is written. */
function addressIn(text: string, host: string): ListenAddress | undefined {
  const [, written = '', port = ''] = /^(\[[0-9A-Fa-f:.]{2,45}\]|[0-9.]{7,15}|localhost|):(\d{1,5})$/.exec(text) ?? []
  const number = integer(port, 0, 65_535)
  return number === undefined ? undefined : { host: written === '' ? host : written.replace(/^\[|\]$/g, ''), port: number }
}
