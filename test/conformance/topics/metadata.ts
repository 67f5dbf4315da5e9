import { configMap, configMaps, deployment, deployments, object, pod, pods, service, services } from '../objects.ts'
import { edit, patch, post, put, rule, topic } from '../script.ts'

const long = (length: number): string => 'x'.repeat(length)
const named = (name: string): ReturnType<typeof post> => post(configMaps, configMap(name))
const labelled = (labels: Readonly<Record<string, unknown>>): ReturnType<typeof post> => post(configMaps, configMap('labelled', {}, { labels }))
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '8a4b4d30-0000-4000-8000-000000000000' }
const owned = (...ownerReferences: readonly unknown[]): ReturnType<typeof post> => post(configMaps, configMap('owned', {}, { ownerReferences }))

export const metadata = topic('metadata', [
  rule(
    'names of ConfigMaps are subdomains',
    named('Upper'),
    named('under_score'),
    named('-dash'),
    named('dot.in.it'),
    named('a..b'),
    named('.'),
    named('a/b'),
    named('a%b'),
    named(long(254)),
    named('0'),
  ),
  rule(
    'names of Services are labels that begin with a letter',
    post(services, service('0abc')),
    post(services, service('a.b')),
    post(services, service(long(64))),
  ),
  rule(
    'names of other kinds',
    post(pods, pod('A')),
    post(deployments, deployment('a_b')),
    post('/api/v1/namespaces', object('v1', 'Namespace', 'a.b')),
    post('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles', object('rbac.authorization.k8s.io/v1', 'Role', 'Any:thing goes', { rules: [] })),
    post('/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles', object('rbac.authorization.k8s.io/v1', 'Role', 'a/b', { rules: [] })),
  ),
  rule(
    'names that nobody chose are told from wrong ones',
    post(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'Upper-' } }, { only: ['code', 'details.causes.0'] }),
    post(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'many-' } }),
    post(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: `${long(60)}-` } }, { only: ['metadata.generateName'] }),
    post(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'given', generateName: 'not-used-' } }),
  ),
  rule(
    'labels have keys and values of a certain form',
    labelled({ 'a/b/c': '1' }),
    labelled({ '/x': '1' }),
    labelled({ 'Bad.Prefix_/x': '1' }),
    labelled({ '-x': '1' }),
    labelled({ [long(64)]: '1' }),
    labelled({ a: '-1' }),
    labelled({ a: long(64) }),
    labelled({ a: 'b c' }),
    labelled({ '': '1' }),
  ),
  rule('labels are texts', labelled({ a: 1 }), labelled({ a: null }), labelled({ a: true })),
  rule('labels that are right', labelled({ 'example.com/A_b.c': '', a: 'B_c.d-9' })),
  rule(
    'annotations hold anything, up to a size',
    post(configMaps, configMap('annotated', {}, { annotations: { 'a/b': 'any\nthing' } })),
    post(configMaps, configMap('annotated2', {}, { annotations: { 'bad key': '1', UPPER: '1' } })),
    post(configMaps, configMap('annotated3', {}, { annotations: { big: long(262_140) } }), { only: ['status', 'message', 'details'] }),
    post(configMaps, configMap('annotated4', {}, { annotations: { big: long(262_200) } }), {
      only: ['status', 'message', 'details.causes.0.field', 'details.causes.0.reason'],
    }),
  ),
  rule(
    'finalizers have qualified names',
    post(configMaps, configMap('held', {}, { finalizers: ['plain'] })),
    post(configMaps, configMap('held', {}, { finalizers: ['Example.com/x', 'example.com/a b'] })),
    post(configMaps, configMap('held', {}, { finalizers: ['example.com/x', 'example.com/x'] })),
    post(configMaps, configMap('held2', {}, { finalizers: ['orphan', 'foregroundDeletion'] })),
  ),
  rule(
    'owners are told completely',
    owned({ ...owner, uid: '' }),
    owned({ ...owner, kind: '' }),
    owned({ ...owner, apiVersion: '' }),
    owned({ ...owner, name: '' }),
    owned({ ...owner, apiVersion: 'a/b/c' }),
    owned({ kind: 'X' }),
    owned({ ...owner, controller: true }, { ...owner, name: 'other', controller: true }),
    owned({ ...owner, apiVersion: 'v1', kind: 'Event' }),
    owned(owner, owner),
  ),
  rule(
    'metadata of a kind that is not metadata',
    post(configMaps, { ...configMap('x'), metadata: 'text' }),
    post(configMaps, { ...configMap('x'), metadata: { name: 1 } }),
    post(configMaps, { ...configMap('x'), metadata: { name: 'x', labels: ['a'] } }),
    post(configMaps, { ...configMap('x'), metadata: { name: 'x', creationTimestamp: 'yesterday' } }),
  ),
  rule(
    'what an update may not change',
    post(configMaps, configMap('kept', {}, { finalizers: ['example.com/x'] }), { save: { kept: '' } }),
    put(
      `${configMaps}/kept`,
      edit('kept', {
        'metadata.generateName': 'changed-',
        'metadata.namespace': undefined,
        'metadata.creationTimestamp': undefined,
        'metadata.uid': undefined,
      }),
      { save: { after: '' } },
    ),
    put(`${configMaps}/kept`, edit('after', { 'metadata.deletionTimestamp': '2001-01-01T00:00:00Z' })),
    patch('merge', `${configMaps}/kept`, { metadata: { name: 'other' } }),
    patch('merge', `${configMaps}/kept`, { metadata: { namespace: 'other' } }),
    patch('merge', `${configMaps}/kept`, { metadata: { uid: '8a4b4d30-0000-4000-8000-000000000000' } }),
    patch('merge', `${configMaps}/kept`, { kind: 'Secret' }),
    patch('merge', `${configMaps}/kept`, { apiVersion: 'v2' }),
    patch('merge', `${configMaps}/kept`, { metadata: { creationTimestamp: null, generation: 12 } }),
    patch('merge', `${configMaps}/kept`, { metadata: { labels: { 'a b': '1' } } }),
    patch('merge', `${configMaps}/kept`, { metadata: { finalizers: null } }),
  ),
])
