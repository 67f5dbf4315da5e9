import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from './client.ts'

t.test('a sandbox with a data folder goes on where it stopped, for the same clients', async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  t.teardown(() => rmSync(dataFolder, { recursive: true, force: true }))
  const configMaps = '/api/v1/namespaces/default/configmaps'
  const first = await startApiServer({ dataFolder })
  const api = clientOf(first)
  const made = await api.post(configMaps, { metadata: { name: 'a' }, data: { k: 'v' } })
  const account = await api.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'shop' } })
  t.equal(account.code, 201)
  const token = (await api.post('/api/v1/namespaces/default/serviceaccounts/shop/token', { spec: { expirationSeconds: 600 } })).body.status.token
  await t.rejects(startApiServer({ dataFolder }), { message: /in use by the sandbox of process/ })
  await first.stop()
  t.equal(statSync(join(dataFolder, 'identity.json')).mode & 0o777, 0o600)

  const second = await startApiServer({ dataFolder })
  t.teardown(() => second.stop())
  t.equal(second.caPem, first.caPem)
  const again = clientOf({ ...second, adminToken: first.adminToken })
  t.same((await again.get(`${configMaps}/a`)).body, made.body)
  const review = await again.post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } })
  t.match(review.body.status, { authenticated: true, user: { username: 'system:serviceaccount:default:shop' } })
  t.equal((await clientOf({ ...second, adminToken: 'other' }).get(configMaps)).code, 401)
})
