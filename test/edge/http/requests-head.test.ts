// The syntax of heads: line ends, control bytes, names, request lines. Rows R30–R38, R50–R52, R58, R76.
import t from 'tap'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { type Expect, type Row, refuse, serve, testRows } from './rows.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const get = 'GET /{n} HTTP/1.1\r\n'
const host = 'Host: a\r\n'

function fieldLine(id: string, name: string, line: string, expect: Expect = refuse()): Row {
  return { id, name, bytes: `${get}${host}${line}\r\nY: z\r\n\r\n`, expect }
}

function requestLine(id: string, line: string, expect: Expect = refuse()): Row {
  return { id, name: JSON.stringify(line), bytes: `${line}\r\n${host}\r\n`, expect }
}

const lineEndRows: Row[] = [
  { id: 'R30', name: 'request line ended by LF', bytes: `GET /{n} HTTP/1.1\n${host}\r\n`, expect: refuse() },
  { id: 'R30', name: 'field line ended by LF', bytes: `${get}Host: a\nX: b\r\n\r\n`, expect: refuse() },
  { id: 'R30', name: 'head ended by CRLF LF', bytes: `${get}${host}\n`, expect: refuse() },
  { id: 'R30', name: 'head ended by LF LF', bytes: `${get}Host: a\n\n`, expect: refuse() },
  { id: 'R30', name: 'LF everywhere', bytes: 'GET /{n} HTTP/1.1\nHost: a\n\n', expect: refuse() },
  { id: 'R30', name: 'LF CR', bytes: 'GET /{n} HTTP/1.1\n\rHost: a\n\r\n\r', expect: refuse() },
  fieldLine('R31', 'bare CR in a value', 'X: a\rb'),
  fieldLine('R31', 'bare CR before a name', '\rX: a'),
  fieldLine('R31', 'bare CR before CRLF', 'X: a\r'),
  fieldLine('R31', 'bare CR behind a colon', 'X:\ra'),
  { id: 'R31', name: 'head ended by CRLF CR and a byte', bytes: `${get}${host}\rX\r\n\r\n`, expect: refuse() },
  { id: 'R31', name: 'bare CR ends the request line', bytes: `GET /{n} HTTP/1.1\r${host}\r\n`, expect: refuse() },
]

const controlRows: Row[] = [
  fieldLine('R32', 'NUL in a value', 'X: a\x00b'),
  fieldLine('R32', 'NUL in a name', 'X\x00Y: a'),
  requestLine('R32', 'GET /{n}\x00 HTTP/1.1'),
  requestLine('R32', 'GE\x00T /{n} HTTP/1.1'),
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code))
    .filter((char) => char !== '\t' && char !== '\0')
    .concat('\x7f')
    .map((char) => fieldLine('R33', `${JSON.stringify(char)} in a value`, `X: a${char}b`)),
  fieldLine('R33', 'a tab inside a value', 'X: a\tb', serve({ has: [['X', 'a\tb']] })),
  fieldLine('R34', 'obs-text goes through byte by byte', `X: ${obsText()}`, serve({ has: [['X', obsText()]] })),
]

function obsText(): string {
  return String.fromCharCode(...Array.from({ length: 128 }, (_, index) => 128 + index))
}

const nameRows: Row[] = [
  fieldLine('R35', 'space before the colon', 'X : a'),
  fieldLine('R35', 'tab before the colon', 'X\t: a'),
  fieldLine('R36', 'a folded field', 'X: a\r\n b'),
  fieldLine('R36', 'a field folded by a tab', 'X: a\r\n\tb'),
  fieldLine('R36', 'a fold of spaces only', 'X: a\r\n '),
  { id: 'R37', name: 'space before the first field', bytes: `${get} Host: a\r\n\r\n`, expect: refuse() },
  { id: 'R37', name: 'tab before the first field', bytes: `${get}\t${host}\r\n`, expect: refuse() },
  { id: 'R37', name: 'a line of spaces first', bytes: `${get} \r\n${host}\r\n`, expect: refuse() },
  fieldLine('R38', 'no name', ': v'),
  fieldLine('R38', 'no colon', 'Foo'),
  fieldLine('R38', 'a name with 0x85', 'X\x85: v'),
  ...Array.from('(),/;<=>?@[\\]{}"').map((char) => fieldLine('R38', `a name with ${char}`, `F${char}oo: v`)),
  ...Array.from("!#$%&'*+-.^`|~09").map((char) =>
    fieldLine('R38', `a name with ${char} is legal`, `F${char}oo: v`, serve({ has: [[`F${char}oo`, 'v']] })),
  ),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'prototype'].map((name) =>
    fieldLine(
      'R76',
      name,
      `${name}: v\r\n${name}2: w`,
      serve({
        has: [
          [name, 'v'],
          [`${name}2`, 'w'],
        ],
      }),
    ),
  ),
]

const requestLineRows: Row[] = [
  ...['GET  /{n} HTTP/1.1', 'GET /{n}  HTTP/1.1', 'GET\t/{n} HTTP/1.1', 'GET /{n}\tHTTP/1.1', 'GET\x0b/{n} HTTP/1.1', 'GET /{n}\x0bHTTP/1.1'].map(
    (line) => requestLine('R50', line),
  ),
  ...['GET /{n} HTTP/1.1 ', 'GET /{n} HTTP/1.1\t', ' GET /{n} HTTP/1.1', '\tGET /{n} HTTP/1.1', 'GET/{n} HTTP/1.1', 'GET /{n}HTTP/1.1'].map((line) =>
    requestLine('R50', line),
  ),
  { id: 'R51', name: 'GET / without a version', bytes: 'GET /{n}\r\n', expect: refuse() },
  { id: 'R51', name: 'GET / without a version, with fields', bytes: `GET /{n}\r\n${host}\r\n`, expect: refuse() },
  { id: 'R51', name: 'GET / and a space', bytes: 'GET /{n} \r\n\r\n', expect: refuse() },
  ...['HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/3.0', 'HTTP/9.9', 'HTTP/1.9'].map((version) =>
    requestLine('R52', `GET /{n} ${version}`, refuse(505)),
  ),
  ...[
    'HTTP/01.1',
    'HTTP/1.1 x',
    'http/1.1',
    'HTTP/1.',
    'HTTPS/1.1',
    'HTTP/1.10',
    'HTTP/1',
    'HTTP/2',
    'HTTP/.1',
    'HTTP/1,1',
    'HTTP 1.1',
    'HTTP/+1.1',
    'HTTP/1.1\x00',
    'ICY/1.1',
    'Http/1.1',
  ].map((version) => requestLine('R52', `GET /{n} ${version}`)),
  { id: 'R58', name: 'one CRLF before the request', bytes: `\r\n${get}${host}\r\n`, expect: serve() },
  { id: 'R58', name: 'two CRLF before the request', bytes: `\r\n\r\n${get}${host}\r\n`, expect: refuse() },
  { id: 'R58', name: '10,000 CRLF before the request', bytes: `${'\r\n'.repeat(10_000)}${get}${host}\r\n`, expect: refuse() },
  { id: 'R58', name: 'LF before the request', bytes: `\n${get}${host}\r\n`, expect: refuse() },
  { id: 'R58', name: 'CR before the request', bytes: `\r${get}${host}\r\n`, expect: refuse() },
  { id: 'R58', name: 'a space before the request', bytes: ` ${get}${host}\r\n`, expect: refuse() },
]

t.comment(`seed ${harness.seed}`)
testRows(t, harness, [...lineEndRows, ...controlRows, ...nameRows, ...requestLineRows])
