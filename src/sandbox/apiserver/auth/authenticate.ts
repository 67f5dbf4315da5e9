import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiError } from '../apiError.ts'
import { type Attributes, forbidden } from './attributes.ts'
import { authorize, type Roles } from './rbac.ts'
import { type Claims, issuer, type TokenSigner } from './token.ts'
import { anonymous, authenticated, serviceAccountUser, type User } from './user.ts'

export type Authenticator = {
  /** Tokens that are given at the start: the administrator's. */
  readonly tokens: readonly { readonly token: string; readonly user: User }[]
  readonly signer: TokenSigner
  /** Where accounts, pods and roles are read: a token ends with what it is bound to. */
  readonly cluster: Roles
}

/** What of a request's head tells who asks. Names in lower case, as node:http gives them. */
export type IdentityHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export type Authentication = { readonly user: User /** The audiences that the token was asked for and has. */; readonly audiences: readonly string[] }

/** Who asks, after impersonation; throws 401 for a token that is not valid, and 403 for a user who may not be somebody else. */
export function authenticate(headers: IdentityHeaders, authenticator: Authenticator, nowMs: number): User {
  const user = bearerOf(headers, authenticator, nowMs)
  return impersonated(user, headers, authenticator.cluster)
}

function bearerOf({ authorization }: IdentityHeaders, authenticator: Authenticator, nowMs: number): User {
  if (authorization === undefined || authorization === '') return anonymous
  const token = /^bearer +(\S+) *$/i.exec(String(authorization))?.[1]
  const found = token === undefined ? 'invalid bearer token' : authenticateToken(token, [issuer], authenticator, nowMs)
  if (typeof found === 'string') throw new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
  return found.user
}

/** Whose token it is; or why it is nobody's, for a TokenReview's `status.error`. */
export function authenticateToken(
  token: string,
  audiences: readonly string[],
  { tokens, signer, cluster }: Authenticator,
  nowMs: number,
): Authentication | string {
  const given = tokens.find((each) => same(each.token, token))
  if (given !== undefined) return { user: withAuthenticated(given.user), audiences }
  const claims = signer.read(token)
  if (claims === undefined) return 'invalid bearer token'
  const wrong = wrongIn(claims, audiences, cluster, nowMs)
  if (wrong !== undefined) return `[invalid bearer token, ${wrong}]`
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra = {
    'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
    ...(node && { 'authentication.kubernetes.io/node-name': [node.name], 'authentication.kubernetes.io/node-uid': [node.uid] }),
    ...(pod && { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }),
  }
  const user = { ...serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid), extra }
  return { user, audiences: claims.aud.filter((each) => audiences.includes(each)) }
}

function wrongIn(claims: Claims, audiences: readonly string[], cluster: Roles, nowMs: number): string | undefined {
  const seconds = nowMs / 1_000
  if (claims.exp < seconds) return 'service account token has expired'
  if (claims.nbf > seconds) return 'service account token is not valid yet'
  if (!claims.aud.some((each) => audiences.includes(each)))
    return `token audiences ${quoted(claims.aud)} is invalid for the target audiences ${quoted(audiences)}`
  const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io']
  const isThere = (resource: string, { name, uid }: { name: string; uid: string }): boolean =>
    cluster.find(resource, { namespace, name })?.metadata.uid === uid
  if (!isThere('serviceaccounts', serviceaccount)) return `serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`
  if (pod !== undefined && !isThere('pods', pod)) return 'service account token has been invalidated'
  if (secret !== undefined && !isThere('secrets', secret)) return 'service account token has been invalidated'
  return undefined
}

function quoted(list: readonly string[]): string {
  return `[${list.map((each) => JSON.stringify(each)).join(' ')}]`
}

/** In constant time, whatever the lengths. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function withAuthenticated(user: User): User {
  return user.groups.includes(authenticated) ? user : { ...user, groups: [...user.groups, authenticated] }
}

/** `Impersonate-User`, `-Group` and `-Uid`, each of which the one who asks must have the right to. */
function impersonated(asking: User, headers: IdentityHeaders, roles: Roles): User {
  const username = first(headers['impersonate-user'])
  const groups = all(headers['impersonate-group'])
  const uid = first(headers['impersonate-uid'])
  if (username === undefined) {
    if (groups.length === 0 && uid === undefined) return asking
    throw new ApiError({ code: 500, reason: 'InternalError', message: 'Internal error occurred: groups or a uid without impersonating a user' })
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username)
  const wanted: Attributes[] = [
    account ? impersonating('serviceaccounts', account[2] ?? '', { namespace: account[1] ?? '' }) : impersonating('users', username),
    ...groups.map((group) => impersonating('groups', group)),
    ...(uid === undefined ? [] : [impersonating('uids', uid, { group: 'authentication.k8s.io' })]),
  ]
  for (const attributes of wanted) {
    const verdict = authorize(asking, attributes, roles)
    if (!verdict.allowed) throw forbidden(asking, attributes, verdict.reason)
  }
  const implied = account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : []
  const joined = groups.length === 0 ? implied : groups
  return withAuthenticated({ username, groups: joined, ...(uid !== undefined && { uid }) })
}

function impersonating(resource: string, name: string, at: { readonly namespace?: string; readonly group?: string } = {}): Attributes {
  return { kind: 'resource', verb: 'impersonate', group: at.group ?? '', resource, subresource: '', namespace: at.namespace ?? '', name }
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return all(value)[0]
}

/** node:http joins a field that came several times by commas. */
function all(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? value.split(/, */) : value
}
