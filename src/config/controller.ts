import { type Environment, type Flags, integer, type LogLevel, logLevels, type Parsed, reader } from './reader.ts'

export type ControllerSettings = {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Where it is at home; absent: the context's, or its pod's. */
  readonly namespace: string | undefined
  readonly isNamespaced: boolean
  readonly instanceId: string
  readonly isEdgeDefault: boolean
  readonly edgeUrls: readonly string[]
  readonly edgeNamespaces: readonly string[]
  readonly edgeTokenFile: string | undefined
  readonly isElected: boolean
  readonly workers: number
  readonly requestsPerSecond: number
  readonly requestBurst: number
  readonly metricsPort: number
  readonly healthPort: number
  readonly json: boolean
  readonly logLevel: LogLevel
}

const namespaceName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

export function parseController(env: Environment, flags: Flags): Parsed<ControllerSettings> {
  const read = reader(env, { ...flags, leaderElect: flags['leaderElect'] === true ? 'true' : flags['leaderElect'] })
  const optional = (name: string, wanted: string): string | undefined => read(name, wanted, (text) => text, '') || undefined
  const count = (name: string, most: number, otherwise: string): number =>
    read(name, `a number from 1 to ${most}`, (text) => integer(text, 1, most), otherwise)
  const port = (name: string, otherwise: string): number => read(name, 'a port from 0 to 65535', (text) => integer(text, 0, 65_535), otherwise)
  const several = (name: string, wanted: string): readonly string[] => {
    const given = flags[name]
    return Array.isArray(given) ? (given as readonly string[]) : read(name, wanted, (text) => text.split(',').filter((item) => item !== ''), '')
  }
  const edgeUrls = several('edge', 'the admin address of an edge')
  for (const text of edgeUrls) {
    if (!/^https?:\/\/[^/?#]+\/?$/.test(text) || !URL.canParse(text))
      read.mistake(`--edge is ${JSON.stringify(text)}; it must be the admin address of an edge, as http://127.0.0.1:9901`)
  }
  const edgeNamespaces = several('edgeNamespace', 'a namespace')
  for (const text of edgeNamespaces) {
    if (!namespaceName.test(text)) read.mistake(`--edge-namespace is ${JSON.stringify(text)}; it must be a namespace`)
  }
  const settings: ControllerSettings = {
    kubeconfig: optional('kubeconfig', 'a file'),
    context: optional('context', 'the name of a context'),
    namespace: read('namespace', 'a namespace', (text) => (text === '' || namespaceName.test(text) ? text : undefined), '') || undefined,
    isNamespaced: flags['namespaced'] === true || env['SPILLWAY_NAMESPACED'] === 'true',
    instanceId: read('instanceId', 'the value of a label', (text) => (labelValue.test(text) ? text : undefined), ''),
    isEdgeDefault: read('defaultRouter', 'edge or none', (text) => ({ edge: true, none: false })[text], 'none'),
    edgeUrls: edgeUrls.map((text) => text.replace(/\/$/, '')),
    edgeNamespaces,
    edgeTokenFile: optional('edgeTokenFile', 'a file'),
    isElected: read('leaderElect', 'true or false', (text) => ({ true: true, false: false })[text], 'true'),
    workers: count('workers', 1_000, '10'),
    requestsPerSecond: count('qps', 10_000, '40'),
    requestBurst: count('burst', 100_000, '80'),
    metricsPort: port('metricsPort', '8090'),
    healthPort: port('healthPort', '8080'),
    json: flags['json'] === true,
    logLevel: read('logLevel', `one of ${logLevels.join(', ')}`, (text) => logLevels.find((level) => level === text), 'info'),
  }
  if (settings.metricsPort === settings.healthPort && settings.metricsPort !== undefined && settings.metricsPort !== 0)
    read.mistake(`--metrics-port and --health-port are both ${settings.metricsPort}; give them different ones`)
  return read.finish(settings)
}
