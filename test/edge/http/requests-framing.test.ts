// How long a request's body is must have one answer, for every recipient: rows R01–R19.
import t from 'tap'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { type Row, refuse, serve, testRows } from './rows.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const post = 'POST /{n} HTTP/1.1\r\nHost: a\r\n'
const lastChunk = '0\r\n\r\n'

const lengthRows: Row[] = [
  {
    id: 'R01',
    name: 'Content-Length, then Transfer-Encoding',
    bytes: `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${lastChunk}`,
    expect: refuse(),
  },
  {
    id: 'R02',
    name: 'Transfer-Encoding, then Content-Length',
    bytes: `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${lastChunk}`,
    expect: refuse(),
  },
  { id: 'R02', name: 'with Content-Length 0', bytes: `${post}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${lastChunk}`, expect: refuse() },
  { id: 'R03', name: 'two lengths that differ', bytes: `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, expect: refuse() },
  {
    id: 'R03',
    name: 'two lengths that differ, in other cases',
    bytes: `${post}content-length: 6\r\nCONTENT-LENGTH: 5\r\n\r\nhello!`,
    expect: refuse(),
  },
  { id: 'R04', name: 'two equal lengths', bytes: `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, expect: refuse() },
  { id: 'R05', name: 'a list of lengths', bytes: `${post}Content-Length: 5, 5\r\n\r\nhello`, expect: refuse() },
  ...['+5', '-1', '0x5', '5 5', '5.0', '5e0', '', '5_0'].map(
    (value): Row => ({ id: 'R06', name: `Content-Length "${value}"`, bytes: `${post}Content-Length: ${value}\r\n\r\nhello`, expect: refuse() }),
  ),
  ...['5,', ',5', '"5"', '5;', '5\t5', '\xb2'].map(
    (value): Row => ({
      id: 'R06',
      name: `Content-Length ${JSON.stringify(value)}`,
      bytes: `${post}Content-Length: ${value}\r\n\r\nhello`,
      expect: refuse(),
    }),
  ),
  ...['18446744073709551616', '9223372036854775808', '9007199254740993', '4294967296000000000000000000000000000005'].map(
    (value): Row => ({ id: 'R07', name: `Content-Length ${value}`, bytes: `${post}Content-Length: ${value}\r\n\r\nhello`, expect: refuse() }),
  ),
  ...['005', '00000000000000000005'].map(
    (value): Row => ({
      id: 'R08',
      name: `Content-Length ${value} is 5`,
      bytes: `${post}Content-Length: ${value}\r\n\r\nhello`,
      expect: serve({ body: 'hello', has: [['Content-Length', '5']] }),
    }),
  ),
]

function coded(id: string, name: string, coding: string, statuses: number[] = [400]): Row {
  return { id, name, bytes: `${post}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n${lastChunk}`, expect: refuse(...statuses) }
}

const codingRows: Row[] = [
  coded('R09', 'gzip alone', 'gzip'),
  coded('R10', 'gzip after chunked', 'chunked, gzip'),
  coded('R11', 'gzip before chunked', 'gzip, chunked', [501]),
  coded('R11', 'deflate before chunked, no space', 'deflate,chunked', [501]),
  coded('R12', 'chunked twice in a list', 'chunked, chunked'),
  coded('R12', 'chunked on two lines', 'chunked\r\nTransfer-Encoding: chunked'),
  coded('R12', 'chunked on two lines, in other cases', 'chunked\r\ntransfer-encoding: Chunked'),
  ...['xchunked', 'chunk', '"chunked"', 'chunkedx', 'chunked chunked'].map((coding) => coded('R13', coding, coding, [400, 501])),
  {
    id: 'R13',
    name: 'identity with a length',
    bytes: `${post}Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello`,
    expect: refuse(400, 501),
  },
  ...[',chunked', 'chunked,', 'chunked;q=1', 'chunked ;q=1', '', ','].map((coding) => coded('R14', JSON.stringify(coding), coding)),
  ...['\x0b', '\x0c', '\x00', '\x85', '\xa0'].flatMap((mark) => [
    coded('R15', `${JSON.stringify(mark)} before chunked`, `${mark}chunked`),
    coded('R15', `${JSON.stringify(mark)} after chunked`, `chunked${mark}`),
  ]),
  coded('R15', 'a trailing tab', 'chunked\t'),
  ...[' ', '\t'].map(
    (space): Row => ({
      id: 'R16',
      name: `${JSON.stringify(space)} before the colon`,
      bytes: `${post}Transfer-Encoding${space}: chunked\r\n\r\n${lastChunk}`,
      expect: refuse(),
    }),
  ),
  ...[' ', '\t'].map(
    (space): Row => ({
      id: 'R17',
      name: `folded by ${JSON.stringify(space)}`,
      bytes: `${post}Transfer-Encoding:\r\n${space}chunked\r\n\r\n${lastChunk}`,
      expect: refuse(),
    }),
  ),
  {
    id: 'R18',
    name: 'chunked in HTTP/1.0',
    bytes: `POST /{n} HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${lastChunk}`,
    expect: refuse(),
  },
  {
    id: 'R18',
    name: 'chunked with a length in HTTP/1.0',
    bytes: `POST /{n} HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${lastChunk}`,
    expect: refuse(),
  },
  ...[
    'Transfer_Encoding: chunked',
    'Content_Length: 5',
    'content_length: 5',
    'X_Forwarded_For: 192.0.2.1',
    'X_Forwarded-Proto: https',
    'X-Forwarded_Host: evil',
    'Keep_Alive: 5',
    'Proxy_Connection: close',
    'Proxy_Authorization: Basic eA==',
  ].map((field): Row => ({ id: 'R19', name: field, bytes: `${post}${field}\r\nContent-Length: 0\r\n\r\n`, expect: refuse() })),
  {
    id: 'R19',
    name: 'another name with an underscore',
    bytes: `${post}X_Mine: 1\r\nContent-Length: 0\r\n\r\n`,
    expect: serve({ has: [['X_Mine', '1']] }),
  },
  {
    id: 'R01',
    name: 'a plain chunked body is served',
    bytes: `${post}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n${lastChunk}`,
    expect: serve({ body: 'hello world' }),
  },
]

t.comment(`seed ${harness.seed}`)
testRows(t, harness, [...lengthRows, ...codingRows])
