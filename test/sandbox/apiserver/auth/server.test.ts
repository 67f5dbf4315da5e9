import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from '../client.ts'

const server = await startApiServer()
t.teardown(() => server.stop())
const admin = clientOf(server)
const accounts = '/api/v1/namespaces/default/serviceaccounts'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const roles = `${rbac}/namespaces/default/roles`
const bindings = `${rbac}/namespaces/default/rolebindings`
const pods = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }
const robot = { kind: 'ServiceAccount', name: 'robot', namespace: 'default' }

await admin.post(accounts, { metadata: { name: 'robot' } })
const token = (await admin.post(`${accounts}/robot/token`, { spec: {} })).body.status.token as string
const asRobot = clientOf({ ...server, adminToken: token })

t.test('only health is told to strangers', async (t) => {
  const stranger = clientOf({ ...server, adminToken: 'guess' })
  for (const path of ['/api', '/api/v1/secrets', '/healthz']) t.equal((await stranger.get(path)).code, 401, `${path} with a wrong token`)
  const nobody = (path: string) => admin.get(path, { Authorization: '' })
  t.equal((await nobody('/api/v1/secrets')).code, 403)
  t.equal((await nobody('/healthz')).code, 200)
})

t.test('a ServiceAccount may do what roles allow, from the moment they do', async (t) => {
  const list = () => asRobot.get('/api/v1/namespaces/default/pods')
  t.match(await list(), {
    code: 403,
    body: {
      message: 'pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" in API group "" in the namespace "default"',
      details: { kind: 'pods' },
    },
  })
  t.equal((await admin.post(roles, { metadata: { name: 'reader' }, rules: [pods] })).code, 201)
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }
  t.equal((await admin.post(bindings, { metadata: { name: 'robot' }, roleRef, subjects: [robot] })).code, 201)
  t.equal((await list()).code, 200)
  t.equal((await asRobot.get('/api/v1/pods')).code, 403, 'everywhere is more than here')
  const asked = { spec: { resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' } } }
  t.match((await asRobot.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', asked)).body.status, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "robot/default" of Role "reader" to ServiceAccount "robot/default"',
  })
  await admin.delete(`${bindings}/robot`)
  t.equal((await list()).code, 403)
})

t.test('nobody gives away what he has not got', async (t) => {
  const own = [pods, { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] }]
  await admin.post(roles, {
    metadata: { name: 'own' },
    rules: own.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== '*').concat(['create', 'update']) })),
  })
  await admin.post(bindings, { metadata: { name: 'own' }, roleRef: { kind: 'Role', name: 'own' }, subjects: [robot] })
  t.equal((await asRobot.post(roles, { metadata: { name: 'same' }, rules: [pods] })).code, 201)
  const more = await asRobot.post(roles, { metadata: { name: 'more' }, rules: [{ ...pods, resources: ['secrets'] }] })
  t.match(more, { code: 403, body: { message: /attempting to grant RBAC permissions not currently held:\n.*"secrets"/ } })
  const edit = { metadata: { name: 'edit' }, roleRef: { kind: 'ClusterRole', name: 'edit' }, subjects: [robot] }
  t.match(await asRobot.post(bindings, edit), { code: 403, body: { message: /not currently held/ } })
  t.equal((await admin.post(bindings, edit)).code, 201)
})

t.test('a token ends with its account', async (t) => {
  const review = { spec: { token } }
  const ask = async () => (await admin.post('/apis/authentication.k8s.io/v1/tokenreviews', review)).body.status
  t.match(await ask(), { authenticated: true, user: { username: 'system:serviceaccount:default:robot' } })
  await admin.delete(`${accounts}/robot`)
  t.match(await ask(), { error: '[invalid bearer token, serviceaccounts "robot" not found]' })
  t.equal((await asRobot.get('/api')).code, 401)
  t.equal((await admin.get(`/apis/authentication.k8s.io/v1/tokenreviews`)).code, 405, 'reviews are not kept')
})
