import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { fieldOf, type Message, statusOf } from '../http/message.ts'
import { reset } from '../http/reset.ts'
import type { Received, UpstreamConnection } from '../http/upstream.ts'

/** How an upstream treats a request; the request's path says it. */
export const kinds = ['plain', 'interim', 'bodiless', 'leave', 'extra', 'early', 'cut', 'dead', 'garbage', 'silent'] as const
export type Kind = (typeof kinds)[number]
/** After these a client is owed a whole answer, and nothing else. */
const sound: readonly Kind[] = ['plain', 'interim', 'bodiless', 'leave', 'extra']

export type Asked = { readonly nonce: string; readonly kind: Kind; readonly method: string; readonly body: string }
export type Random = (below: number) => number

const garbage = [
  '\0',
  '\r\n\r\n',
  'HTTP/1.1 999 X\r\n\r\n',
  'HTTP/1.1 200 OK\nA: b\n\n',
  '<!doctype html>\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx',
]
const sizes = [0, 5, 1_000, 15_900, 16_100, 70_000, 200_000]

function digestOf(body: string): string {
  return createHash('sha1').update(body, 'latin1').digest('hex')
}

export function filler(nonce: string, length: number): string {
  return `${nonce}.`.repeat(Math.ceil(length / (nonce.length + 1))).slice(0, length)
}

/** Names its request at both ends, and what the upstream got of the request's body. */
function bodyFor(nonce: string, requestBody: string, size: number): string {
  return `${nonce} ${digestOf(requestBody)} ${filler(nonce, size)} end ${nonce}`
}

/** What is wrong with a complete answer, for who asked this; undefined: nothing. */
export function wrongIn(answer: Message, asked: Asked): string | undefined {
  const status = statusOf(answer)
  const foreign = /\bn\d{7}\b/.exec(`${fieldOf(answer, 'x-nonce') ?? ''} ${answer.body.slice(0, 60)} ${answer.body.slice(-60)}`)
  if (foreign !== null && foreign[0] !== asked.nonce) return `the answer of ${foreign[0]}`
  if (status >= 500) return sound.includes(asked.kind) ? `${answer.startLine} to a ${asked.method}` : undefined
  if (asked.kind === 'early') return status === 401 ? undefined : answer.startLine
  if (asked.kind === 'bodiless' && (status === 204 || status === 304)) return answer.body === '' ? undefined : 'a body where there is none'
  if (status !== 200) return answer.startLine
  if (asked.kind === 'dead' || asked.kind === 'garbage' || asked.kind === 'silent') return `a 200 from nowhere`
  if (asked.kind === 'cut') return 'a broken answer that looks complete'
  if (fieldOf(answer, 'x-nonce') !== asked.nonce) return `X-Nonce ${fieldOf(answer, 'x-nonce')}`
  if (asked.method === 'HEAD') return answer.body === '' ? undefined : 'a body for HEAD'
  const size = answer.body.length - bodyFor(asked.nonce, asked.body, 0).length
  return answer.body === bodyFor(asked.nonce, asked.body, size)
    ? undefined
    : `${answer.body.length} wrong bytes: ${JSON.stringify(answer.body.slice(0, 90))}`
}

/** Answers as the path asks for; resolves when all is written. */
export async function misconduct({ request, connection }: Received, random: Random): Promise<void> {
  const [method = '', target = ''] = request.startLine.split(' ')
  const [, kind = '', nonce = ''] = target.split('/')
  const { requests } = connection
  const say = (text: string): void => void connection.socket.write(text, 'latin1')
  switch (kind as Kind | 'tunnel') {
    case 'tunnel':
      return echo(connection, say)
    case 'silent':
      return
    case 'dead':
      return end(connection, random)
    case 'garbage':
      say(garbage[random(garbage.length)]!)
      return end(connection, random)
    case 'bodiless':
      say(`HTTP/1.1 ${random(2) === 0 ? '204 No Content' : '304 Not Modified'}\r\nX-Nonce: ${nonce}\r\n\r\n`)
      return
    case 'interim':
      for (let count = 1 + random(3); count > 0; count--) {
        await inPieces('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', say, random)
      }
  }
  const extra = kind === 'extra'
  const body = bodyFor(nonce, request.body, sizes[random(extra ? 3 : sizes.length)]!)
  const framing = method === 'HEAD' ? 'length' : (['length', 'chunked', 'close'] as const)[random(extra ? 2 : 3)]!
  const head = `HTTP/1.1 200 OK\r\nX-Nonce: ${nonce}\r\n`
  const text =
    framing === 'length'
      ? `${head}Content-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`
      : framing === 'chunked'
        ? `${head}Transfer-Encoding: chunked\r\n\r\n${inChunks(body, random)}0\r\n\r\n`
        : `${head}Connection: close\r\n\r\n${body}`
  if (kind === 'cut') {
    await inPieces(text.slice(0, Math.max(1, random(text.length - 1))), say, random)
    if (framing === 'close' || random(2) === 0) reset(connection.socket)
    else connection.socket.end()
    return
  }
  if (extra) {
    // In one write, so that it comes with the answer: what comes later cannot be told from the answer to the next request.
    say(`${text}HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nBAD`)
    return
  }
  await inPieces(text, say, random)
  if (framing === 'close') connection.socket.end()
  else if (kind === 'leave') leaveSoon(connection, requests, random)
}

/** Unless another request has begun on it. */
function leaveSoon(connection: UpstreamConnection, requests: number, random: Random): void {
  setTimeout(() => {
    if (connection.requests === requests && connection.pending === '') connection.socket.end()
  }, random(8))
}

export function inChunks(body: string, random: Random): string {
  let text = ''
  for (let at = 0; at < body.length; ) {
    const chunk = body.slice(at, at + 1 + random(body.length))
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`
    at += chunk.length
  }
  return text
}

/** At once, or in some pieces with pauses between them. */
export async function inPieces(text: string, say: (piece: string) => void, random: Random): Promise<void> {
  let at = 0
  for (let cuts = random(3) === 0 ? 1 + random(4) : 0; cuts > 0 && at < text.length; cuts--) {
    const piece = text.slice(at, at + 1 + random(text.length - at))
    at += piece.length
    say(piece)
    await delay(random(6))
  }
  if (at < text.length) say(text.slice(at))
}

function end(connection: UpstreamConnection, random: Random): void {
  if (random(2) === 0) reset(connection.socket)
  else connection.socket.end()
}

function echo(connection: UpstreamConnection, say: (text: string) => void): void {
  const { socket } = connection
  const ahead = connection.pending
  connection.pending = ''
  socket.removeAllListeners('data')
  say(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${ahead}`)
  socket.on('data', (data: string) => say(data))
}
