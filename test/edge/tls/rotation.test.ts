// Certificates that change while handshakes go on: E23.
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { lacks } from '../../needs.ts'
import { type Address, answersOf, ask } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { figure } from '../promises/full.ts'
import { openWorkshop, type Pem } from './certificates.ts'
import { openSecure, presented } from './client.ts'
import { secureListener, startSecureEdge } from './start.ts'

t.setTimeout(fileDeadlineMs)
const changes = figure(100, 20)
const changeMs = figure(500, 100)
const servedMs = 5_000

void t.test('certificates in files', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const folder = join(workshop.folder, 'secret')
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
  const pems = await Promise.all([0, 1].map((n) => workshop.make({ names: [`DNS:v${n}.example`] })))
  const third = await workshop.make({ names: ['DNS:v2.example'] })
  const expired = await workshop.make({ names: ['DNS:expired.example'], days: 0 })
  await mkdir(folder)
  let swaps = 0

  /** As Kubernetes writes a Secret: a new folder, and one rename of the link that all files go through. */
  async function swap({ cert, key }: Partial<Pem>): Promise<void> {
    const data = `..data-${++swaps}`
    await mkdir(join(folder, data))
    if (cert !== undefined) await writeFile(join(folder, data, 'tls.crt'), cert)
    if (key !== undefined) await writeFile(join(folder, data, 'tls.key'), key)
    await symlink(data, join(folder, '..new'))
    await rename(join(folder, '..new'), join(folder, '..data'))
    if (swaps > 2) await rm(join(folder, `..data-${swaps - 2}`), { recursive: true })
  }
  await swap(pems[0]!)
  await symlink('..data/tls.crt', files.cert)
  await symlink('..data/tls.key', files.key)

  const { address, edge, stable, close } = await startSecureEdge([secureListener([files])], {}, 2)
  t.teardown(async () => {
    await close()
    await workshop.remove()
  })

  async function untilPresented(name: string): Promise<number> {
    const since = performance.now()
    while (performance.now() - since < servedMs) {
      // One connection tells of one worker only.
      const names = await Promise.all(Array.from({ length: 4 }, () => presented(address)))
      if (names.every((each) => each === name)) return performance.now() - since
    }
    return Number.POSITIVE_INFINITY
  }

  await t.test(`E23 ${changes} changes under handshakes: none fails, and each is served within 5 s`, async (t) => {
    const kept = await openSecure(address)
    const stop = new AbortController()
    const tally = { done: 0, failures: [] as string[] }
    const load = Promise.all(Array.from({ length: 4 }, () => shake(address, stop.signal, tally)))
    for (let change = 1; change <= changes; change++) {
      await swap(pems[change % 2]!)
      kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await new Promise((resolve) => setTimeout(resolve, changeMs))
    }
    stop.abort()
    await load
    t.same(tally.failures.slice(0, 5), [])
    t.ok(tally.done >= changes, `${tally.done} handshakes`)
    const lateMs = await untilPresented(`DNS:v${changes % 2}.example`)
    t.ok(lateMs <= servedMs, `the last certificate was served by all after ${Math.round(lateMs)} ms`)
    const requests = Array.from({ length: changes }, () => 'GET')
    await kept.until(() => answersOf(kept, requests).length === changes || kept.end !== 'open', 5_000)
    t.equal(answersOf(kept, requests).filter((answer) => statusOf(answer) === 200).length, changes, 'a connection from before all changes is kept')
    kept.socket.destroy()
    t.comment(`${tally.done} handshakes, 0 of them failed; the last change took ${Math.round(lateMs)} ms`)
    t.same(edge.errors, [])
  })

  const bad: readonly { readonly name: string; readonly secret: Partial<Pem>; readonly file: string; readonly reason: RegExp }[] = [
    { name: 'no PEM', secret: { cert: 'garbage', key: pems[0]!.key }, file: 'tls.crt', reason: /no certificate in PEM/ },
    { name: 'a cut certificate', secret: { cert: pems[0]!.cert.slice(0, 200), key: pems[0]!.key }, file: 'tls.crt', reason: /no certificate in PEM/ },
    { name: 'a cut key', secret: { cert: pems[0]!.cert, key: pems[0]!.key.slice(0, 100) }, file: 'tls.key', reason: /no private key in PEM/ },
    { name: 'the key of another', secret: { cert: pems[0]!.cert, key: third.key }, file: 'tls.key', reason: /not the key of the certificate/ },
    { name: '0 bytes', secret: { cert: '', key: '' }, file: 'tls.crt', reason: /is empty/ },
    { name: 'an expired certificate', secret: expired, file: 'tls.crt', reason: /expired on/ },
    { name: 'a missing key', secret: { cert: pems[0]!.cert }, file: 'tls.key', reason: /ENOENT/ },
  ]
  for (const [index, { name, secret, file, reason }] of bad.entries())
    await t.test(`E23 ${name}: told by file and reason, the certificate before stays`, async (t) => {
      const good = `DNS:v${index % 2}.example`
      await swap(pems[index % 2]!)
      t.ok((await untilPresented(good)) <= servedMs, 'a good one is taken')
      edge.errors.length = 0
      await swap(secret)
      const since = performance.now()
      while (edge.errors.length === 0 && performance.now() - since < servedMs) await presented(address)
      t.match(edge.errors.join('\n'), file)
      t.match(edge.errors.join('\n'), reason)
      t.equal(edge.errors.length, 1, 'once')
      t.notMatch(edge.errors.join('\n'), /PRIVATE|BEGIN|MIG/)
      t.equal(await presented(address), good)
      edge.apply({ trustedProxies: ['10.0.0.0/8'] })
      t.equal((await ask(edge.admin, 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))?.startLine, 'HTTP/1.1 200 OK')
      t.equal(await presented(address), good, 'nor does a change elsewhere end it')
    })

  await t.test('E23 files written in place, one after the other', async (t) => {
    for (const path of [files.cert, files.key]) await unlink(path)
    await writeFile(files.cert, pems[1]!.cert)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await writeFile(files.key, pems[1]!.key)
    t.ok((await untilPresented('DNS:v1.example')) <= servedMs)
  })

  await t.test('a configuration that names a bad certificate is refused, and the one in use stays', async (t) => {
    const broken = { cert: join(workshop.folder, 'none.crt'), key: files.key }
    edge.errors.length = 0
    edge.apply({ listeners: [secureListener([broken])] })
    const since = performance.now()
    while (edge.errors.length === 0 && performance.now() - since < servedMs) await presented(address)
    t.match(edge.errors.join('\n'), /listeners\[0\]\.tls\.certificates\[0\]\.cert: .*none\.crt cannot be read \(ENOENT\)/)
    t.equal(await presented(address), 'DNS:v1.example')
    edge.errors.length = 0
  })

  await t.test('sessions are resumed by whichever worker, and after a renewal; not by other ticket keys', async (t) => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const session = await sessionOf(address, maxVersion)
      const workers = new Set<string>()
      let resumed = 0
      const connections = 40
      for (let i = 0; i < connections; i++) {
        stable.forget()
        const client = await openSecure(address, { maxVersion, session })
        if (client.secured.isSessionReused()) resumed++
        client.write('GET /n0000001 HTTP/1.1\r\nHost: a\r\n\r\n')
        await client.until(() => answersOf(client, ['GET']).length === 1, 5_000)
        const { request } = stable.received.get('n0000001')![0]!
        // The first half of a request id is the worker's.
        workers.add(request.fields.find(([name]) => name === 'X-Request-ID')![1].slice(0, 16))
        client.socket.destroy()
      }
      t.equal(resumed, connections, `${maxVersion}: all are resumed`)
      t.equal(workers.size, 2, `${maxVersion}: by both workers`)
      await Promise.all([writeFile(files.cert, third.cert), writeFile(files.key, third.key)])
      t.ok((await untilPresented('DNS:v2.example')) <= servedMs)
      const after = await openSecure(address, { maxVersion, session })
      t.ok(after.secured.isSessionReused(), `${maxVersion}: and after a renewal`)
      after.socket.destroy()
      await Promise.all([writeFile(files.cert, pems[1]!.cert), writeFile(files.key, pems[1]!.key)])
      t.ok((await untilPresented('DNS:v1.example')) <= servedMs)
    }
    t.same(edge.errors, [])
  })

  await t.test('a client that renegotiates is cut off, and harms nobody', async (t) => {
    const client = await openSecure(address, { maxVersion: 'TLSv1.2' })
    let renegotiated = false
    client.secured.renegotiate({ rejectUnauthorized: false }, (error) => {
      renegotiated = error === null
    })
    t.ok(await client.until(() => client.end !== 'open', 5_000))
    t.notOk(renegotiated)
    t.equal(await presented(address), 'DNS:v1.example')
  })
})

/** Handshakes with a request each, one after the other. */
async function shake(address: Address, signal: AbortSignal, tally: { done: number; failures: string[] }): Promise<void> {
  while (!signal.aborted) {
    try {
      const client = await openSecure(address)
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const answered = await client.until(() => answersOf(client, ['GET']).length === 1 || client.end !== 'open', 5_000)
      const statuses = answersOf(client, ['GET']).map(statusOf)
      if (!answered || statuses[0] !== 200) tally.failures.push(`${client.end} ${statuses.join()}`)
      client.socket.destroy()
    } catch (error) {
      tally.failures.push(String(error))
    }
    tally.done++
  }
}

async function sessionOf(address: Address, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const client = await openSecure(address, { maxVersion })
  const session = new Promise<Buffer>((resolve) => client.secured.once('session', resolve))
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const got = client.secured.getSession()
  const ticket = maxVersion === 'TLSv1.2' && got !== undefined ? got : await session
  client.socket.destroy()
  return ticket
}
