import t from 'tap'
import type { Kubeconfig } from '../../src/kube/kubeconfig.ts'
import { bare, type Overrides, overridden } from '../../src/kube/overrides.ts'

const known: Kubeconfig = {
  from: 'file',
  cluster: { name: 'c', fields: { server: 'https://a', 'certificate-authority-data': 'Q0E=' } },
  user: { name: 'u', fields: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ', 'auth-provider': { name: 'oidc' } } },
  context: { name: 'x', namespace: 'default' },
  tokenFile: '/token',
  exec: { command: 'log-in', args: [], env: {}, apiVersion: 'v1', installHint: '', provideClusterInfo: false },
  impersonation: { 'impersonate-user': 'ann' },
}

t.test('flags go over the kubeconfig, each over its own', (t) => {
  const rows: readonly (readonly [overrides: Overrides, changed: object])[] = [
    [{}, {}],
    [{ server: 'https://b' }, { cluster: { name: 'c', fields: { ...known.cluster.fields, server: 'https://b' } } }],
    [{ certificateAuthority: '/ca' }, { cluster: { name: 'c', fields: { server: 'https://a', 'certificate-authority': '/ca' } } }],
    [{ isInsecure: true }, { cluster: { name: 'c', fields: { server: 'https://a', 'insecure-skip-tls-verify': true } } }],
    [{ tlsServerName: 'b' }, { cluster: { name: 'c', fields: { ...known.cluster.fields, 'tls-server-name': 'b' } } }],
    [
      { token: 't' },
      {
        tokenFile: undefined,
        exec: undefined,
        user: { name: 'u', fields: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ', token: 't' } },
      },
    ],
    [
      { clientCertificate: '/cert', clientKey: '/key' },
      { user: { name: 'u', fields: { 'auth-provider': { name: 'oidc' }, 'client-certificate': '/cert', 'client-key': '/key' } } },
    ],
    [{ as: 'bob', asGroups: ['a', 'b'] }, { impersonation: { 'impersonate-user': 'bob', 'impersonate-group': ['a', 'b'] } }],
    [
      { as: 'bob', asUid: '7', asExtra: ['Scope=x', 'Scope=y=z'] },
      { impersonation: { 'impersonate-user': 'bob', 'impersonate-uid': '7', 'impersonate-extra-scope': ['x', 'y=z'] } },
    ],
  ]
  for (const [overrides, changed] of rows) t.same(overridden(known, overrides), { ...known, ...changed }, JSON.stringify(overrides))
  t.match(overridden(bare, { server: 'http://a' }), { cluster: { fields: { server: 'http://a' } }, context: { namespace: 'default' } })
  t.end()
})
