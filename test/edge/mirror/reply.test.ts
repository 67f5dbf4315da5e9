// Answers that nobody wants, whole and split at every byte: how far they are read, and whether their connection may be used again.
import t from 'tap'
import { defaultLimits } from '../../../src/edge/config.ts'
import { ResponseHead } from '../../../src/edge/http1/response.ts'
import { Reading, Reply, replyBytesMaximum } from '../../../src/edge/mirror/reply.ts'

type Row = {
  readonly bytes: string
  readonly method?: 'HEAD'
  readonly outcome: keyof typeof Reading
  readonly status?: number
  readonly reusable?: boolean
}

const head = new ResponseHead(defaultLimits)
const ok = 'HTTP/1.1 200 OK\r\n'
const rows: readonly Row[] = [
  { bytes: `${ok}Content-Length: 5\r\n\r\nhello`, outcome: 'Done', status: 200, reusable: true },
  { bytes: `${ok}Content-Length: 0\r\n\r\n`, outcome: 'Done', status: 200, reusable: true },
  { bytes: `${ok}Content-Length: 5\r\nConnection: close\r\n\r\nhello`, outcome: 'Done', status: 200, reusable: false },
  { bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', outcome: 'Done', status: 200, reusable: false },
  { bytes: `${ok}Content-Length: 5\r\n\r\nhell`, outcome: 'More', status: 200 },
  { bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n`, outcome: 'Done', status: 200, reusable: true },
  { bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, outcome: 'More', status: 200 },
  { bytes: `${ok}Transfer-Encoding: chunked\r\n\r\nnonsense`, outcome: 'Broken' },
  { bytes: `${ok}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n`, outcome: 'Broken' },
  { bytes: `${ok}\r\nall until the end`, outcome: 'More', status: 200, reusable: false },
  { bytes: 'HTTP/1.1 204 No Content\r\n\r\n', outcome: 'Done', status: 204, reusable: true },
  { bytes: 'HTTP/1.1 304 Not Modified\r\n\r\n', outcome: 'Done', status: 304, reusable: true },
  { bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n', outcome: 'Done', status: 304, reusable: false },
  { bytes: `${ok}Content-Length: 9\r\n\r\n`, method: 'HEAD', outcome: 'Done', status: 200, reusable: true },
  { bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n`, method: 'HEAD', outcome: 'Done', status: 200, reusable: true },
  {
    bytes: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    outcome: 'Done',
    status: 200,
    reusable: true,
  },
  { bytes: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(11), outcome: 'Broken' },
  { bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', outcome: 'Broken' },
  { bytes: 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno', outcome: 'Done', status: 503, reusable: true },
  { bytes: 'HTTP/1.1 999 What\r\n\r\n', outcome: 'Broken' },
  { bytes: 'SSH-2.0-OpenSSH_9.9\r\n', outcome: 'Broken' },
]

function readAll(reply: Reply, pieces: readonly string[]): number {
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    const reading = reply.read(bytes, bytes.length, defaultLimits, head)
    // The worker reads into the same memory again.
    bytes.fill(0)
    if (reading !== Reading.More) return reading
  }
  return Reading.More
}

for (const { bytes, method, outcome, status, reusable } of rows) {
  t.test(JSON.stringify(bytes.slice(0, 90)), (t) => {
    const wrong: string[] = []
    for (let at = 0; at <= bytes.length; at++) {
      const pieces = at === 0 ? [...bytes] : [bytes.slice(0, at), bytes.slice(at)].filter((piece) => piece !== '')
      const reply = new Reply(method === 'HEAD')
      const reading = readAll(reply, pieces)
      const asExpected =
        reading === Reading[outcome] && (status === undefined || reply.status === status) && (reusable === undefined || reply.reusable === reusable)
      if (!asExpected) wrong.push(`split at ${at}: ${reading}, status ${reply.status}, reusable: ${reply.reusable}`)
    }
    t.same(wrong, [])
    t.end()
  })
}

t.test('bytes behind an answer make its connection useless', (t) => {
  for (const bytes of [
    `${ok}Content-Length: 1\r\n\r\nx${ok}`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nx`,
    'HTTP/1.1 204 No Content\r\n\r\nx',
  ]) {
    const reply = new Reply(false)
    t.equal(readAll(reply, [bytes]), Reading.Done)
    t.equal(reply.reusable, false)
  }
  t.end()
})

t.test('no more is read than it is worth', (t) => {
  const piece = 'x'.repeat(65_536)
  for (const framing of ['Content-Length: 104857600\r\n\r\n', '\r\n', 'Transfer-Encoding: chunked\r\n\r\n6400000\r\n']) {
    const reply = new Reply(false)
    t.equal(readAll(reply, [`${ok}${framing}`, ...Array.from({ length: replyBytesMaximum / 65_536 - 1 }, () => piece)]), Reading.More)
    t.equal(readAll(reply, [piece]), Reading.Enough)
    t.equal(reply.status, 200)
  }
  t.end()
})

t.test('an answer without a length ends with its connection; any other that has not ended by then is broken', (t) => {
  const until = new Reply(false)
  readAll(until, [`${ok}\r\nabc`])
  t.equal(until.ended(), Reading.Done)
  for (const bytes of ['', 'HTTP/1.1 2', `${ok}Content-Length: 2\r\n\r\nx`, `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`]) {
    const reply = new Reply(false)
    readAll(reply, [bytes])
    t.equal(reply.ended(), Reading.Broken)
  }
  t.end()
})
