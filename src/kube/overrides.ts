import type { Fields, Kubeconfig } from './kubeconfig.ts'

/** What a command line says in place of the kubeconfig, as kubectl's flags of these names do. Paths are as the process sees them. */
export type Overrides = {
  readonly cluster?: string
  readonly user?: string
  readonly server?: string
  readonly token?: string
  readonly as?: string
  readonly asUid?: string
  readonly asGroups?: readonly string[]
  /** `key=value` each. */
  readonly asExtra?: readonly string[]
  readonly certificateAuthority?: string
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly isInsecure?: boolean
  readonly tlsServerName?: string
}

/** For a server that no kubeconfig tells of. */
export const bare: Kubeconfig = {
  from: 'the command line',
  cluster: { name: '', fields: {} },
  user: { name: '', fields: {} },
  context: { name: '', namespace: 'default' },
  tokenFile: undefined,
  exec: undefined,
  impersonation: {},
}

export function overridden(config: Kubeconfig, overrides: Overrides): Kubeconfig {
  const { cluster, user } = config
  const identity = identityFrom(overrides)
  return {
    ...config,
    cluster: { ...cluster, fields: clusterWith(cluster.fields, overrides) },
    user: { ...user, fields: userWith(user.fields, overrides) },
    // A token on the command line says who asks, whatever the kubeconfig has.
    ...(overrides.token !== undefined && { tokenFile: undefined, exec: undefined }),
    ...(identity !== undefined && { impersonation: identity }),
  }
}

function clusterWith(fields: Fields, { server, certificateAuthority, isInsecure, tlsServerName }: Overrides): Fields {
  const { 'certificate-authority': _, 'certificate-authority-data': __, ...withoutAuthority } = fields
  return {
    ...(certificateAuthority !== undefined || isInsecure ? withoutAuthority : fields),
    ...(server !== undefined && { server }),
    ...(certificateAuthority !== undefined && { 'certificate-authority': certificateAuthority }),
    ...(isInsecure !== undefined && { 'insecure-skip-tls-verify': isInsecure }),
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
  }
}

function userWith(fields: Fields, { token, clientCertificate, clientKey }: Overrides): Fields {
  const { 'auth-provider': provider, 'client-certificate-data': certificate, 'client-key-data': key, ...rest } = fields
  return {
    ...rest,
    ...(provider !== undefined && token === undefined && { 'auth-provider': provider }),
    ...(certificate !== undefined && clientCertificate === undefined && { 'client-certificate-data': certificate }),
    ...(key !== undefined && clientKey === undefined && { 'client-key-data': key }),
    ...(token !== undefined && { token }),
    ...(clientCertificate !== undefined && { 'client-certificate': clientCertificate }),
    ...(clientKey !== undefined && { 'client-key': clientKey }),
  }
}

function identityFrom({ as, asUid, asGroups = [], asExtra = [] }: Overrides): Kubeconfig['impersonation'] | undefined {
  if (as === undefined && asUid === undefined && asGroups.length === 0 && asExtra.length === 0) return undefined
  const extra = new Map<string, string[]>()
  for (const pair of asExtra) {
    const at = pair.indexOf('=')
    const name = `impersonate-extra-${encodeURIComponent(pair.slice(0, at).toLowerCase())}`
    extra.set(name, [...(extra.get(name) ?? []), pair.slice(at + 1)])
  }
  return {
    ...(as !== undefined && { 'impersonate-user': as }),
    ...(asUid !== undefined && { 'impersonate-uid': asUid }),
    ...(asGroups.length > 0 && { 'impersonate-group': asGroups }),
    ...Object.fromEntries(extra),
  }
}
