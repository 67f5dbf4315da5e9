import type { Random } from './random.ts'

/** Requests and responses by the grammar of RFC 9112, with the fields that proxies read, in any order and spelling. */

const methods = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'HEAD', 'DELETE', 'OPTIONS', 'QUERY']
const hosts = ['a', 'example.com', 'EXAMPLE.com.', 'a:8080', '[::1]', '[2001:db8::1]:443', '192.0.2.1:80', 'xn--bcher-kva.example', 'a_b~c.d:']
const targets = [
  '/',
  '/a/b?c=d',
  '/%7e/..//x;y=z',
  '/?',
  '/a?b?c',
  "/!$&'()*+,;=:@-._~",
  '/"<>\\^`{|}',
  'http://b/x',
  'HTTP://B.c:80?q',
  'http://[::1]',
]
const values = ['', 'v', 'a, b', 'a\tb', '"q\\"s"', '\xe9\xff', 'a: b', '  padded \t', '0', ';=,', "!#$%&'*+-.^_`|~"]
const names = ['X-A', 'x-b', 'Accept', 'User-Agent', 'Cookie', 'X_C', "!#$%&'*+-.^`|~", 'constructor', '__proto__', 'toString', 'X'.repeat(40)]
const special = [
  ...['Connection: keep-alive', 'Connection: close', 'connection: X-A, x-b', 'Connection: close, TE', 'Connection: keep-alive\r\nConnection: X_C'],
  ...['Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'TE: trailers', 'te: gzip;q=0.5, trailers', 'Trailer: X-Sum', 'Expect: 100-Continue'],
  ...[
    'X-Forwarded-For: 192.0.2.1',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: h',
    'X-Forwarded-Port: 1',
    'Forwarded: for=192.0.2.1',
    'X-Real-IP: r',
  ],
  ...['Via: 1.0 fred', 'X-Request-ID: 7f-3', 'X-Request-ID: not valid', 'Max-Forwards: 4', 'Proxy-Authorization: Basic eA==', 'HTTP2-Settings: AAM'],
  ...['Upgrade: websocket', 'Connection: Upgrade\r\nUpgrade: websocket', 'Connection: upgrade\r\nUpgrade: h2c', 'Proxy-Authenticate: Basic'],
]

export function makeRequest(random: Random): string {
  const method = random.pick(methods)
  const target = method === 'OPTIONS' && random.oneIn(2) ? '*' : random.oneIn(3) ? `/${randomText(random)}` : random.pick(targets)
  const minor = random.oneIn(8) ? 0 : 1
  const body = makeBody(random, random.int(minor === 0 ? 2 : 3))
  const fields = [`${spelled('Host', random)}:${padding(random)}${random.pick(hosts)}${padding(random)}`, ...body.fields, ...makeFields(random)]
  return `${random.oneIn(40) ? '\r\n' : ''}${method} ${target} HTTP/1.${minor}\r\n${shuffled(fields, random).join('\r\n')}\r\n\r\n${body.text}`
}

const statusLines = ['200 OK', '200 OK', '200 ', '200', '201 Created', '204 No Content', '304 Not Modified', '404 \xe9t\xe9', '500 a\tb', '302 Found']

export function makeResponse(random: Random): string {
  const interim = random.oneIn(10)
    ? `HTTP/1.1 ${random.pick(['100 Continue', '103 Early Hints'])}\r\n${random.oneIn(2) ? 'Link: </a>\r\n' : ''}\r\n`
    : ''
  const minor = random.oneIn(8) ? 0 : 1
  const body = makeBody(random, random.int(minor === 0 ? 2 : 3))
  const text = body.fields.length === 0 && random.oneIn(2) ? 'until the end' : body.text
  const fields = shuffled([...body.fields, ...makeFields(random)], random).map((line) => `${line}\r\n`)
  return `${interim}HTTP/1.${minor} ${random.pick(statusLines)}\r\n${fields.join('')}\r\n${text}`
}

function makeFields(random: Random): string[] {
  const fields: string[] = []
  const count = random.oneIn(60) ? 30 + random.int(75) : random.int(6)
  for (let field = 0; field < count; field++) {
    if (random.oneIn(3)) fields.push(spelled(random.pick(special), random))
    else fields.push(`${random.pick(names)}:${padding(random)}${random.oneIn(3) ? randomText(random) : random.pick(values)}${padding(random)}`)
  }
  return fields
}

type MadeBody = { readonly fields: readonly string[]; readonly text: string }

function makeBody(random: Random, kind: number): MadeBody {
  if (kind === 0) return { fields: [], text: '' }
  const content = random.oneIn(30) ? 'x'.repeat(random.int(20_000)) : random.oneIn(4) ? 'GET / HTTP/1.1\r\nHost: evil\r\n\r\n' : randomText(random)
  if (kind === 1) {
    return { fields: [`${spelled('Content-Length', random)}:${padding(random)}${random.oneIn(10) ? '00' : ''}${content.length}`], text: content }
  }
  let text = ''
  for (let at = 0; at < content.length; ) {
    const size = 1 + random.int(content.length - at)
    text += `${chunkSize(size, random)}${extension(random)}\r\n${content.slice(at, at + size)}\r\n`
    at += size
  }
  const trailers = random.oneIn(4) ? ['X-Sum: 1', 'X-Empty:', 'Expires:\t0 '].slice(random.int(3)).map((line) => `${line}\r\n`) : []
  return {
    fields: [`${spelled('Transfer-Encoding', random)}: ${spelled('chunked', random)}`],
    text: `${text}0${extension(random)}\r\n${trailers.join('')}\r\n`,
  }
}

function chunkSize(size: number, random: Random): string {
  const digits = size.toString(16)
  return `${random.oneIn(8) ? '00' : ''}${random.oneIn(2) ? digits.toUpperCase() : digits}`
}

function extension(random: Random): string {
  return random.oneIn(6) ? random.pick([';a', ';a=b', ';a="b;c"', ';a="\\"";b=c', ';a;b;c', ";!#$%&'*+-.^_`|~=1", ';a="\t \xe9"']) : ''
}

function randomText(random: Random): string {
  let text = ''
  for (let count = random.int(12); count > 0; count--) text += String.fromCharCode(33 + random.int(94)).replace('#', 'h')
  return text
}

function padding(random: Random): string {
  return random.oneIn(3) ? random.pick(['', '  ', '\t', ' \t ']) : ' '
}

/** The same letters in another case, now and then. */
function spelled(text: string, random: Random): string {
  return random.oneIn(4) ? random.pick([text.toLowerCase(), text.toUpperCase()]) : text
}

function shuffled(fields: readonly string[], random: Random): string[] {
  const lines = [...fields]
  for (let at = lines.length - 1; at > 0; at--) {
    const other = random.int(at + 1)
    const kept = lines[at]!
    lines[at] = lines[other]!
    lines[other] = kept
  }
  return lines
}
