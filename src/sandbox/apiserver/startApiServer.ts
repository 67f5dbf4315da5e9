import { randomBytes } from 'node:crypto'
import type { Cluster } from '../cluster.ts'
import { type Authenticator, authenticate } from './auth/authenticate.ts'
import { refuseEscalation } from './auth/escalation.ts'
import { authorize } from './auth/rbac.ts'
import { reviewKinds } from './auth/reviewKinds.ts'
import { bootstrapAuth, reviewResources, tokenRequests } from './auth/serveAuth.ts'
import { issueToken, type TokenRequestSpec } from './auth/serviceAccountToken.ts'
import { tokenSigner } from './auth/token.ts'
import { masters } from './auth/user.ts'
import { bootstrapNamespaces, bootstrapPriorities, keepNamespaces } from './bootstrap.ts'
import { clusterOf } from './cluster.ts'
import { customResourceDefinition } from './crd/definitionKind.ts'
import { serveDefinitions } from './crd/serveDefinitions.ts'
import { answerFaults } from './faults/faultEndpoint.ts'
import { type Faults, openFaults } from './faults/faults.ts'
import { faultlessWatch } from './faults/watchFaults.ts'
import { fieldMachinery } from './fields.ts'
import type { SubresourceHandler, WatchLimits } from './http/apiRequest.ts'
import { bindings } from './http/bindings.ts'
import { evictions } from './http/evictions.ts'
import { listen } from './http/listener.ts'
import { unservedSubresources } from './http/unserved.ts'
import { identityIn, newIdentity } from './identity.ts'
import { builtinKinds } from './kinds/builtinKinds.ts'
import { type KindRegistry, kindRegistry } from './registry.ts'
import type { Admission, Machinery } from './requests/machinery.ts'
import type { VirtualResource } from './requests/virtualResource.ts'
import { serverDocuments } from './serverDocuments.ts'
import { type FolderJournal, openJournal } from './storage/journal.ts'
import { openStore } from './storage/store.ts'
import { serverVersion } from './version.ts'

export type ApiServerOptions = {
  /** 0: any that is free. */
  readonly port?: number
  /** Where the cluster outlives the process; absent: nowhere. */
  readonly dataFolder?: string
  /** A random one if absent, or the data folder's. */
  readonly adminToken?: string
  readonly history?: { readonly maxEvents: number; readonly maxAgeMs: number }
  readonly watches?: Partial<WatchLimits>
  /** From which the probabilities of faults are drawn; a random one if absent. */
  readonly faultSeed?: number
  /** A snapshot is made when the log has grown by so much. */
  readonly snapshotBytes?: number
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
  /** What goes wrong on purpose, for clients; not for `cluster`. */
  readonly faults: Faults
  /** Forgets writes up to a revision, as the real server does by and by: older watches and pages get 410. The newest if absent. */
  compact(revision?: number): void
  /** A token of a ServiceAccount, as its `token` subresource gives it. Throws ApiError. */
  mintToken(account: { readonly namespace: string; readonly name: string }, spec: TokenRequestSpec): string
  /** Answers a subresource from now on: `pods/log`. */
  serve(subresource: string, handler: SubresourceHandler): void
  /** Answers creations of a kind that is never kept. */
  serveVirtual(resource: string, answer: VirtualResource): void
  stop(): Promise<void>
}

const defaultHistory = { maxEvents: 10_000, maxAgeMs: 10 * 60_000 }
const defaultWatches: WatchLimits = { bookmarkMs: 60_000, durationMs: 1_800_000, maxWaiting: 10_000 }
const defaultSnapshotBytes = 16 * 1024 * 1024
const stopMs = 2_000

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { nowMs = Date.now, random = randomBytes, onError = reportError, dataFolder, adminToken: token } = options
  const store = openStore({ history: options.history ?? defaultHistory, nowMs, onListenerError: (error) => onError('a follower', error) })
  const snapshotBytes = options.snapshotBytes ?? defaultSnapshotBytes
  const journal = dataFolder === undefined ? undefined : openJournal(store, { folder: dataFolder, snapshotBytes, onError })
  try {
    const identity = dataFolder === undefined ? newIdentity(nowMs(), token) : identityIn(dataFolder, nowMs(), token)
    const kinds = kindRegistry([...builtinKinds, customResourceDefinition, ...reviewKinds])
    const admissions = [...(options.admissions ?? [])]
    const machinery: Machinery = { store, kinds, fields: fieldMachinery(kinds), nowMs, random, admissions }
    const cluster = clusterOf(machinery, 'kube-apiserver')
    admissions.push(keepNamespaces, refuseEscalation(cluster))
    const { adminToken, certificate } = identity
    const admin = { token: adminToken, user: { username: 'admin', groups: [masters] } }
    const authenticator: Authenticator = { tokens: [admin], signer: tokenSigner(identity.signingKeyPem), cluster }
    const virtual = new Map<string, VirtualResource>(reviewResources(authenticator, { nowMs }))
    const subresources = new Map<string, SubresourceHandler>([['serviceaccounts/token', tokenRequests(authenticator, { nowMs })]])
    for (const [name, handler] of unservedSubresources(machinery)) subresources.set(name, handler)
    subresources.set('pods/binding', bindings(machinery))
    subresources.set('pods/eviction', evictions(cluster, nowMs))
    const documents = serverDocuments(kinds, () => ['namespaces/finalize', ...subresources.keys()])
    const faults = openFaults(options.faultSeed ?? randomBytes(4).readUInt32LE())
    bootstrapNamespaces(cluster)
    bootstrapPriorities(cluster)
    bootstrapAuth(cluster)
    const stopDefinitions = serveDefinitions({ cluster, kinds, nowMs, onError })
    const watches = { ...defaultWatches, ...options.watches }
    const listener = await listen({
      api: {
        gate: {
          authenticate: (headers) => authenticate(headers, authenticator, nowMs()),
          authorize: (user, attributes) => authorize(user, attributes, cluster),
        },
        resources: { machinery, subresources, virtual, watches, watchFaults: faultlessWatch },
        faults,
        documents: (request) => answerFaults(request, faults) ?? documents.answer(request),
        version: serverVersion,
        isWritable: () => journal?.isWritable() ?? true,
      },
      certificate,
      port: options.port ?? 0,
      settled: async () => journal?.settled(),
      onError,
    })
    documents.locate(`127.0.0.1:${listener.port}`)
    return {
      url: `https://127.0.0.1:${listener.port}`,
      port: listener.port,
      caPem: certificate.certPem,
      adminToken,
      cluster,
      kinds,
      faults,
      compact: (revision = store.revision()) => store.compact(revision),
      mintToken: (account, spec) => issueToken(spec, account, { ...authenticator, nowMs: nowMs() }),
      serve(subresource, handler) {
        subresources.set(subresource, handler)
        documents.forget()
      },
      serveVirtual: (resource, answer) => void virtual.set(resource, answer),
      stop() {
        stopDefinitions()
        return stopAll(listener.stop(stopMs), journal)
      },
    }
  } catch (error) {
    await journal?.close()
    throw error
  }
}

async function stopAll(stopped: Promise<void>, journal: FolderJournal | undefined): Promise<void> {
  await stopped
  await journal?.close()
}

function reportError(what: string, error: unknown): void {
  console.error(`spillway sandbox: ${what}:`, error)
}
