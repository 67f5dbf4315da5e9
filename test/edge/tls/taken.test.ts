// How a slow reader is told from one that does not read, in the clear and behind TLS.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectSecure, createSecureContext, TLSSocket } from 'node:tls'
import t from 'tap'
import { takenBytes } from '../../../src/edge/bulk.ts'
import { lacks } from '../../needs.ts'
import { openWorkshop } from './certificates.ts'

/** More than the kernel holds for a connection. */
const muchBytes = 32 * 1024 * 1024
const deadlineMs = 5_000

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

/** One write that is under way for as long as its reader sleeps, and then reads a little. */
async function check(t: Tap, writer: Socket, reader: Socket): Promise<void> {
  reader.pause()
  writer.write(Buffer.alloc(muchBytes))
  await delay(300)
  const asleep = takenBytes(writer)
  t.ok(asleep > 0 && asleep < muchBytes, `${asleep} bytes taken`)
  await delay(100)
  t.equal(takenBytes(writer), asleep, 'no more while nobody reads')
  const until = performance.now() + deadlineMs
  for (reader.resume(); takenBytes(writer) === asleep && performance.now() < until; ) await new Promise<void>((resolve) => setImmediate(resolve))
  reader.pause()
  t.ok(takenBytes(writer) > asleep, 'more once somebody reads')
  t.ok(writer.writableLength > 0, 'while the write is under way still')
  reader.destroy()
  writer.destroy()
}

type Tap = typeof t

void t.test('in the clear', async (t) => {
  const accepted = Promise.withResolvers<Socket>()
  const server = createServer(accepted.resolve)
  const reader = connect(await listen(server), '127.0.0.1')
  await check(t as Tap, await accepted.promise, reader)
  server.close()
})

void t.test('behind TLS', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const { cert, key } = await workshop.make({ names: ['DNS:a'] })
  const accepted = Promise.withResolvers<Socket>()
  const server = createServer((raw) => {
    const secured = new TLSSocket(raw, { isServer: true, secureContext: createSecureContext({ cert, key }) })
    secured.on('error', () => secured.destroy())
    secured.once('secure', () => accepted.resolve(secured))
  })
  const reader = connectSecure({ port: await listen(server), host: '127.0.0.1', rejectUnauthorized: false })
  reader.on('error', () => reader.destroy())
  await check(t as Tap, await accepted.promise, reader)
  server.close()
  await workshop.remove()
})
