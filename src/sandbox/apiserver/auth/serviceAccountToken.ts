import { randomUUID } from 'node:crypto'
import type { Unstructured } from '../../unstructured.ts'
import { type About, badRequest, conflict, type FieldError, invalid, notFound } from '../apiError.ts'
import type { Roles } from './rbac.ts'
import { issuer, type Named, type TokenSigner } from './token.ts'

/** `spec` of a TokenRequest. */
export type TokenRequestSpec = {
  readonly audiences?: readonly string[]
  /** From 600 to 2^32; 3,600 if absent. */
  readonly expirationSeconds?: number
  readonly boundObjectRef?: { readonly kind?: string; readonly apiVersion?: string; readonly name?: string; readonly uid?: string } | null
}

const minSeconds = 600
const defaultSeconds = 3_600
const boundKinds: Readonly<Record<string, { readonly resource: string; readonly claim: 'pod' | 'secret' | 'node' }>> = {
  Pod: { resource: 'pods', claim: 'pod' },
  Secret: { resource: 'secrets', claim: 'secret' },
  Node: { resource: 'nodes', claim: 'node' },
}

/** Answers `POST …/serviceaccounts/NAME/token`: the request with its status. Throws ApiError. */
export function requestToken(
  request: Unstructured,
  account: { readonly namespace: string; readonly name: string },
  { signer, cluster, nowMs }: { readonly signer: TokenSigner; readonly cluster: Roles; readonly nowMs: number },
): Unstructured {
  const found = cluster.find('serviceaccounts', account)
  if (found === undefined) throw notFound({ group: '', plural: 'serviceaccounts', kind: 'ServiceAccount', name: account.name })
  const asked = (request['spec'] ?? {}) as TokenRequestSpec
  const seconds = asked.expirationSeconds ?? defaultSeconds
  const errors = mistakes(seconds)
  if (errors.length > 0) throw invalid(aboutRequest, errors)
  const audiences = asked.audiences?.length ? asked.audiences : [issuer]
  const nowSeconds = Math.floor(nowMs / 1_000)
  const token = signer.sign({
    aud: audiences,
    exp: nowSeconds + seconds,
    iat: nowSeconds,
    iss: issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace: account.namespace,
      serviceaccount: { name: account.name, uid: found.metadata.uid ?? '' },
      ...boundTo(asked.boundObjectRef ?? undefined, account.namespace, cluster),
    },
    nbf: nowSeconds,
    sub: `system:serviceaccount:${account.namespace}:${account.name}`,
  })
  const { uid } = found.metadata
  return {
    ...request,
    metadata: { ...request.metadata, ...account, ...(uid && { uid }), creationTimestamp: rfc3339(nowSeconds) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: asked.boundObjectRef ?? null },
    status: { token, expirationTimestamp: rfc3339(nowSeconds + seconds) },
  }
}

/** The token alone, of such a request. Throws ApiError. */
export function issueToken(spec: TokenRequestSpec, account: Parameters<typeof requestToken>[1], issuing: Parameters<typeof requestToken>[2]): string {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '' }, spec }
  return (requestToken(request, account, issuing)['status'] as { readonly token: string }).token
}

const aboutRequest: About = { group: 'authentication.k8s.io', plural: 'tokenrequests', kind: 'TokenRequest', name: '' }

function mistakes(seconds: number): readonly FieldError[] {
  const errors: FieldError[] = []
  const complain = (message: string): void => {
    errors.push({ field: 'spec.expirationSeconds', reason: 'FieldValueInvalid', message: `Invalid value: ${seconds}: ${message}` })
  }
  if (seconds < minSeconds) complain('may not specify a duration less than 10 minutes')
  if (seconds > 2 ** 32) complain('may not specify a duration larger than 2^32 seconds')
  return errors
}

function boundTo(
  reference: NonNullable<TokenRequestSpec['boundObjectRef']> | undefined,
  namespace: string,
  cluster: Roles,
): Partial<Record<'pod' | 'secret' | 'node', Named>> {
  const kind = reference?.kind ?? ''
  const bound = Object.hasOwn(boundKinds, kind) ? boundKinds[kind] : undefined
  if (reference && bound === undefined) {
    const { apiVersion = '' } = reference
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }
  if (reference === undefined || bound === undefined) return {}
  const { resource, claim } = bound
  const about = { group: '', plural: resource, kind: reference.kind ?? '', name: reference.name ?? '' }
  const found = cluster.find(resource, { ...(claim !== 'node' && { namespace }), name: about.name })
  if (found === undefined) throw notFound(about)
  const uid = found.metadata.uid ?? ''
  if (reference.uid !== undefined && reference.uid !== '' && reference.uid !== uid)
    throw conflict(
      about,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  return { [claim]: { name: about.name, uid } }
}

function rfc3339(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}
