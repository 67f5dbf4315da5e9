import { configMap, configMaps, core, object, pods } from '../objects.ts'
import { get, patch, post, remove, rule, send, topic } from '../script.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const roles = `${rbac}/namespaces/{ns}/roles`
const bindings = `${rbac}/namespaces/{ns}/rolebindings`
const authorization = '/apis/authorization.k8s.io/v1'
const authentication = '/apis/authentication.k8s.io/v1'
const robot = 'system:serviceaccount:{ns}:robot'
const asRobot = { headers: { authorization: 'Bearer {token}' } }
const asEve = { headers: { 'impersonate-user': 'eve' } }
const role = (name: string, ...rules: readonly unknown[]): unknown => object('rbac.authorization.k8s.io/v1', 'Role', name, { rules })
const binding = (name: string, to: string, subjects: readonly unknown[], kind = 'Role'): unknown =>
  object('rbac.authorization.k8s.io/v1', 'RoleBinding', name, { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: to }, subjects })
const reading = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }
const review = (attributes: unknown, user = robot): ReturnType<typeof post> =>
  post(
    `${authorization}/subjectaccessreviews`,
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, ...(attributes as object) } },
    { only: ['status', 'message', 'details'] },
  )
const own = (attributes: unknown, options: object = asRobot): ReturnType<typeof post> =>
  post(
    `${authorization}/selfsubjectaccessreviews`,
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: attributes },
    options,
  )
const verb = (verb: string, resource: string, rest: object = {}): unknown => ({ resourceAttributes: { namespace: '{ns}', verb, resource, ...rest } })

