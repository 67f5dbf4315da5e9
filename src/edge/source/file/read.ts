import { resolve } from 'node:path'
import type { RequestMatch, Split, Stickiness } from '../../../core/routing/types.ts'
import { validate } from '../../../core/routing/validate.ts'
import { compileRegex } from '../../../lib/regex.ts'
import type { EdgeConfig } from '../../config.ts'
import { openDocument, type YamlDocument } from './document.ts'
import { type EdgeFile, edgeShape } from './edgeShape.ts'
import { listenerOf } from './listenerShape.ts'
import { policyIn } from './policyShape.ts'
import { type Finding, GaveUp, locate, type Path, type Place, type Reading, startReading } from './reading.ts'
import { checkFileRules } from './rules.ts'
import type { Named } from './shape.ts'

/** A finding with its place in lines and columns. */
export type Fault = Omit<Finding, 'offset'> & { readonly line: number; readonly column: number }
export type Read = { readonly kind: 'config'; readonly config: EdgeConfig } | { readonly kind: 'faults'; readonly faults: readonly Fault[] }

/** Reads the bytes of a configuration file that lies in `folder`; tells every mistake at once, in the order of the file. */
export function readEdge(bytes: Uint8Array, folder: string): Read {
  const document = openDocument(bytes)
  if (document.errors.length > 0)
    return faults(
      document,
      document.errors.map((error) => ({ kind: 'syntax', path: [], ...error })),
    )
  const reading = startReading(document)
  const root: Place = { node: document.root, path: [], aliased: false }
  if (document.root === null) reading.report('structure', root, { message: 'the file is empty', fix: 'write at least listeners, routes and splits' })
  else {
    const config = readConfig(root, reading, folder)
    if (config !== undefined && reading.findings.length === 0) return { kind: 'config', config }
  }
  return faults(document, reading.findings)
}

function readConfig(root: Place, reading: Reading, folder: string): EdgeConfig | undefined {
  try {
    const config = edgeConfig(edgeShape.read(root, reading), folder)
    const before = reading.findings.slice()
    // What rests on a hole in the file says nothing.
    for (const { path, ...complaint } of [...checkFileRules(config), ...validate(config.routing, compileRegex)])
      if (!before.some((finding) => overlap(finding.path, path))) reading.report('meaning', { ...locate(path, root, reading), path }, complaint)
    return config
  } catch (error) {
    if (error instanceof GaveUp) return undefined
    throw error
  }
}

/** Whether one is at, above or below the other. */
function overlap(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((part, index) => part === b[index])
}

function edgeConfig(file: EdgeFile, folder: string): EdgeConfig {
  const { listeners, admin, trustedProxies, timeouts, limits, resilience, dns, allowedTargets, accessLog, metrics, routes, keyFile, splits } = file
  return {
    listeners: listeners.map((listener) => listenerOf(listener, folder)),
    admin: { address: admin.address, ...(admin.tokenFile === undefined ? {} : { tokenFile: resolve(folder, admin.tokenFile) }) },
    trustedProxies,
    timeouts,
    limits,
    resilience,
    dns: { servers: dns.servers, maxStaleMs: dns.maxStale },
    allowedTargets,
    policies: Object.fromEntries(splits.map(({ name, value }) => [name, policyIn(value)]).filter(([, policy]) => Object.keys(policy!).length > 0)),
    ...(accessLog === undefined
      ? {}
      : { accessLog: { ...accessLog, path: accessLog.path === 'stdout' ? 'stdout' : resolve(folder, accessLog.path) } }),
    metricAliases: metrics.aliases,
    routing: {
      routes: routes.map(({ host, ...route }) => ({ ...(host === undefined ? {} : { host }), ...route })),
      splits: splits.map((split) => splitOf(split, (own) => keyFileOf(folder, own ?? keyFile))),
    },
  }
}

type SplitFile = EdgeFile['splits'][number]['value']

/** `keyFile`: makes of what a split names itself the one in force. */
function splitOf({ name, value }: Named<SplitFile>, keyFile: (own: string | undefined) => { readonly keyFile?: string }): Split {
  const { totalWeight, backends, routes, stickiness, mirrors, fallback } = value
  return {
    name,
    totalWeight: totalWeight ?? backends.reduce((sum, backend) => sum + backend.value.weight, 0),
    backends: backends.map((backend) => ({ name: backend.name, ...backend.value })),
    routes: routes.map((route) => ({ ...route, match: route.match.map(matchOf) })),
    ...(stickiness === undefined ? {} : { stickiness: stickinessOf(stickiness, keyFile) }),
    ...(mirrors.length === 0 ? {} : { mirrors: mirrors.map((mirror) => ({ ...mirror, match: mirror.match.map(matchOf) })) }),
    fallback: fallback === 'none' ? { kind: 'none' } : { kind: 'backend', backend: fallback },
  }
}

function matchOf({ method, path, ...lists }: SplitFile['routes'][number]['match'][number]): RequestMatch {
  return { ...(method === undefined ? {} : { method }), ...(path === undefined ? {} : { path }), ...lists }
}

function stickinessOf(file: NonNullable<SplitFile['stickiness']>, keyFile: (own: string | undefined) => { readonly keyFile?: string }): Stickiness {
  if (file.kind !== 'cookie') return file
  const { ttl, keyFile: own, ...rest } = file
  return { ...rest, ttlMs: ttl, ...keyFile(own) }
}

function keyFileOf(folder: string, file: string | undefined): { readonly keyFile?: string } {
  return file === undefined ? {} : { keyFile: resolve(folder, file) }
}

function faults(document: YamlDocument, findings: readonly Finding[]): Read {
  const placed = findings.toSorted((a, b) => a.offset - b.offset).map(({ offset, ...finding }) => ({ ...finding, ...document.position(offset) }))
  return { kind: 'faults', faults: placed }
}
