// Where a request wants to go: Host and request target. Rows R39–R49.
import t from 'tap'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { fieldOf, type Message } from './message.ts'
import { type Expect, type Row, refuse, serve, testRows } from './rows.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

function hosted(id: string, host: string, expect: Expect = refuse()): Row {
  return { id, name: `Host ${JSON.stringify(host.slice(0, 60))}`, bytes: `GET /{n} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, expect }
}

/** `target` with the mark inside or, where it has no room, in another field. */
function targeted(id: string, target: string, expect: Expect = refuse(), host = 'a'): Row {
  const named = JSON.stringify(target.length > 80 ? `${target.slice(0, 60)}… (${target.length})` : target)
  return { id, name: named, bytes: `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nX: {n}\r\n\r\n`, expect }
}

const hostRows: Row[] = [
  { id: 'R39', name: 'no Host', bytes: 'GET /{n} HTTP/1.1\r\n\r\n', expect: refuse() },
  { id: 'R39', name: 'no Host, other fields', bytes: 'GET /{n} HTTP/1.1\r\nX-Host: a\r\nHosts: a\r\n\r\n', expect: refuse() },
  { id: 'R39', name: 'no Host, absolute form', bytes: 'GET http://b/{n} HTTP/1.1\r\n\r\n', expect: refuse() },
  { id: 'R40', name: 'two that differ', bytes: 'GET /{n} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', expect: refuse() },
  { id: 'R40', name: 'two that are equal', bytes: 'GET /{n} HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', expect: refuse() },
  { id: 'R40', name: 'two in other cases, apart', bytes: 'GET /{n} HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n', expect: refuse() },
  { id: 'R40', name: 'two in HTTP/1.0', bytes: 'GET /{n} HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', expect: refuse() },
  { id: 'R40', name: 'two with absolute form', bytes: 'GET http://b/{n} HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n', expect: refuse() },
  ...['a/b', 'u@a', 'a, b', 'a,b', 'a:99999', 'a:65536', 'a b', 'a\tb', '[::1', '::1', '', 'a%00', 'a'.repeat(256), 'a'.repeat(4_000)].map((host) =>
    hosted('R41', host),
  ),
  ...[
    'a?b',
    'a#b',
    'a\\b',
    '"a"',
    '<a>',
    'a:80:80',
    'a:8x',
    'a:-1',
    'a:+80',
    ':80',
    '[::1]x',
    '[::1',
    '[]',
    '[g::1]',
    '[::1]:99999',
    'http://a',
    'b\xfccher.example',
    'a\x7f',
  ].map((host) => hosted('R41', host)),
  ...['[::1]', '[2001:db8::1]:8080', '192.0.2.1', 'a:8080', 'a-b.c_d', 'a'.repeat(63)].map((host) =>
    hosted('R41', host, serve({ has: [['Host', host]] })),
  ),
  ...[
    'example.com',
    'EXAMPLE.com',
    'EXAMPLE.com.',
    'example.com:80',
    'Example.Com.:80',
    'xn--bcher-kva.example',
    'XN--BCHER-KVA.example',
    'b',
    'B.',
  ].map((host) =>
    hosted(
      'R42',
      host,
      serve({
        by: 'canary',
        has: [
          ['Host', host],
          ['X-Forwarded-Host', host],
        ],
      }),
    ),
  ),
  ...['example.com.evil', 'xexample.com', 'example.co', 'www.example.com'].map((host) => hosted('R42', host, serve({ has: [['Host', host]] }))),
]

const absolute = serve({ by: 'canary', startLine: 'GET /{n} HTTP/1.1', has: [['Host', 'b']] })
const absoluteRows: Row[] = [
  targeted('R43', 'http://b/{n}', absolute),
  targeted('R43', 'HTTP://b/{n}', absolute),
  targeted('R43', 'http://b/{n}', absolute, 'example.com'),
  targeted('R43', 'http://b/{n}?q=http://a/', { ...absolute, startLine: 'GET /{n}?q=http://a/ HTTP/1.1' }),
  targeted('R43', 'http://b?{n}', { ...absolute, startLine: 'GET /?{n} HTTP/1.1' }),
  targeted('R43', 'http://EXAMPLE.com./{n}', { ...absolute, has: [['Host', 'EXAMPLE.com.']] }, 'b'),
  targeted('R43', 'http://example.com:80/{n}', { ...absolute, has: [['Host', 'example.com:80']] }),
  targeted('R43', 'http://a/{n}', serve({ by: 'stable', startLine: 'GET /{n} HTTP/1.1', has: [['Host', 'a']] }), 'b'),
  targeted('R43', 'http://a/x/{n}', serve({ by: 'canary', startLine: 'GET /x/{n} HTTP/1.1', has: [['Host', 'a']] }), 'nowhere'),
  ...[
    'http://u@a/{n}',
    'http://u:p@a/{n}',
    'http://@a/{n}',
    'ftp://a/{n}',
    'https://a/{n}',
    'ws://a/{n}',
    'http:///{n}',
    'http://:80/{n}',
    'http:/{n}',
  ].map((target) => targeted('R44', target)),
  ...[
    'http:{n}',
    'http://a b/{n}',
    'http://a:99999/{n}',
    'http://a\\@b/{n}',
    'http://[::1/{n}',
    'http://a%00/{n}',
    'http://a#{n}',
    'http://a/{n}#f',
    'file:///{n}',
    '//b/{n} http://',
  ].map((target) => targeted('R44', target)),
  { ...targeted('R44', `http://a/${'x'.repeat(100 * 1024)}`, refuse(400, 414)), splits: 40 },
]

const formRows: Row[] = [
  targeted('R45', 'a:80'),
  targeted('R45', '[::1]:80'),
  ...['a:80', 'a', '/', '*', 'a:443', '[::1]:80', 'http://a/'].map(
    (target): Row => ({
      id: 'R46',
      name: `CONNECT ${target}`,
      bytes: `CONNECT ${target} HTTP/1.1\r\nHost: a:80\r\nX: {n}\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`,
      expect: refuse(405),
    }),
  ),
  {
    id: 'R47',
    name: 'OPTIONS * is answered here',
    bytes: 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
    expect: {
      kind: 'answer',
      statuses: [204],
      check: (response) => (/\bGET\b.*\bPOST\b/.test(fieldOf(response, 'allow') ?? '') ? undefined : 'without Allow'),
    },
  },
  { id: 'R47', name: 'OPTIONS * for a routed host', bytes: 'OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n', expect: { kind: 'answer', statuses: [204] } },
  ...['*', 'foo', '?{n}', '*/{n}', '**', '.', '{n}', ':/{n}', '%2F{n}'].map((target) => targeted('R48', target)),
  { id: 'R48', name: 'POST *', bytes: 'POST * HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', expect: refuse() },
  { id: 'R48', name: 'OPTIONS *x', bytes: 'OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n', expect: refuse() },
]

const asIs = (target: string, by: 'stable' | 'canary' = 'stable'): Row => ({
  id: 'R49',
  name: target,
  bytes: `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`,
  expect: serve({ by, startLine: `GET ${target} HTTP/1.1`, check: (forwarded: Message) => (forwarded.body === '' ? undefined : 'with a body') }),
})

const targetRows: Row[] = [
  ...[
    '/{n}#b',
    '/{n} b',
    '/{n}\x80',
    '/{n}\xff',
    '/{n}\xc3\xa9',
    '/{n}\x01',
    '/{n}\x1f',
    '/{n}\x7f',
    '/{n}\tb',
    '\\{n}',
    '/{n}?a#b',

    '/{n}?\xe9',
  ].map((target) => targeted('R49', target)),
  ...['/%00?{n}', '/%0d%0a?{n}', '//x?{n}', '/../x?{n}', '/%2e%2e/x?{n}', '/a//b/{n}', '/a%2Fb?{n}', '/%78?{n}', '/X?{n}', '/xy?{n}', '/./x?{n}'].map(
    (target) => asIs(target),
  ),
  // RFC 3986 has no backslash in a URI; the row has it go on as it is, and no route reads it as a slash.
  ...['/{n}\\b', '/{n}?a\\b'].map((target) => asIs(target)),
  ...['/{n}?a=b&c=%zz', '/{n}%', '/{n}?', '/{n}?a=/../x', "/{n};a=b,c!$'()*+@:~[]", '/{n}{|}^`"<>', '//{n}', '///{n}//'].map((target) =>
    asIs(target),
  ),
  ...['/x?{n}', '/x/{n}', '/x//{n}', '/x/../{n}', '/x/%2e%2e/{n}', '/x/?{n}'].map((target) => asIs(target, 'canary')),
]

t.comment(`seed ${harness.seed}`)
testRows(t, harness, [...hostRows, ...absoluteRows, ...formRows, ...targetRows])
