import t from 'tap'
import type { ApiError } from '../../../../src/sandbox/apiserver/apiError.ts'
import { authenticate } from '../../../../src/sandbox/apiserver/auth/authenticate.ts'
import { reviews } from '../../../../src/sandbox/apiserver/auth/reviews.ts'
import { requestToken, type TokenRequestSpec } from '../../../../src/sandbox/apiserver/auth/serviceAccountToken.ts'
import { newSigningKey, tokenSigner } from '../../../../src/sandbox/apiserver/auth/token.ts'
import type { User } from '../../../../src/sandbox/apiserver/auth/user.ts'
import type { Unstructured } from '../../../../src/sandbox/unstructured.ts'
import { clusterOf } from './roles.ts'

const nowMs = Date.UTC(2026, 5, 1)
const nobody: User = { username: 'nobody', groups: ['system:authenticated'] }
const signer = tokenSigner(newSigningKey())
const account = { kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'shop', uid: 'sa-1' } }
const pod = { kind: 'Pod', metadata: { name: 'p', namespace: 'shop', uid: 'pod-1' } }
const cluster = clusterOf(account, pod)
const authenticator = { tokens: [{ token: 'sesame', user: { username: 'admin', groups: ['system:masters'] } }], signer, cluster }

function ask(spec: TokenRequestSpec, on = cluster): { token: string; answer: Unstructured } {
  const request: Unstructured = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '' }, spec }
  const answer = requestToken(request, { namespace: 'shop', name: 'robot' }, { signer, cluster: on, nowMs })
  return { token: (answer['status'] as { token: string }).token, answer }
}

function whoIs(token: string, at = nowMs, on = cluster): string {
  try {
    return authenticate({ authorization: `Bearer ${token}` }, { ...authenticator, cluster: on }, at).username
  } catch (error) {
    return String((error as ApiError).code)
  }
}

t.test('whom a token means', (t) => {
  const { token } = ask({})
  const bound = ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }).token
  const robot = 'system:serviceaccount:shop:robot'
  t.equal(whoIs('sesame'), 'admin')
  t.equal(whoIs('sesam'), '401')
  t.equal(whoIs(token), robot)
  t.equal(whoIs(`${token}x`), '401', 'another signature')
  t.equal(whoIs(token.split('.').slice(0, 2).join('.')), '401', 'no signature')
  t.equal(whoIs(tokenSigner(newSigningKey()).sign({ ...claimsOf(token) })), '401', 'another key')
  t.equal(whoIs(token, nowMs + 3_601_000), '401', 'an hour later')
  t.equal(whoIs(token, nowMs - 2_000), '401', 'before its time')
  t.equal(whoIs(ask({ audiences: ['spillway-edge'] }).token), '401', 'for another audience')
  t.equal(whoIs(token, nowMs, clusterOf()), '401', 'its account was deleted')
  t.equal(whoIs(token, nowMs, clusterOf({ ...account, metadata: { ...account.metadata, uid: 'sa-2' } })), '401', 'its account was made anew')
  t.equal(whoIs(bound), robot)
  t.equal(whoIs(bound, nowMs, clusterOf(account)), '401', 'its pod is gone')
  t.equal(authenticate({}, authenticator, nowMs).username, 'system:anonymous')
  t.throws(() => authenticate({ authorization: 'Basic YTpi' }, authenticator, nowMs), { code: 401 })
  t.end()
})

function claimsOf(token: string): NonNullable<ReturnType<typeof signer.read>> {
  const claims = signer.read(token)
  if (claims === undefined) throw new Error('the token cannot be read')
  return claims
}

t.test('what may be asked of a TokenRequest', (t) => {
  t.match(ask({ expirationSeconds: 700 }).answer, {
    metadata: { name: 'robot', namespace: 'shop', uid: 'sa-1' },
    spec: { audiences: ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: 700 },
    status: { expirationTimestamp: '2026-06-01T00:11:40Z' },
  })
  t.throws(() => ask({ expirationSeconds: 5 }), { code: 422, message: /Invalid value: 5: may not specify a duration less than 10 minutes/ })
  t.throws(() => ask({ boundObjectRef: { kind: 'Pod', name: 'nope' } }), { code: 404, message: 'pods "nope" not found' })
  t.throws(() => ask({ boundObjectRef: { kind: 'Pod', name: 'p', uid: 'other' } }), { code: 409 })
  t.throws(() => ask({ boundObjectRef: { kind: 'Deployment', apiVersion: 'apps/v1', name: 'p' } }), {
    code: 400,
    message: 'cannot bind token to object of type apps/v1, Kind=Deployment',
  })
  t.throws(() => ask({}, clusterOf()), { code: 404, message: 'serviceaccounts "robot" not found' })
  t.end()
})

