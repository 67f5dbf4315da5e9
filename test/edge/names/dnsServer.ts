import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What a stub of a DNS server does about a question. */
export type Reply =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttlS?: number }
  | { readonly kind: 'code'; readonly code: 'servfail' | 'nxdomain' | 'refused' }
  | { readonly kind: 'silence' }
  /** Another id, another question, bytes that are no message, a message cut within a record. */
  | { readonly kind: 'lie'; readonly how: 'id' | 'question' | 'garbage' | 'cut'; readonly address: string }
  | { readonly kind: 'late'; readonly afterMs: number; readonly then: Reply }

export type Question = { readonly name: string; readonly type: 'A' | 'AAAA' }

export type DnsServer = {
  /** As `dns.servers` has it. */
  readonly address: string
  readonly questions: Question[]
  /** Over TCP, after an answer that was too long for UDP. */
  readonly overTcp: () => number
  /** May be replaced at any time. */
  reply: (question: Question) => Reply
  close(): Promise<void>
}

const codes = { servfail: 2, nxdomain: 3, refused: 5 }
const longestUdp = 512

export function addresses(...of: readonly string[]): Reply {
  return { kind: 'addresses', addresses: of }
}

/** Answers over UDP and TCP on a loopback port; of the addresses in a reply each question gets those of its family. */
export async function startDnsServer(reply: DnsServer['reply']): Promise<DnsServer> {
  let tcpCount = 0
  const timers = new Set<NodeJS.Timeout>()
  const sockets = new Set<Socket>()
  let udp = createSocket('udp4')
  const tcp = createServer((socket) => {
    sockets.add(socket)
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const message = pending.subarray(2, 2 + pending.readUInt16BE(0))
        pending = pending.subarray(2 + message.length)
        tcpCount++
        answer(message, (bytes) => {
          const length = Buffer.alloc(2)
          length.writeUInt16BE(bytes.length)
          socket.write(Buffer.concat([length, bytes]))
        })
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })

  function answer(message: Buffer, send: (bytes: Buffer) => void): void {
    const question = questionIn(message)
    server.questions.push({ name: question.name, type: question.type })
    carryOut(server.reply(question), question, send)
  }

  function carryOut(what: Reply, question: Parsed, send: (bytes: Buffer) => void): void {
    if (what.kind === 'silence') return
    if (what.kind !== 'late') return send(bytesOf(what, question))
    const timer = setTimeout(() => {
      timers.delete(timer)
      carryOut(what.then, question, send)
    }, what.afterMs)
    timers.add(timer)
  }

  let port = 0
  // Whoever has the same port of the other protocol is not asked first.
  for (let attempt = 0; port === 0; attempt++) {
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
    const { port: free } = tcp.address() as AddressInfo
    const bound = await bindUdp(udp, free)
    if (bound) port = free
    else {
      if (attempt === 20) throw new Error('no port is free for both UDP and TCP')
      await new Promise<void>((resolve) => tcp.close(() => resolve()))
      udp = createSocket('udp4')
    }
  }
  udp.on('message', (message, from) => {
    answer(message, (bytes) => udp.send(bytes.length > longestUdp ? truncated(bytes) : bytes, from.port, from.address))
  })
  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    questions: [],
    overTcp: () => tcpCount,
    reply,
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await Promise.all([new Promise<void>((resolve) => udp.close(() => resolve())), new Promise<void>((resolve) => tcp.close(() => resolve()))])
    },
  }
  return server
}

function bindUdp(udp: UdpSocket, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    udp.once('error', () => {
      udp.close()
      resolve(false)
    })
    udp.bind(port, '127.0.0.1', () => {
      udp.removeAllListeners('error')
      resolve(true)
    })
  })
}

type Parsed = Question & { readonly id: number; readonly bytes: Buffer }

function questionIn(message: Buffer): Parsed {
  const labels: string[] = []
  let at = 12
  while (message[at] !== 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + message[at]!))
    at += 1 + message[at]!
  }
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at + 1) === 28 ? 'AAAA' : 'A',
    bytes: message.subarray(12, at + 5),
  }
}

function bytesOf(reply: Exclude<Reply, { readonly kind: 'silence' | 'late' }>, question: Parsed): Buffer {
  switch (reply.kind) {
    case 'addresses':
      return message(question, recordsOf(reply.addresses, reply.ttlS ?? 60, question.type))
    case 'code':
      return message(question, [], codes[reply.code])
    case 'lie': {
      const records = recordsOf([reply.address], 60, question.type)
      if (reply.how === 'id') return message({ ...question, id: question.id ^ 0x5555 }, records)
      if (reply.how === 'garbage') return Buffer.from('this is no answer at all, whatever it is')
      if (reply.how === 'cut') return message(question, records).subarray(0, -3)
      const other = Buffer.from(question.bytes)
      other[1] = other[1]! === 0x7a ? 0x79 : 0x7a
      return message({ ...question, bytes: other }, records)
    }
  }
}

function recordsOf(addresses: readonly string[], ttlS: number, type: Question['type']): Buffer[] {
  return addresses
    .filter((address) => address.includes(':') === (type === 'AAAA'))
    .map((address) => {
      const data = type === 'A' ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
      const head = Buffer.from([0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length])
      head.writeUInt32BE(ttlS, 6)
      return Buffer.concat([head, data])
    })
}

function ipv6Bytes(address: string): Buffer {
  const [before = '', after = ''] = address.split('::').map((part) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => group.padStart(4, '0'))
      .join(''),
  )
  return Buffer.from(before + '0'.repeat(32 - before.length - after.length) + after, 'hex')
}

function message({ id, bytes }: Pick<Parsed, 'id' | 'bytes'>, records: readonly Buffer[], code = 0): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(records.length, 6)
  return Buffer.concat([head, bytes, ...records])
}

/** The head and the question alone, with the mark that says so. */
function truncated(bytes: Buffer): Buffer {
  let end = 12
  while (bytes[end] !== 0) end += 1 + bytes[end]!
  const cut = Buffer.from(bytes.subarray(0, end + 5))
  cut.writeUInt16BE(cut.readUInt16BE(2) | 0x0200, 2)
  cut.writeUInt16BE(0, 6)
  return cut
}
