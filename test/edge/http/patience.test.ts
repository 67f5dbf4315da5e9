// Clients that read slowly, late or not at all, and those that close their half: who gets how long, and that nobody waits for ever.
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { answersOf, type Client, openClient } from './client.ts'
import { startEdge } from './edge.ts'
import { backend, fileDeadlineMs, shortTimeouts, startHarness } from './harness.ts'
import { statusOf } from './message.ts'
import { nextNonce } from './rows.ts'
import { type Received, type Script, startUpstream, type Upstream, write } from './upstream.ts'

const mib = 1024 * 1024
const kib64 = 'x'.repeat(65_536)
/** More than the kernel holds for a connection in both of its buffers. */
const muchBytes = 24 * mib
const bodyIdleMs = 700
/** How long the edge lets a client linger that has got everything. */
const fixedLingerMs = 2_000
const harness = await startHarness({ timeouts: { ...shortTimeouts, bodyIdleMs, responseHeadMs: 3_000, keepAliveMs: 10_000 } })
/** For whoever waits longer than that. */
const patient = await startHarness({ timeouts: { ...shortTimeouts, bodyIdleMs: 20_000, upstreamIdleMs: 20_000, keepAliveMs: 20_000 } })
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await harness.close()
  await patient.close()
})

function onRequest(run: Script, when: 'head' | 'complete' = 'complete', upstream: Upstream = harness.stable): string {
  const nonce = nextNonce()
  upstream.scripts.set(nonce, { when, run })
  return nonce
}

/** Writes `muchBytes` as fast as they are taken, each piece framed. */
async function pour({ connection: { socket } }: Received, frame = (data: string): string => data): Promise<void> {
  for (let sent = 0; sent < muchBytes && !socket.destroyed; sent += kib64.length) {
    if (!socket.write(frame(kib64), 'latin1'))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          socket.off('drain', go).off('close', go)
          resolve()
        }
        socket.on('drain', go).on('close', go)
      })
  }
}

const inChunks = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`

/** A client that reads when it is told to, and counts. */
function openReader(port: number, request: string): { socket: Socket; bytes: () => number; ended: Promise<'fin' | 'reset'> } {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
  let bytes = 0
  const { promise: ended, resolve } = Promise.withResolvers<'fin' | 'reset'>()
  socket.on('data', (data: Buffer) => {
    bytes += data.length
  })
  socket.on('end', () => {
    resolve('fin')
    socket.destroy()
  })
  socket.on('error', () => resolve('reset'))
  socket.on('close', () => resolve('reset'))
  socket.write(request, 'latin1')
  socket.pause()
  return { socket, bytes: () => bytes, ended }
}

type Full = { readonly socket: Socket; readonly bytes: () => number; readonly ended: Promise<'fin' | 'reset'>; readonly length: number }

/**
 * A client that reads nothing, of the longest response that the edge takes to its end all the same: what the kernel does not take of it waits in
 * the edge's memory. Found by halving, as only the kernel knows what it takes.
 */
async function fullClient(version: string): Promise<Full> {
  let fits: Full | undefined
  let [least, most] = [2 * mib, 10 * mib]
  while (most - least > mib / 64) {
    const length = Math.floor((least + most) / 2)
    const asked = Promise.withResolvers<Received>()
    const nonce = onRequest(asked.resolve, 'complete', patient.stable)
    const reader = openReader(patient.address.port, `GET /${nonce} HTTP/${version}\r\nHost: a\r\n\r\n`)
    const { connection } = await asked.promise
    write(connection, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n')
    write(connection, `${inChunks('x'.repeat(length))}0\r\n\r\n`)
    if (await harness.within(400, connection.closed)) {
      fits?.socket.destroy()
      fits = { ...reader, length }
      least = length
    } else {
      reader.socket.destroy()
      most = length
    }
  }
  if (fits === undefined) throw new Error('the kernel takes nothing')
  return fits
}

void t.test('E17 what a slow client has not yet read when the upstream is done is not thrown away', async (t) => {
  // To a 1.0 client the end of the connection is the end of the body: less of it would look complete.
  const { socket, bytes, ended, length } = await fullClient('1.0')
  await delay(fixedLingerMs + 500)
  socket.resume()
  t.equal(await ended, 'fin')
  t.equal(bytes(), 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'.length + length)
})

void t.test('E17 a client that stops reading is cut off with a reset, never with what looks like an end', async (t) => {
  const nonce = onRequest(async (received) => {
    write(received.connection, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n')
    await pour(received, inChunks)
  })
  const reader = openReader(harness.address.port, `GET /${nonce} HTTP/1.0\r\nHost: a\r\n\r\n`)
  await delay(4 * bodyIdleMs)
  reader.socket.resume()
  t.equal(await reader.ended, 'reset')
})

void t.test('a client that sends on without reading its response is held back', async (t) => {
  const { socket } = await fullClient('1.1')
  const requests = `GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(1_000)
  let written = 0
  let blocked = false
  const fill = (): void => {
    while (!blocked && written < 64 * mib) {
      written += requests.length
      blocked = !socket.write(requests)
    }
  }
  socket.on('drain', () => {
    blocked = false
    fill()
  })
  fill()
  await delay(500)
  t.ok(written < 24 * mib, `${(written / mib).toFixed(1)} MiB taken`)
  socket.destroy()
})

