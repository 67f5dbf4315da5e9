import t from 'tap'
import { type Attributes, forbidden } from '../../../../src/sandbox/apiserver/auth/attributes.ts'
import { authorize, notHeld } from '../../../../src/sandbox/apiserver/auth/rbac.ts'
import { anonymous, serviceAccountUser, type User } from '../../../../src/sandbox/apiserver/auth/user.ts'
import { clusterOf } from './roles.ts'

const bob: User = { username: 'bob', groups: ['qa', 'system:authenticated'] }
const robot = serviceAccountUser('shop', 'robot', 'u-1')

const cluster = clusterOf(
  role('Role', 'reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }], 'shop'),
  role('ClusterRole', 'scaler', [{ verbs: ['update'], apiGroups: ['*'], resources: ['*/scale'] }]),
  role('ClusterRole', 'one-map', [{ verbs: ['*'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['settings'] }]),
  role('ClusterRole', 'metrics', [{ verbs: ['get'], nonResourceURLs: ['/metrics', '/debug/*'] }]),
  bound('RoleBinding', 'r', { kind: 'Role', name: 'reader' }, [{ kind: 'User', name: 'bob' }], 'shop'),
  bound('RoleBinding', 'o', { kind: 'ClusterRole', name: 'one-map' }, [{ kind: 'Group', name: 'qa' }], 'shop'),
  bound('RoleBinding', 'e', { kind: 'ClusterRole', name: 'edit' }, [{ kind: 'ServiceAccount', name: 'robot' }], 'shop'),
  bound('RoleBinding', 'gone', { kind: 'Role', name: 'nothing' }, [{ kind: 'User', name: 'bob' }], 'lost'),
  bound('ClusterRoleBinding', 's', { kind: 'ClusterRole', name: 'scaler' }, [{ kind: 'User', name: 'bob' }]),
  bound('ClusterRoleBinding', 'm', { kind: 'ClusterRole', name: 'metrics' }, [{ kind: 'User', name: 'bob' }]),
)

function role(kind: string, name: string, rules: readonly object[], namespace?: string): object {
  return { kind, metadata: { name, ...(namespace && { namespace }) }, rules }
}

function bound(kind: string, name: string, roleRef: object, subjects: readonly object[], namespace?: string): object {
  return { kind, metadata: { name, ...(namespace && { namespace }) }, roleRef, subjects }
}

/** `verb group/resource/subresource namespace/name` or `verb /path`; a `-` stands for nothing. */
function wish(text: string): Attributes {
  const [verb = '', what = '', where = '-/-'] = text.split(' ')
  if (what.startsWith('/')) return { kind: 'path', verb, path: what }
  const [group, resource, subresource] = what.split('/').map((each) => (each === '-' ? '' : each))
  const [namespace, name] = where.split('/').map((each) => (each === '-' ? '' : each))
  return {
    kind: 'resource',
    verb,
    group: group ?? '',
    resource: resource ?? '',
    subresource: subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
  }
}

const rows: readonly { readonly user: User; readonly wish: string; readonly allowed: boolean; readonly reason?: string }[] = [
  { user: { username: 'root', groups: ['system:masters'] }, wish: 'delete -/nodes -/n1', allowed: true, reason: '' },
  { user: bob, wish: 'list -/pods shop/-', allowed: true, reason: 'RBAC: allowed by RoleBinding "r/shop" of Role "reader" to User "bob"' },
  { user: bob, wish: 'get -/pods/log shop/p', allowed: true },
  { user: bob, wish: 'list -/pods -/-', allowed: false, reason: '' },
  { user: bob, wish: 'list -/pods other/-', allowed: false },
  { user: bob, wish: 'delete -/pods shop/p', allowed: false },
  { user: bob, wish: 'get -/pods/exec shop/p', allowed: false },
  { user: bob, wish: 'list apps/pods shop/-', allowed: false },
  {
    user: bob,
    wish: 'update apps/deployments/scale any/d',
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "s" of ClusterRole "scaler" to User "bob"',
  },
  { user: bob, wish: 'update apps/deployments any/d', allowed: false },
  { user: bob, wish: 'patch -/configmaps shop/settings', allowed: true },
  { user: bob, wish: 'patch -/configmaps shop/secrets', allowed: false },
  { user: bob, wish: 'list -/configmaps shop/-', allowed: false },
  { user: bob, wish: 'get -/pods lost/p', allowed: false, reason: 'RBAC: role.rbac.authorization.k8s.io "nothing" not found' },
  { user: bob, wish: 'get /metrics', allowed: true },
  { user: bob, wish: 'get /debug/pprof', allowed: true },
  { user: bob, wish: 'get /debug', allowed: false },
  { user: bob, wish: 'get /apis/apps/v1', allowed: true },
  {
    user: robot,
    wish: 'create apps/deployments shop/-',
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "e/shop" of ClusterRole "edit" to ServiceAccount "robot/shop"',
  },
  { user: robot, wish: 'create apps/deployments default/-', allowed: false },
  { user: robot, wish: 'create rbac.authorization.k8s.io/roles shop/-', allowed: false },
  { user: serviceAccountUser('other', 'robot', 'u-2'), wish: 'create apps/deployments shop/-', allowed: false },
  { user: anonymous, wish: 'get /healthz', allowed: true },
  { user: anonymous, wish: 'get /api', allowed: false },
  { user: anonymous, wish: 'list -/pods shop/-', allowed: false },
]

t.test('who may do what', (t) => {
  for (const { user, wish: text, allowed, reason } of rows) {
    const verdict = authorize(user, wish(text), cluster)
    t.equal(verdict.allowed, allowed, `${user.username}: ${text}`)
    if (reason !== undefined) t.equal(verdict.reason, reason, `${user.username}: ${text}: why`)
  }
  t.end()
})

// As kube-apiserver 1.34.4 words them.
t.test('what is said to somebody who may not', (t) => {
  const says = (text: string): string => forbidden(bob, wish(text)).message
  t.equal(says('list -/pods -/-'), 'pods is forbidden: User "bob" cannot list resource "pods" in API group "" at the cluster scope')
  t.equal(says('get -/pods shop/x'), 'pods "x" is forbidden: User "bob" cannot get resource "pods" in API group "" in the namespace "shop"')
  t.equal(
    says('get apps/deployments/scale shop/x'),
    'deployments.apps "x" is forbidden: User "bob" cannot get resource "deployments/scale" in API group "apps" in the namespace "shop"',
  )
  t.equal(says('get /metrics'), 'forbidden: User "bob" cannot get path "/metrics"')
  t.match(forbidden(bob, wish('get apps/deployments/scale shop/x')), {
    code: 403,
    reason: 'Forbidden',
    details: { name: 'x', group: 'apps', kind: 'deployments' },
  })
  t.end()
})

t.test('nobody gives away what he has not got', (t) => {
  const owned = [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['*'], apiGroups: ['apps'], resources: ['*/scale'] },
    { verbs: ['update'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a', 'b'] },
  ]
  t.same(notHeld([{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], owned), [])
  t.same(notHeld([{ verbs: ['get'], apiGroups: ['apps'], resources: ['deployments/scale'] }], owned), [])
  t.same(notHeld([{ verbs: ['update'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['b'] }], owned), [])
  t.same(notHeld([{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods'] }], owned), [
    { verbs: ['delete'], apiGroups: [''], resources: ['pods'] },
  ])
  t.equal(notHeld([{ verbs: ['update'], apiGroups: [''], resources: ['configmaps'] }], owned).length, 1)
  t.equal(notHeld([{ verbs: ['get'], apiGroups: ['*'], resources: ['pods'] }], owned).length, 1)
  t.equal(notHeld([{ verbs: ['get'], nonResourceURLs: ['/x'] }], owned).length, 1)
  t.end()
})
