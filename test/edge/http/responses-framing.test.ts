// How an upstream's answer ends: rows S01–S05, S08, S12–S14, S18, S20.
import t from 'tap'
import { type AnswerRow, bad, cut, relay, testAnswers } from './answers.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { fieldOf, fieldsOf } from './message.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const five = `${ok}Content-Length: 5\r\n\r\nhello`
const head = 'HEAD /{n} HTTP/1.1\r\nHost: a\r\n\r\n'

const lengthRows: AnswerRow[] = [
  {
    id: 'S01',
    name: 'Content-Length, then Transfer-Encoding',
    bytes: `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    outcome: bad,
  },
  {
    id: 'S01',
    name: 'Transfer-Encoding, then Content-Length',
    bytes: `${ok}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    outcome: bad,
  },
  { id: 'S02', name: 'two lengths', bytes: `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, outcome: bad },
  { id: 'S02', name: 'a list of lengths that differ', bytes: `${ok}Content-Length: 5, 6\r\n\r\nhello!`, outcome: bad },
  ...['+5', '-5', '0x5', '5 5', '', '5.0', '9007199254740993', '18446744073709551621', '5;', '\xb2'].map(
    (value): AnswerRow => ({
      id: 'S02',
      name: `Content-Length ${JSON.stringify(value)}`,
      bytes: `${ok}Content-Length: ${value}\r\n\r\nhello`,
      outcome: bad,
    }),
  ),
  ...[
    'gzip',
    'chunked, gzip',
    'gzip, chunked',
    'identity',
    'xchunked',
    'chunked, chunked',
    'chunked\r\nTransfer-Encoding: chunked',
    'chunked;q=1',
    ',chunked',
    '\x0bchunked',
    '',
  ].map(
    (coding): AnswerRow => ({
      id: 'S02',
      name: `Transfer-Encoding ${JSON.stringify(coding)}`,
      bytes: `${ok}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      outcome: bad,
    }),
  ),
  { id: 'S03', name: '5 bytes of 50, then FIN', bytes: `${ok}Content-Length: 50\r\n\r\nhello`, after: 'fin', outcome: cut },
  { id: 'S03', name: 'no byte of 50, then FIN', bytes: `${ok}Content-Length: 50\r\n\r\n`, after: 'fin', outcome: cut },
  { id: 'S04', name: '5 bytes and others', bytes: `${five}EXTRA`, outcome: relay(200, { body: 'hello', reused: false }) },
  { id: 'S04', name: '0 bytes and others', bytes: `${ok}Content-Length: 0\r\n\r\n\r\n`, outcome: relay(200, { reused: false }) },
  { id: 'S04', name: 'chunks and others', bytes: `${chunked}5\r\nhello\r\n0\r\n\r\nX`, outcome: relay(200, { body: 'hello', reused: false }) },
  { id: 'S05', name: 'two answers', bytes: `${five}${ok}Content-Length: 4\r\n\r\nevil`, outcome: relay(200, { body: 'hello', reused: false }) },
  {
    id: 'S05',
    name: 'a whole answer is relayed and its connection kept',
    bytes: five,
    outcome: relay(200, { body: 'hello', reused: true, has: [['Content-Length', '5']] }),
  },
  {
    id: 'S05',
    name: 'chunks are relayed and their connection kept',
    bytes: `${chunked}5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
    outcome: relay(200, { body: 'hello world', reused: true }),
  },
]

const bodilessRows: AnswerRow[] = [
  {
    id: 'S08',
    name: '204 with a body',
    bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    outcome: relay(204, { reused: false, lacks: ['Content-Length'] }),
  },
  {
    id: 'S08',
    name: '204 in chunks',
    bytes: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    outcome: relay(204, { reused: false, lacks: ['Transfer-Encoding'] }),
  },
  { id: 'S08', name: '204 with bytes behind it', bytes: 'HTTP/1.1 204 No Content\r\n\r\nhello', outcome: relay(204, { reused: false }) },
  {
    id: 'S08',
    name: '204 as it should be',
    bytes: 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
    outcome: relay(204, { reused: true, has: [['X', 'y']] }),
  },
  {
    id: 'S08',
    name: '304 with a body',
    bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello',
    outcome: relay(304, { reused: false }),
  },
  {
    id: 'S08',
    name: '304 in chunks',
    bytes: 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    outcome: relay(304, { reused: false }),
  },
  {
    id: 'S08',
    name: '304 with the length of what it stands for',
    bytes: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',
    outcome: relay(304, { has: [['ETag', '"a"']] }),
  },
  { id: 'S08', name: 'an answer to HEAD with a body', request: head, bytes: five, outcome: relay(200, { reused: false }) },
  {
    id: 'S08',
    name: 'an answer to HEAD in chunks',
    request: head,
    bytes: `${chunked}5\r\nhello\r\n0\r\n\r\n`,
    outcome: relay(200, { reused: false }),
  },
  {
    id: 'S08',
    name: 'an answer to HEAD with its length',
    request: head,
    bytes: `${ok}Content-Length: 5\r\n\r\n`,
    outcome: relay(200, { reused: true, has: [['Content-Length', '5']] }),
  },
  { id: 'S08', name: 'an answer to HEAD that would be chunked', request: head, bytes: chunked, outcome: relay(200, { reused: true }) },
]

const badChunks = [
  '5\r\nhelloXX\r\n0\r\n\r\n',
  '5\r\nhel\r\n0\r\n\r\n',
  'Z\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '5;a\nb\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\nhello\r\n0\r\n\r\n',
  '\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\n\r\n',
  '5\r\nhello\r\n0\r\nX : y\r\n\r\n',
  '5\r\nhello\r\n0\r\nX: y\n\r\n',
]
const endingRows: AnswerRow[] = [
  { id: 'S12', name: 'a chunk cut off by FIN', bytes: `${chunked}a\r\nhello`, after: 'fin', outcome: cut },
  { id: 'S12', name: 'FIN behind a chunk', bytes: `${chunked}5\r\nhello\r\n`, after: 'fin', outcome: cut },
  { id: 'S12', name: 'FIN inside the last chunk', bytes: `${chunked}5\r\nhello\r\n0\r\n`, after: 'fin', outcome: cut },
  ...badChunks.map((chunks): AnswerRow => ({ id: 'S12', name: JSON.stringify(chunks.slice(0, 24)), bytes: chunked + chunks, outcome: cut })),
  { id: 'S12', name: '64 KiB of extensions', bytes: `${chunked}5;${'a'.repeat(65_536)}\r\nhello\r\n0\r\n\r\n`, outcome: cut, splits: 20 },
  {
    id: 'S13',
    name: 'until FIN, to an HTTP/1.1 client',
    bytes: `${ok}\r\nhello`,
    after: 'fin',
    outcome: relay(200, {
      body: 'hello',
      reused: false,
      check: (response) => (response.framing === 'chunked' ? undefined : `framed by ${response.framing}`),
    }),
  },
  { id: 'S13', name: 'an empty one until FIN', bytes: `${ok}\r\n`, after: 'fin', outcome: relay(200, { reused: false }) },
  {
    id: 'S13',
    name: 'until FIN, to an HTTP/1.0 client',
    request: 'GET /{n} HTTP/1.0\r\nHost: a\r\n\r\n',
    bytes: `${ok}\r\nhello`,
    after: 'fin',
    outcome: relay(200, { body: 'hello', reused: false, ends: true }),
  },
  { id: 'S13', name: 'until RST', bytes: `${ok}\r\nhello`, after: 'reset', outcome: cut },
  { id: 'S14', name: 'RST inside a length', bytes: `${ok}Content-Length: 50\r\n\r\nhello`, after: 'reset', outcome: cut },
  { id: 'S14', name: 'RST inside chunks', bytes: `${chunked}5\r\nhello\r\n`, after: 'reset', outcome: cut },
  { id: 'S18', name: 'FIN behind a whole answer', bytes: five, after: 'fin', outcome: relay(200, { body: 'hello', reused: false }) },
  { id: 'S18', name: 'RST behind a whole answer', bytes: five, after: 'reset', outcome: relay(200, { body: 'hello', reused: false }) },
]

const oldRows: AnswerRow[] = [
  {
    id: 'S20',
    name: 'HTTP/1.0 with a length',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    outcome: relay(200, { body: 'hello', reused: false }),
  },
  {
    id: 'S20',
    name: 'HTTP/1.0 that keeps',
    bytes: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 5\r\n\r\nhello',
    outcome: relay(200, {
      body: 'hello',
      reused: true,
      lacks: ['Keep-Alive'],
      check: (response) =>
        response.startLine.startsWith('HTTP/1.1 ') && fieldsOf(response, 'connection').length <= 1 && fieldOf(response, 'connection') !== 'close'
          ? undefined
          : 'not as HTTP/1.1',
    }),
  },
  {
    id: 'S20',
    name: 'HTTP/1.0 until FIN',
    bytes: 'HTTP/1.0 200 OK\r\n\r\nhello',
    after: 'fin',
    outcome: relay(200, { body: 'hello', reused: false }),
  },
  { id: 'S20', name: 'HTTP/1.0 in chunks', bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', outcome: bad },
  { id: 'S20', name: 'a bare body, as in HTTP/0.9', bytes: '<html>hello</html>\r\n', after: 'fin', outcome: bad },
]

t.comment(`seed ${harness.seed}`)
testAnswers(t, harness, [...lengthRows, ...bodilessRows, ...endingRows, ...oldRows])