void t.test('a client that asks on without reading bodiless answers is held back', async (t) => {
  const asked = 6_000
  const nonce = onRequest(({ connection }) => write(connection, `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Long: ${'y'.repeat(8_000)}\r\n\r\n`))
  const client = openReader(harness.address.port, '')
  client.socket.write(`HEAD /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(asked))
  const served = (): number => harness.stable.received.get(nonce)?.length ?? 0
  for (let before = -1; before < served(); ) {
    before = served()
    await delay(250)
  }
  t.ok(served() > 0 && served() < asked / 2, `${served()} of ${asked} went to the upstream`)
  client.socket.destroy()
  harness.forget()
})

void t.test('a client that half-closes may wait for the rest of a response that has begun', async (t) => {
  const nonce = onRequest(async ({ connection }) => {
    write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n')
    for (const character of 'complete') {
      await delay(200)
      write(connection, character)
    }
  })
  const client = await openClient(harness.address)
  client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
  client.fin()
  t.ok(await client.until(() => client.end !== 'open', 4_000))
  t.equal(answersOf(client, ['GET'])[0]?.body, 'complete')
})

void t.test('R66 an early answer may take longer than its client waits for a 100', async (t) => {
  const nonce = onRequest(async ({ connection }) => {
    write(connection, 'HTTP/1.1 401 No\r\nContent-Length: 8\r\n\r\n')
    for (const character of 'rejected') {
      await delay(200)
      write(connection, character)
    }
  }, 'head')
  const client = await openClient(harness.address)
  client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n`)
  t.ok(await client.until(() => client.end !== 'open', 4_000))
  const [answer] = answersOf(client, ['POST'])
  t.equal(answer && statusOf(answer), 401)
  t.equal(answer?.body, 'rejected')
})

