import { randomBytes } from 'node:crypto'
import type { Cluster } from '../cluster.ts'
import { type Authenticator, authenticate } from './auth/authenticate.ts'
import { issueCertificate } from './auth/certificate.ts'
import { refuseEscalation } from './auth/escalation.ts'
import { authorize } from './auth/rbac.ts'
import { reviewKinds } from './auth/reviewKinds.ts'
import { bootstrapAuth, reviewResources, tokenRequests } from './auth/serveAuth.ts'
import { newSigningKey, tokenSigner } from './auth/token.ts'
import { masters } from './auth/user.ts'
import { clusterOf } from './cluster.ts'
import { fieldMachinery } from './fields.ts'
import type { SubresourceHandler } from './http/apiRequest.ts'
import { answerDiscovery } from './http/discovery.ts'
import { type Listener, listen } from './http/listener.ts'
import { builtinKinds } from './kinds/builtinKinds.ts'
import { type KindRegistry, kindRegistry } from './registry.ts'
import type { Admission, Machinery } from './requests/machinery.ts'
import type { VirtualResource } from './requests/virtualResource.ts'
import { openStore } from './storage/store.ts'

export type ApiServerOptions = {
  /** 0: any that is free. */
  readonly port?: number
  /** A random one if absent. */
  readonly adminToken?: string
  readonly history?: { readonly maxEvents: number; readonly maxAgeMs: number }
  readonly bookmarkMs?: number
  readonly admissions?: readonly Admission[]
  readonly nowMs?: () => number
  readonly random?: (bytes: number) => Uint8Array
  readonly onError?: (what: string, error: unknown) => void
}

export type ApiServer = {
  /** `https://127.0.0.1:6443` */
  readonly url: string
  readonly port: number
  readonly caPem: string
  readonly adminToken: string
  readonly cluster: Cluster
  readonly kinds: KindRegistry
  /** Forgets writes up to a revision, as the real server does by and by: older watches and pages get 410. The newest if absent. */
  compact(revision?: number): void
  /** Answers a subresource from now on: `pods/log`. */
  serve(subresource: string, handler: SubresourceHandler): void
  /** Answers creations of a kind that is never kept. */
  serveVirtual(resource: string, answer: VirtualResource): void
  stop(): Promise<void>
}

const defaultHistory = { maxEvents: 10_000, maxAgeMs: 10 * 60_000 }
const stopMs = 2_000

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { nowMs = Date.now, random = randomBytes, onError = reportError } = options
  const store = openStore({ history: options.history ?? defaultHistory, nowMs, onListenerError: (error) => onError('a follower', error) })
  const kinds = kindRegistry([...builtinKinds, ...reviewKinds])
  const admissions = [...(options.admissions ?? [])]
  const machinery: Machinery = { store, kinds, fields: fieldMachinery(kinds), nowMs, random, admissions }
  const cluster = clusterOf(machinery, 'kube-apiserver')
  admissions.push(refuseEscalation(cluster))
  const adminToken = options.adminToken ?? randomBytes(24).toString('base64url')
  const authenticator: Authenticator = {
    tokens: [{ token: adminToken, user: { username: 'admin', groups: [masters] } }],
    signer: tokenSigner(newSigningKey()),
    cluster,
  }
  const subresources = new Map<string, SubresourceHandler>([['serviceaccounts/token', tokenRequests(authenticator, { nowMs })]])
  const virtual = new Map<string, VirtualResource>(reviewResources(authenticator, { nowMs }))
  const certificate = await issueCertificate(new Date(nowMs()))
  bootstrapNamespaces(cluster)
  bootstrapAuth(cluster)
  const listener: Listener = await listen({
    api: {
      gate: {
        authenticate: (headers) => authenticate(headers, authenticator, nowMs()),
        authorize: (user, attributes) => authorize(user, attributes, cluster),
      },
      resources: {
        machinery,
        subresources,
        virtual,
        watches: { bookmarkMs: options.bookmarkMs ?? 60_000, durationMs: 1_800_000, maxWaiting: 10_000 },
      },
      documents: ({ path }) => answerDiscovery(path, kinds),
      version: {
        major: '1',
        minor: '34',
        gitVersion: 'v1.34.4',
        gitCommit: '',
        gitTreeState: '',
        buildDate: '1970-01-01T00:00:00Z',
        goVersion: '',
        compiler: '',
        platform: `${process.platform}/${process.arch}`,
      },
      isWritable: () => true,
    },
    certificate,
    port: options.port ?? 0,
    settled: async () => undefined,
    onError,
  })
  return {
    url: `https://127.0.0.1:${listener.port}`,
    port: listener.port,
    caPem: certificate.certPem,
    adminToken,
    cluster,
    kinds,
    compact: (revision = store.revision()) => store.compact(revision),
    serve: (subresource, handler) => void subresources.set(subresource, handler),
    serveVirtual: (resource, answer) => void virtual.set(resource, answer),
    stop: () => listener.stop(stopMs),
  }
}

function bootstrapNamespaces(cluster: Cluster): void {
  for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'default']) {
    if (cluster.find('namespaces', { name }) === undefined) cluster.create('namespaces', { metadata: { name } })
  }
}

function reportError(what: string, error: unknown): void {
  console.error(`spillway sandbox: ${what}:`, error)
}
