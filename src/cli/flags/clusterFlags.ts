/** The flags by which kubectl and its plugins are told of a cluster. */
import type { Command, Option } from 'commander'
import { parseDuration } from '../../api/duration.ts'
import type { ConnectionSource } from '../../kube/connection.ts'
import type { Flags } from '../verb.ts'

type ClusterFlag = {
  readonly flags: string
  readonly description: string
  /** Accepted as kubectl does, and not worth a line of each verb's help. */
  readonly isHidden?: boolean
  readonly isList?: boolean
}

export const clusterFlags: readonly ClusterFlag[] = [
  { flags: '-n, --namespace <name>', description: "the namespace (default: the context's)" },
  { flags: '--context <name>', description: 'the context of the kubeconfig' },
  { flags: '--kubeconfig <file>', description: 'the kubeconfig (default: $KUBECONFIG, ~/.kube/config)' },
  { flags: '--request-timeout <time>', description: 'how long a request may take, such as 10s; 0: as long as it takes' },
  { flags: '--as <user>', description: 'whom to act as; also --as-group, --as-uid' },
  { flags: '--as-group <group>', description: 'a group to act as; may be given often', isHidden: true, isList: true },
  { flags: '--as-uid <uid>', description: 'the UID to act as', isHidden: true },
  { flags: '--as-user-extra <key=value>', description: 'what else to act as; may be given often', isHidden: true, isList: true },
  { flags: '--cluster <name>', description: 'the cluster of the kubeconfig', isHidden: true },
  { flags: '--user <name>', description: 'the user of the kubeconfig', isHidden: true },
  { flags: '-s, --server <url>', description: 'where the API server is', isHidden: true },
  { flags: '--token <token>', description: 'a bearer token: better in a kubeconfig, where nobody else sees it', isHidden: true },
  { flags: '--certificate-authority <file>', description: "who signs the server's certificate", isHidden: true },
  { flags: '--client-certificate <file>', description: 'the certificate to show', isHidden: true },
  { flags: '--client-key <file>', description: 'its key', isHidden: true },
  { flags: '--tls-server-name <name>', description: 'the name that the certificate must have', isHidden: true },
  { flags: '--insecure-skip-tls-verify', description: 'accept any certificate', isHidden: true },
  // Of kubectl's plugins, and without effect here.
  { flags: '--cache-dir <folder>', description: 'not used', isHidden: true },
  { flags: '--disable-compression', description: 'not used', isHidden: true },
  { flags: '-v, --kloglevel <level>', description: 'not used', isHidden: true },
  { flags: '--loglevel <level>', description: 'not used', isHidden: true },
]

export function addClusterFlags(command: Command, { isHidden }: { readonly isHidden: boolean }): Command {
  for (const flag of clusterFlags) {
    const option: Option = command.createOption(flag.flags, flag.description).helpGroup('Which cluster, as for kubectl:')
    if (isHidden || flag.isHidden) option.hideHelp()
    if (flag.isList) option.argParser((value: string, before: readonly string[] = []) => [...before, value])
    command.addOption(option)
  }
  return command
}

export type ClusterChoice = {
  readonly source: ConnectionSource
  /** Absent: the context's. */
  readonly namespace: string | undefined
  /** Undefined: as usual; 0: without end. */
  readonly requestTimeoutMs: number | undefined
  readonly hasToken: boolean
}

/** Throws an Error that names the flag and its fix. */
export function clusterChoice(flags: Flags): ClusterChoice {
  const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined)
  const list = (name: string): readonly string[] => (Array.isArray(flags[name]) ? (flags[name] as readonly string[]) : [])
  const given = <K extends string>(key: K, name: string): { readonly [P in K]?: string } => {
    const value = text(name)
    return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string }
  }
  const overrides = {
    ...given('cluster', 'cluster'),
    ...given('user', 'user'),
    ...given('server', 'server'),
    ...given('token', 'token'),
    ...given('as', 'as'),
    ...given('asUid', 'asUid'),
    ...given('certificateAuthority', 'certificateAuthority'),
    ...given('clientCertificate', 'clientCertificate'),
    ...given('clientKey', 'clientKey'),
    ...given('tlsServerName', 'tlsServerName'),
    asGroups: list('asGroup'),
    asExtra: list('asUserExtra'),
    ...(flags['insecureSkipTlsVerify'] === true && { isInsecure: true }),
  }
  const path = text('kubeconfig')
  const rest = { ...given('context', 'context'), overrides }
  return {
    source: path === undefined || path === '' ? { kind: 'default', ...rest } : { kind: 'file', path, ...rest },
    namespace: text('namespace') || undefined,
    requestTimeoutMs: requestTimeout(text('requestTimeout')),
    hasToken: text('token') !== undefined,
  }
}

function requestTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const parsed = /^\d+$/.test(text) ? ({ ok: true, ms: Number(text) * 1_000 } as const) : parseDuration(text)
  if (!parsed.ok || parsed.ms < 0) throw new Error(`--request-timeout is ${JSON.stringify(text)}; give a time such as 10s, or 0 for none`)
  return parsed.ms
}