void t.test('R70 where the upstream says no 100 the edge does, on new connections and on kept ones', async (t) => {
  for (const connection of ['new', 'kept']) {
    const client = await openClient(patient.address)
    client.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`)
    t.ok(await client.until(() => client.text.startsWith('HTTP/1.1 100 '), 5_000), connection)
    client.write('body')
    t.ok(await client.until(() => client.text.includes('HTTP/1.1 200 '), 5_000))
    client.socket.destroy()
  }
})

void t.test('a client that sends all and reads nothing of an answer that came early does not stay', async (t) => {
  const length = 8 * mib
  const asked = Promise.withResolvers<Received>()
  const nonce = onRequest(async (received) => {
    asked.resolve(received)
    write(received.connection, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    await pour(received, inChunks)
  }, 'head')
  const client = openReader(harness.address.port, `POST /${nonce} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
  for (let sent = 0; sent < length - kib64.length; sent += kib64.length) client.socket.write(kib64)
  // The last of it comes when nothing more of the answer can be written.
  await delay(bodyIdleMs / 2)
  client.socket.write(kib64)
  const { connection } = await asked.promise
  t.ok(await harness.within(4 * bodyIdleMs, connection.closed), 'the upstream is rid of it')
  client.socket.resume()
  t.equal(await client.ended, 'reset')
})

void t.test('shutting down does not wait for a connection whose response had begun and has ended', async (t) => {
  const upstream = await startUpstream('slow')
  const routing = {
    routes: [{ path: '/', pathType: 'Prefix' as const, split: 'main' }],
    splits: [{ name: 'main', totalWeight: 100, backends: [backend('slow', 100, upstream)], routes: [], fallback: { kind: 'none' as const } }],
  }
  const edge = await startEdge({ timeouts: { drainMs: 20_000 }, routing })
  const rest = Promise.withResolvers<void>()
  const nonce = onRequest(
    async ({ connection }) => {
      write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nre')
      await rest.promise
      write(connection, 'st')
    },
    'complete',
    upstream,
  )
  const client = await openClient(edge.addresses[0]!)
  client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await client.until(() => client.text.endsWith('re'), 2_000)
  const startedAt = performance.now()
  const closed = edge.close()
  await delay(200)
  t.equal(client.end, 'open', 'the response goes on')
  rest.resolve()
  await closed
  t.ok(performance.now() - startedAt < 5_000, `ended after ${Math.round(performance.now() - startedAt)} ms`)
  t.equal(answersOf(client, ['GET'])[0]?.body, 'rest')
  await upstream.close()
})

void t.test('E12 shutting down costs clients that keep asking on kept connections not one request', async (t) => {
  const busy = await startHarness({ timeouts: { drainMs: 5_000 } })
  const lost: string[] = []
  let answered = 0
  let begun = 0
  const { promise: allBegun, resolve: begin } = Promise.withResolvers<void>()
  const lanes = Array.from({ length: 30 }, async () => {
    const client = await openClient(busy.address)
    let isNew = true
    for (let last = false; !last; ) {
      client.text = ''
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.until(() => answersOf(client, ['GET']).length === 1 || client.end !== 'open', 5_000)
      last = /\r\nconnection: close\r\n/i.test(client.text) || client.end !== 'open'
      if (isNew && ++begun === 30) begin()
      isNew = false
      if (answersOf(client, ['GET']).length === 1) answered++
      else lost.push(`${client.end} after ${JSON.stringify(client.text)}`)
    }
    client.socket.destroy()
  })
  await allBegun
  await busy.close()
  await Promise.all(lanes)
  t.same(lost, [], `${answered} answered`)
})

void t.test('E12 from the beginning of the drain delay clients are told to go elsewhere, and new ones are still served', async (t) => {
  const leaving = await startHarness({ timeouts: { drainDelayMs: 1_500, drainMs: 1_000 } })
  const kept = await openClient(leaving.address)
  const ask = async (client: Client): Promise<string | undefined> => {
    client.text = ''
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(() => answersOf(client, ['GET']).length === 1, 2_000)
    return /\r\nconnection: (.*)\r\n/i.exec(client.text)?.[1]
  }
  t.equal(await ask(kept), undefined)
  const closed = leaving.close()
  let told: string | undefined
  for (const until = performance.now() + 1_000; told === undefined && performance.now() < until; ) told = await ask(kept)
  t.equal(told, 'close')
  const late = await openClient(leaving.address)
  t.equal(await ask(late), 'close')
  await closed
})

void t.test('E17 a response that outlasts the shutdown is broken off with a reset', async (t) => {
  const brief = await startHarness({ timeouts: { ...shortTimeouts, drainMs: 200, bodyIdleMs: 10_000 } })
  const nonce = onRequest(({ connection }) => write(connection, 'HTTP/1.1 200 OK\r\n\r\nhalf'), 'complete', brief.stable)
  const client = await openClient(brief.address)
  client.write(`GET /${nonce} HTTP/1.0\r\nHost: a\r\n\r\n`)
  await client.until(() => client.text.endsWith('half'), 2_000)
  await brief.close()
  await client.until(() => client.end !== 'open', 2_000)
  t.equal(client.end, 'reset')
})

void t.test('E31 a kept connection loses the trust that a new configuration takes away', async (t) => {
  const trusting = await startHarness({ trustedProxies: ['127.0.0.0/8'] })
  const client = await openClient(trusting.address)
  const forwardedFor = async (): Promise<string> => {
    const nonce = nextNonce()
    client.text = ''
    client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n`)
    await client.until(() => answersOf(client, ['GET']).length === 1, 2_000)
    return trusting.stable.received.get(nonce)?.[0]?.request.fields.find(([name]) => name.toLowerCase() === 'x-forwarded-for')?.[1] ?? 'none'
  }
  t.equal(await forwardedFor(), '192.0.2.1, 127.0.0.1')
  trusting.edge.apply({ trustedProxies: [] })
  const until = performance.now() + 900
  let seen = ''
  while ((seen = await forwardedFor()) !== '127.0.0.1' && performance.now() < until) await delay(20)
  t.equal(seen, '127.0.0.1')
  t.equal(client.end, 'open', 'on the same connection')
  client.socket.destroy()
  await trusting.close()
})

void t.test('deadlines hold while configurations change faster than they are looked at', async (t) => {
  const changing = await startHarness({ timeouts: { responseHeadMs: 500 } })
  const nonce = onRequest(() => undefined, 'complete', changing.stable)
  const client = await openClient(changing.address)
  client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const until = performance.now() + 3_000
  while (client.text === '' && performance.now() < until) {
    changing.edge.apply({})
    await delay(15)
  }
  t.match(client.text, /^HTTP\/1\.1 504 /)
  t.ok(performance.now() < until, 'while they change')
  client.socket.destroy()
  await changing.close()
})
