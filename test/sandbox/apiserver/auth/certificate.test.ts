import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { issueCertificate } from '../../../../src/sandbox/apiserver/auth/certificate.ts'
import { writeKubeconfig } from '../../../../src/sandbox/apiserver/auth/kubeconfig.ts'

t.test('a client that trusts the certificate alone connects by address and by name', async (t) => {
  const { certPem, keyPem } = issueCertificate(new Date())
  const server = createServer({ cert: certPem, key: keyPem }, (_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.1', 'localhost'])
    t.equal(
      await new Promise((resolve, reject) =>
        get({ host, port, family: 4, ca: certPem, agent: false }, (reply) => resolve(reply.resume().statusCode)).on('error', reject),
      ),
      200,
      host,
    )
})

t.test('a kubeconfig is for its owner alone, and replaced whole', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'config')
  for (const token of ['one', 'two']) writeKubeconfig(path, { url: 'https://127.0.0.1:1', caPem: 'CA', token })
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.match(parse(readFileSync(path, 'utf8')), { users: [{ user: { token: 'two' } }], clusters: [{ cluster: { server: 'https://127.0.0.1:1' } }] })
  t.same(readdirSync(folder), ['config'], 'nothing is left beside it')
  t.throws(() => writeKubeconfig(join(folder, 'none', 'config'), { url: '', caPem: '', token: '' }), /cannot be written/)
  t.end()
})