t.test('TokenReview', (t) => {
  const review = (spec: object): Unstructured => reviewOf('TokenReview', 'authentication.k8s.io/v1', spec)
  const { token } = ask({ audiences: ['spillway-edge', 'other'] })
  t.match(review({ token, audiences: ['spillway-edge'] })['status'], {
    authenticated: true,
    user: {
      username: 'system:serviceaccount:shop:robot',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    },
    audiences: ['spillway-edge'],
  })
  t.same(review({ token })['status'], {
    user: {},
    error:
      '[invalid bearer token, token audiences ["spillway-edge" "other"] is invalid for the target audiences ["https://kubernetes.default.svc.cluster.local"]]',
  })
  t.same(review({ token: 'x' })['status'], { user: {}, error: 'invalid bearer token' })
  t.throws(() => review({}), { code: 400, message: 'token is required for TokenReview in authentication' })
  t.end()
})

function reviewOf(kind: string, apiVersion: string, spec: object, user = nobody, namespace = ''): Unstructured {
  const answer = reviews[kind]?.({ apiVersion, kind, metadata: { name: '' }, spec }, { user, authenticator, nowMs, namespace })
  if (answer === undefined) throw new Error(`no answer to ${kind}`)
  return answer
}

t.test('reviews of access', (t) => {
  const access = (kind: string, spec: object, user = nobody, namespace = ''): unknown =>
    reviewOf(kind, 'authorization.k8s.io/v1', spec, user, namespace)['status']
  const pods = { verb: 'list', resource: 'pods', namespace: 'shop' }
  t.same(access('SubjectAccessReview', { user: 'bob', resourceAttributes: pods }), { allowed: false })
  t.same(access('SubjectAccessReview', { user: 'bob', groups: ['system:masters'], resourceAttributes: pods }), { allowed: true })
  t.match(access('SelfSubjectAccessReview', { nonResourceAttributes: { verb: 'get', path: '/healthz' } }), {
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
  })
  t.throws(() => access('SubjectAccessReview', { user: 'bob' }), { code: 422, message: /exactly one of nonResourceAttributes or resourceAttributes/ })
  t.throws(() => access('SubjectAccessReview', { resourceAttributes: pods }), { code: 422, message: /at least one of user or group/ })
  t.throws(() => access('LocalSubjectAccessReview', { user: 'bob', resourceAttributes: pods }, nobody, 'other'), { code: 422 })
  t.match(reviewOf('SelfSubjectReview', 'authentication.k8s.io/v1', {})['status'], { userInfo: { username: 'nobody' } })
  t.match(access('SelfSubjectRulesReview', { namespace: 'shop' }), {
    incomplete: false,
    resourceRules: [
      { verbs: ['create'], apiGroups: ['authorization.k8s.io'] },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'] },
    ],
  })
  t.end()
})

t.test('impersonation', (t) => {
  const as = (token: string, headers: object): User => authenticate({ authorization: `Bearer ${token}`, ...headers }, authenticator, nowMs)
  t.same(as('sesame', { 'impersonate-user': 'bob' }), { username: 'bob', groups: ['system:authenticated'] })
  t.same(as('sesame', { 'impersonate-user': 'bob', 'impersonate-group': 'a, b' }).groups, ['a', 'b', 'system:authenticated'])
  t.same(as('sesame', { 'impersonate-user': 'system:serviceaccount:shop:robot' }).groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:shop',
    'system:authenticated',
  ])
  t.throws(() => as(ask({}).token, { 'impersonate-user': 'bob' }), {
    code: 403,
    message:
      'users "bob" is forbidden: User "system:serviceaccount:shop:robot" cannot impersonate resource "users" in API group "" at the cluster scope',
  })
  t.throws(() => as('sesame', { 'impersonate-group': 'a' }), { code: 500 })
  t.end()
})
