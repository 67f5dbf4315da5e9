// Large bodies both ways in bounded memory, their producers held back (a share of promise E16).
import { createHash } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { figure } from '../promises/full.ts'
import { startEdgeProcess } from './edgeProcess.ts'
import { fileDeadlineMs } from './harness.ts'

const mib = 1024 * 1024
const bodyBytes = figure(1_024, 64) * mib
/** Two kernels' buffers may hold a good part of a body; what counts is that most of it waits with its producer. */
const heldBackBytes = 32 * mib
const growthBytes = 16 * mib
/** What a fresh process may grow by until its heap has found its size. */
const settlingBytes = 96 * mib
const pattern = Buffer.from(Array.from({ length: 64 * 1024 + 7 }, (_, index) => (index * 31) & 0xff))

/** Takes connections one after the other; each test handles its own, and has it closed in the end. */
const connections: ((socket: Socket) => void)[] = []
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  connections.shift()?.(socket)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const bound = server.address()
const port = typeof bound === 'object' && bound !== null ? bound.port : 0
const edge = await startEdgeProcess(`
listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
timeouts: {bodyIdle: 20s, responseHead: 20s}
routes: [{path: /, split: main}]
splits:
  main: {totalWeight: 100, backends: {stable: {weight: 100, endpoints: ["127.0.0.1:${port}"]}}}
`)
t.setTimeout(figure(10 * fileDeadlineMs, fileDeadlineMs))
t.teardown(async () => {
  await edge.close()
  server.close()
})

/** Writes `bodyBytes` of the pattern, no faster than they are taken. */
async function pour(socket: Socket, count: (bytes: number) => void, frame: (chunk: Buffer) => Buffer[] = (chunk) => [chunk]): Promise<string> {
  const hash = createHash('sha1')
  for (let left = bodyBytes; left > 0 && !socket.destroyed; ) {
    const chunk = pattern.subarray(0, Math.min(left, pattern.length))
    hash.update(chunk)
    left -= chunk.length
    let free = true
    for (const piece of frame(chunk)) free = socket.write(piece)
    count(chunk.length)
    if (!free) await freed(socket)
  }
  return hash.digest('hex')
}

function freed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

/** Resolves when the figure has stood still for a while. */
async function stillness(figure: () => number): Promise<number> {
  for (let before = -1; ; ) {
    const now = figure()
    if (now === before && now > 0) return now
    before = now
    await delay(250)
  }
}

function hashingReader(socket: Socket, skipHead: boolean): { hash: Promise<string>; bytes: () => number } {
  const hash = createHash('sha1')
  let bytes = 0
  let inHead = skipHead
  const { promise, resolve } = Promise.withResolvers<string>()
  socket.on('data', (data: Buffer) => {
    if (inHead) {
      const end = data.indexOf('\r\n\r\n')
      if (end < 0) return
      inHead = false
      data = data.subarray(end + 4)
    }
    hash.update(data)
    bytes += data.length
    if (bytes >= bodyBytes) resolve(hash.digest('hex'))
  })
  socket.on('close', () => resolve(`closed after ${bytes} bytes`))
  return { hash: promise, bytes: () => bytes }
}

async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = edge.residentBytes()
  let most = before
  const sampler = setInterval(() => {
    most = Math.max(most, edge.residentBytes())
  }, 20)
  await work()
  clearInterval(sampler)
  return most - before
}

async function down(t: Tap): Promise<void> {
  let written = 0
  let sent = Promise.resolve('')
  connections.push((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${bodyBytes}\r\n\r\n`)
      sent = pour(socket, (bytes) => (written += bytes))
    })
  })
  const client = connect({ ...edge.addresses[0]!, noDelay: true })
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await stillness(() => written)
  t.ok(written < heldBackBytes, `the upstream is held back after ${(written / mib).toFixed(1)} MiB`)
  const reader = hashingReader(client, true)
  t.equal(await reader.hash, await sent, 'all of it arrives as it was sent')
  client.destroy()
}

async function up(t: Tap, chunked: boolean): Promise<void> {
  let written = 0
  const taken = Promise.withResolvers<Socket>()
  connections.push((socket) => {
    socket.once('readable', () => taken.resolve(socket))
  })
  const client = connect({ ...edge.addresses[0]!, noDelay: true })
  client.write(`POST / HTTP/1.1\r\nHost: a\r\n${chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bodyBytes}`}\r\n\r\n`)
  const frame = (chunk: Buffer): Buffer[] => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]
  const sent = pour(client, (bytes) => (written += bytes), chunked ? frame : undefined)
  await stillness(() => written)
  t.ok(written < heldBackBytes, `the client is held back after ${(written / mib).toFixed(1)} MiB`)
  const upstream = await taken.promise
  if (chunked) {
    void sent.then(() => client.write('0\r\n\r\n'))
    let bytes = 0
    const whole = Promise.withResolvers<void>()
    let tail = ''
    upstream.on('data', (data: Buffer) => {
      bytes += data.length
      tail = (tail + data.subarray(-8).toString('latin1')).slice(-8)
      if (tail.endsWith('\r\n0\r\n\r\n')) whole.resolve()
    })
    await Promise.all([sent, whole.promise])
    t.ok(bytes > bodyBytes, 'all of it arrives')
  } else {
    const reader = hashingReader(upstream, true)
    t.equal(await reader.hash, await sent, 'all of it arrives as it was sent')
  }
  upstream.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  await new Promise<void>((resolve) => client.once('data', () => resolve()))
  client.destroy()
}

type Tap = typeof t
const bodies: { name: string; run: (t: Tap) => Promise<void> }[] = [
  { name: 'down', run: down },
  { name: 'up with a length', run: (t) => up(t, false) },
  { name: 'up in chunks', run: (t) => up(t, true) },
]
void t.test('E16 the first bodies let the heap find its size, once', async (t) => {
  const growth = await growthDuring(async () => {
    for (let round = 0; round < 3; round++) await down(t as Tap)
  })
  t.ok(growth < settlingBytes, `the edge grew by ${(growth / mib).toFixed(1)} MiB`)
})

for (const { name, run } of bodies) {
  void t.test(`E16 ${bodyBytes / mib} MiB ${name}, the recipient asleep and then awake`, async (t) => {
    const growth = await growthDuring(() => run(t as Tap))
    t.ok(growth < growthBytes, `the edge grew by ${(growth / mib).toFixed(1)} MiB`)
  })
}

const readers = figure(200, 50)
void t.test(`E16 ${readers} slow readers at once`, async (t) => {
  let written = 0
  for (let index = 0; index < readers; index++) {
    connections.push((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${bodyBytes}\r\n\r\n`)
        void pour(socket, (bytes) => (written += bytes))
      })
    })
  }
  const growth = await growthDuring(async () => {
    const clients = Array.from({ length: readers }, () => connect({ ...edge.addresses[0]!, noDelay: true }))
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await stillness(() => written)
    for (const client of clients) client.destroy()
  })
  t.ok(growth < readers * mib + growthBytes, `grew by ${(growth / mib).toFixed(1)} MiB for ${readers} streams of ${bodyBytes / mib} MiB`)
})
