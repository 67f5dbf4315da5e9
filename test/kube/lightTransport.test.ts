// The transport of commands keeps what the other one keeps.
import type { IncomingMessage, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { type KubeClient, openClient } from '../../src/kube/client.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { openLightTransport } from '../../src/kube/lightTransport.ts'
import { watch } from '../../src/kube/watch.ts'
import { type ApiServer, startApiServer, things } from './apiServer.ts'

const ref = { namespace: 'default', name: 'a' }

async function scene(t: Test): Promise<{ readonly server: ApiServer; readonly client: KubeClient }> {
  const server = await startApiServer()
  const transport = openLightTransport(server.connection)
  t.teardown(async () => {
    await transport.close()
    await server.close()
  })
  return { server, client: openClient(transport) }
}

async function kindOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => (isKubeError(error) ? error.kind : String(error)),
  )
}

t.test('it reads, writes and watches over one connection', async (t) => {
  const { server, client } = await scene(t)
  const ports = new Set<number | undefined>()
  server.intercept((request) => {
    ports.add(request.socket.remotePort)
    return false
  })
  server.put('a', { note: 'größe' })
  t.match(await client.list(things), { items: [{ metadata: { name: 'a' }, note: 'größe' }] })
  t.equal((await client.list(things)).items.length, 1)
  t.equal(ports.size, 1)
  const stop = new AbortController()
  const seen = watch(client, things, { resourceVersion: '0', timeoutS: 10, signal: stop.signal })
  const next = seen.next()
  server.put('b')
  t.match(await next, { value: { object: { metadata: {} } } })
  stop.abort()
  const rest = async (): Promise<void> => {
    for await (const _ of seen);
  }
  await t.rejects(rest(), 'the end that was asked for')
})

t.test('what went wrong has its kind', async (t) => {
  const { server, client } = await scene(t)
  const answers: readonly (readonly [string, (request: IncomingMessage, response: ServerResponse) => void])[] = [
    ['noAnswer', (request) => void request.socket.destroy()],
    ['forbidden', (_, response) => void response.writeHead(403).end('{"kind":"Status","reason":"Forbidden","message":"no"}')],
    ['unavailable', (_, response) => void response.writeHead(500).end('not JSON')],
    ['unavailable', (_, response) => void response.writeHead(200).end('not JSON')],
    ['noAnswer', (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())],
  ]
  for (const [kind, answer] of answers) {
    server.intercept((request, response) => {
      answer(request, response)
      return true
    })
    t.equal(await kindOf(client.get(things, ref, { once: true })), kind)
  }
  server.intercept(() => true)
  const stop = AbortSignal.timeout(50)
  t.equal(await kindOf(client.get(things, ref, { signal: stop })), 'TimeoutError: The operation was aborted due to timeout')
  t.equal(await kindOf(client.get(things, ref, { timeoutMs: 50 })), 'noAnswer')
})