export const access = topic('access', [
  rule(
    'who is nobody',
    get(configMaps, { headers: { authorization: '' } }),
    get(configMaps, { headers: { authorization: 'Bearer wrong' } }),
    get(configMaps, { headers: { authorization: 'Basic YTpi' } }),
    get('/version', { headers: { authorization: '' }, only: ['major'] }),
    get('/healthz', { headers: { authorization: '' } }),
    get('/api', { headers: { authorization: '' }, only: ['kind', 'reason', 'message'] }),
    get('/version', { headers: { authorization: 'Bearer wrong' } }),
  ),
  rule(
    'prepared',
    post(`${core}/serviceaccounts`, object('v1', 'ServiceAccount', 'robot'), { only: [] }),
    post(
      `${core}/serviceaccounts/robot/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
      { save: { token: 'status.token' }, only: ['kind'] },
    ),
    post(
      `${core}/serviceaccounts/robot/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['edge'] } },
      { save: { edgeToken: 'status.token' }, only: ['kind'] },
    ),
    post(configMaps, configMap('one'), { only: [] }),
  ),
  rule(
    'without a role nothing is allowed',
    get(configMaps, asRobot),
    get(`${configMaps}/one`, asRobot),
    post(configMaps, configMap('two'), asRobot),
    remove(`${configMaps}/one`, undefined, asRobot),
    patch('merge', `${configMaps}/one`, {}, { headers: asRobot.headers }),
    get('/api/v1/nodes', asRobot),
    get('/api/v1/nodes/x', asRobot),
    get(`${pods}/x/log`, asRobot),
    get('/metrics', asRobot),
    get('/apis', { ...asRobot, only: ['kind'] }),
    get(`${configMaps}?watch=1`, asRobot),
    remove(configMaps, undefined, asRobot),
  ),
  rule(
    'a role gives what it names',
    post(roles, role('reader', reading)),
    post(bindings, binding('robot-reads', 'reader', [{ kind: 'ServiceAccount', name: 'robot', namespace: '{ns}' }])),
    get(configMaps, { ...asRobot, until: { ':status': 200 }, only: ['kind', 'items.0.metadata.name'] }),
    get(`${configMaps}/one`, { ...asRobot, only: ['kind'] }),
    post(configMaps, configMap('two'), asRobot),
    get('/api/v1/configmaps', asRobot),
    get(`${core}/secrets`, asRobot),
  ),
  rule(
    'a role may name objects',
    post(
      roles,
      role(
        'one-writer',
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'], verbs: ['update', 'patch', 'delete'] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['*'] },
        { apiGroups: ['*'], resources: ['*/status'], verbs: ['patch'] },
      ),
    ),
    post(bindings, binding('robot-writes', 'one-writer', [{ kind: 'ServiceAccount', name: 'robot', namespace: '{ns}' }])),
    patch('merge', `${configMaps}/one`, { data: { a: '1' } }, { headers: asRobot.headers, until: { ':status': 200 }, only: ['data'] }),
    patch('merge', `${configMaps}/two`, {}, { headers: asRobot.headers }),
  ),
  rule(
    'a service account knows itself',
    post(`${authentication}/selfsubjectreviews`, { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }, asRobot),
    post(
      `${authentication}/selfsubjectreviews`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      { only: ['status.userInfo.username', 'status.userInfo.groups'] },
    ),
    post(`${authentication}/selfsubjectreviews`, { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }, asEve),
  ),
  rule(
    'what am I allowed',
    own(verb('get', 'configmaps')),
    own(verb('create', 'configmaps')),
    own(verb('get', 'configmaps', { name: 'one' })),
    own(verb('update', 'configmaps', { name: 'one' })),
    own(verb('update', 'configmaps', { name: 'two' })),
    own({ nonResourceAttributes: { path: '/openapi/v3', verb: 'get' } }),
    own({ nonResourceAttributes: { path: '/secret', verb: 'get' } }),
    own({}),
    own({ resourceAttributes: {}, nonResourceAttributes: {} }),
    own(verb('*', '*'), {}),
  ),
  rule(
    'what is another allowed',
    review(verb('get', 'configmaps')),
    review(verb('update', 'deployments', { group: 'apps', subresource: 'scale' })),
    review(verb('patch', 'anything', { group: 'x', subresource: 'status' })),
    review(verb('get', 'configmaps'), 'eve'),
    review(verb('delete', 'nodes', { namespace: '' })),
    review({ resourceAttributes: { verb: 'get', resource: 'pods' }, groups: ['system:masters'] }, 'x'),
    post(`${authorization}/subjectaccessreviews`, {
      kind: 'SubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { resourceAttributes: {} },
    }),
    post(`${authorization}/namespaces/{ns}/localsubjectaccessreviews`, {
      kind: 'LocalSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: { namespace: '{ns}' },
      spec: { user: robot, resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'configmaps' } },
    }),
    post(`${authorization}/namespaces/{ns}/localsubjectaccessreviews`, {
      kind: 'LocalSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { user: robot, resourceAttributes: { namespace: 'default', verb: 'get', resource: 'configmaps' } },
    }),
  ),
  rule(
    'rules that apply',
    post(
      `${authorization}/selfsubjectrulesreviews`,
      { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', spec: { namespace: '{ns}' } },
      { headers: asRobot.headers, only: ['status.incomplete', 'status.resourceRules.[verbs.0=get]', 'kind'] },
    ),
    post(`${authorization}/selfsubjectrulesreviews`, { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', spec: {} }),
  ),
  rule(
    'tokens are reviewed',
    post(
      `${authentication}/tokenreviews`,
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: '{token}' } },
      { only: ['status'] },
    ),
    post(`${authentication}/tokenreviews`, { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: 'wrong' } }),
    post(`${authentication}/tokenreviews`, { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: {} }),
    post(
      `${authentication}/tokenreviews`,
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: '{edgeToken}' } },
      { only: ['status'] },
    ),
    post(
      `${authentication}/tokenreviews`,
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: '{edgeToken}', audiences: ['edge', 'other'] } },
      { only: ['status'] },
    ),
    get(configMaps, { headers: { authorization: 'Bearer {edgeToken}' } }),
  ),
  rule(
    'a deleted account is nobody',
    post(`${core}/serviceaccounts`, object('v1', 'ServiceAccount', 'gone'), { only: [] }),
    post(
      `${core}/serviceaccounts/gone/token`,
      { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} },
      { save: { goneToken: 'status.token' }, only: [] },
    ),
    remove(`${core}/serviceaccounts/gone`, undefined, { only: [] }),
    get(configMaps, { headers: { authorization: 'Bearer {goneToken}' }, until: { ':status': 401 } }),
    post(
      `${authentication}/tokenreviews`,
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: '{goneToken}' } },
      { only: ['status'] },
    ),
  ),
  rule(
    'speaking for others',
    get(configMaps, asEve),
    get(configMaps, { headers: { 'impersonate-user': robot }, only: ['kind'] }),
    get(configMaps, { headers: { 'impersonate-user': 'eve', 'impersonate-group': 'system:masters' }, only: ['kind'] }),
    get(configMaps, { headers: { 'impersonate-group': 'system:masters' } }),
    get(configMaps, { headers: { ...asRobot.headers, 'impersonate-user': 'eve' } }),
  ),
  rule(
    'nobody gives what he has not',
    post(roles, role('grants', { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] }), { only: [] }),
    post(bindings, binding('robot-grants', 'grants', [{ kind: 'ServiceAccount', name: 'robot', namespace: '{ns}' }]), { only: [] }),
    post(roles, role('same', reading), { headers: asRobot.headers, until: { ':status': 201 }, only: ['rules'] }),
    post(roles, role('more', { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }), asRobot),
    post(bindings, binding('more', 'cluster-admin', [], 'ClusterRole'), asRobot),
    post(bindings, binding('less', 'reader', []), { headers: asRobot.headers, only: ['kind', 'message'] }),
  ),
  rule(
    'roles that cannot be',
    post(roles, role('r1', { apiGroups: [''], resources: ['pods'] })),
    post(roles, role('r2', { verbs: ['get'] })),
    post(roles, role('r3', { verbs: ['get'], nonResourceURLs: ['/x'] })),
    post(roles, role('r4', { verbs: ['get'], apiGroups: [''], resources: [] })),
    post(bindings, binding('b1', '', [])),
    post(bindings, binding('b2', 'x', [{ kind: 'ServiceAccount', name: 'x' }])),
    post(bindings, binding('b3', 'x', [{ kind: 'Robot', name: 'x' }])),
    post(bindings, binding('b4', 'x', [], 'Nothing')),
    patch('merge', `${bindings}/robot-reads`, { roleRef: { name: 'other' } }),
    post(bindings, binding('b5', 'x', [{ kind: 'User', name: 'u' }]), { only: ['subjects', 'roleRef'] }),
  ),
  rule(
    'roles for the whole cluster',
    post(
      `${rbac}/clusterroles`,
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', '{ns}-nodes', {
        rules: [
          { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
          { nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] },
        ],
      }),
    ),
    post(
      `${rbac}/clusterrolebindings`,
      object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', '{ns}-nodes', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '{ns}-nodes' },
        subjects: [{ kind: 'Group', name: 'system:serviceaccounts:{ns}', apiGroup: 'rbac.authorization.k8s.io' }],
      }),
    ),
    get('/api/v1/nodes', { ...asRobot, until: { ':status': 200 }, only: ['kind'] }),
    review({ nonResourceAttributes: { path: '/logs/x', verb: 'get' }, groups: ['system:serviceaccounts:{ns}'] }),
    review({ nonResourceAttributes: { path: '/log', verb: 'get' }, groups: ['system:serviceaccounts:{ns}'] }),
  ),
  rule(
    'roles of the server itself',
    get(`${rbac}/clusterroles/cluster-admin`, { only: ['rules', 'metadata.labels'] }),
    get(`${rbac}/clusterroles/view`, { only: ['aggregationRule', 'metadata.labels'] }),
    get(`${rbac}/clusterrolebindings/cluster-admin`, { only: ['subjects', 'roleRef'] }),
  ),
  rule(
    'kinds that are only asked',
    get(`${authorization}/subjectaccessreviews`),
    get(`${authentication}/tokenreviews/x`),
    send('DELETE', `${authorization}/selfsubjectaccessreviews`),
  ),
])
