// What mutations start from: the requests and responses that are known to tell parsers apart, and plain ones. Bytes as latin1.

const get = 'GET / HTTP/1.1\r\n'
const host = 'Host: a\r\n'
const post = `POST /p HTTP/1.1\r\n${host}`
const chunkedPost = `${post}Transfer-Encoding: chunked\r\n\r\n`
const last = '0\r\n\r\n'
const chunks = `5\r\nhello\r\n${last}`

const withField = (line: string): string => `${get}${host}${line}\r\n\r\n`
const withLength = (value: string): string => `${post}Content-Length: ${value}\r\n\r\nhello`
const withCoding = (value: string): string => `${post}Transfer-Encoding: ${value}\r\n\r\n${chunks}`
const withHost = (value: string): string => `${get}Host: ${value}\r\n\r\n`
const withTarget = (target: string): string => `GET ${target} HTTP/1.1\r\n${host}\r\n`
const withLine = (line: string): string => `${line}\r\n${host}\r\n`
const withChunks = (body: string): string => chunkedPost + body

const framing = [
  `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${last}`,
  `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${last}`,
  `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
  `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  ...['5', '5, 5', '+5', '-1', '0x5', '5 5', '5.0', '5e0', '', '5_0', '5 ', '5\t', '\t5'].map(withLength),
  ...['18446744073709551616', '9223372036854775808', '9007199254740993', '005', '00000000000000000005'].map(withLength),
  ...['gzip', 'chunked, gzip', 'gzip, chunked', 'chunked, chunked', 'chunked\r\nTransfer-Encoding: chunked'].map(withCoding),
  ...['xchunked', 'chunk', '"chunked"', 'identity', ',chunked', 'chunked,', 'chunked;q=1', 'Chunked', 'chunked '].map(withCoding),
  ...['\x0bchunked', 'chunked\x0c', 'chunked\0', 'chunked\x85', '\xa0chunked', 'chunked\t', '\tchunked'].map(withCoding),
  ...['Transfer-Encoding : chunked', 'Transfer-Encoding\t: chunked', 'Transfer-Encoding:\r\n chunked'].map((line) => `${post}${line}\r\n\r\n${last}`),
  `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n${last}`,
  ...['Transfer_Encoding: chunked', 'Content_Length: 5', 'X_Forwarded_For: 192.0.2.1', 'X_Mine: 1'].map((line) => `${post}${line}\r\n\r\n`),
]

const chunked = [
  ...['10000000000000000', 'ffffffffffffffff', 'fffffffffffff', '0x5', '+5', '-5', '5_0', ' 5', '5 ', '5 ;a', '', 'Z', '0000000005'].map((size) =>
    withChunks(`${size}\r\nhello\r\n${last}`),
  ),
  ...['\n', '\r', '\rX', '\r\r', '\n\r'].map((end) => withChunks(`5${end}hello\r\n${last}`)),
  ...['\nxx', 'a="\n"', 'a="\r"', 'a=\0', 'a="b;c"', 'a', 'a=b;c=d', 'a="\\""', 'a="b,c d"', ';', 'a=', '=b', 'a b', 'a="b"c', '"a"', 'é'].map(
    (extension) => withChunks(`5;${extension}\r\nhello\r\n0;${extension}\r\n\r\n`),
  ),
  ...[`5;${'a'.repeat(5000)}\r\nhello\r\n${last}`, `1;${'b'.repeat(100)}\r\nx\r\n`.repeat(180) + last].map(withChunks),
  ...[`5\r\nhelloXX\r\n${last}`, `5\r\nhel\r\n${last}`, `5\r\nhello\n${last}`, `5\r\nhello${last}`, '5\r\nhello\r\n', '5\r\nhel'].map(withChunks),
  ...['Content-Length: 5', 'Transfer-Encoding: chunked', 'Host: b', 'X-Sum: 1', 'X-A : b', 'X-A', 'X: a\r\n b', 'X:a\nY: b'].map((line) =>
    withChunks(`5\r\nhello\r\n0\r\n${line}\r\n\r\n`),
  ),
  withChunks(`24\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n\r\n${last}`),
  withChunks(`0A\r\n0123456789\r\na\r\n0123456789\r\n000\r\nA: b\r\nC: d\r\n\r\n`),
]

const heads = [
  `GET / HTTP/1.1\n${host}\r\n`,
  `${get}Host: a\nX: b\r\n\r\n`,
  `${get}${host}\n`,
  `${get}${host}\rX\r\n\r\n`,
  ...['X: a\rb', '\rX: a', 'X: a\0b', 'X\0: a', 'X: a\x01', 'X: a\x7f', 'X: \x80\xff', 'X : a', 'X\t: a', 'X: a\r\n b', 'X: a\r\n\tb'].map(withField),
  ...[': v', 'Foo', 'F(oo: v', 'X\x85: v', 'X:', 'X:  ', 'X: \t a \t ', '__proto__: v', 'constructor: v', 'hasOwnProperty: v'].map(withField),
  `${get} ${host}\r\n`,
  `${get}X: y\r\n\r\n`,
  `${get}${host}${host}\r\n`,
  ...['a/b', 'u@a', 'a, b', 'a:99999', 'a b', '[::1', '', 'a%00', 'EXAMPLE.com.', 'example.com:80', '[::1]:8080', '192.0.2.1', 'x'.repeat(256)].map(
    withHost,
  ),
  ...['http://b/x', 'HTTP://b', 'http://b?q', 'http://u@a/', 'ftp://a/', 'http:///', 'http://a:99999/', 'http://[::1]:80/x', 'a:80', '*', 'foo'].map(
    withTarget,
  ),
  ...['/a#b', '/a\\b', '/a b', '/\xe9', '/%00', '/%0d%0a', '//x', '/../x', '/%2e%2e/x', '/a//b', '/a%2Fb', `/${'x'.repeat(300)}`, '/?a=b&c'].map(
    withTarget,
  ),
  `CONNECT a:80 HTTP/1.1\r\n${host}\r\n`,
  `OPTIONS * HTTP/1.1\r\n${host}Max-Forwards: 1\r\n\r\n`,
  `OPTIONS http://b HTTP/1.1\r\n${host}\r\n`,
  ...['GET  / HTTP/1.1', 'GET /  HTTP/1.1', 'GET\t/ HTTP/1.1', 'GET / HTTP/1.1 ', 'GET /', 'GET / HTTP/1.2', 'GET / HTTP/2.0'].map(withLine),
  ...['GET / HTTP/01.1', 'GET / http/1.1', 'GET / HTTP/1.', 'get / HTTP/1.1', 'FOO / HTTP/1.1', 'G(ET / HTTP/1.1', 'TRACE / HTTP/1.1'].map(withLine),
  ...['QUERY /q HTTP/1.1', 'PATCH /q HTTP/1.1', 'HEAD / HTTP/1.1', 'DELETE / HTTP/1.1', 'GET / HTTP/1.0', 'SOURCE / ICE/1.0'].map(withLine),
  `\r\n${get}${host}\r\n`,
  `\r\n\r\n${get}${host}\r\n`,
  `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
  '\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03',
]

const connections = [
  ...[
    'close',
    'keep-alive',
    'Keep-Alive, Foo\r\nFoo: 1',
    'close, X-A\r\nX-A: 1',
    ', X-A ,\tX-B,,\r\nX-A: 1\r\nX-B: 2',
    'close\r\nConnection: keep-alive',
  ].map((value) => withField(`Connection: ${value}`)),
  ...['constructor\r\nconstructor: v', '__proto__\r\n__proto__: v', 'Host', 'Content-Length', 'close\xa0', 'close\t', 'close x', '"close"'].map(
    (value) => withField(`Connection: ${value}`),
  ),
  ...['close', 'keep-alive', 'close, keep-alive', 'x\r\nX: 1'].map((value) => `GET / HTTP/1.0\r\n${host}Connection: ${value}\r\n\r\n`),
  ...['Proxy-Connection: close', 'Keep-Alive: timeout=5', 'TE: trailers, gzip', 'Proxy-Authorization: Basic eA==', 'Trailer: X'].map(withField),
  ...['Expect: 100-continue', 'Expect: foo', 'Expect: 100-continue\r\nExpect: 100-continue'].map(
    (line) => `${post}${line}\r\nContent-Length: 5\r\n\r\nhello`,
  ),
  ...['websocket', 'h2c', 'foo, bar', '', 'a\r\nUpgrade: b'].map((value) => withField(`Connection: Upgrade\r\nUpgrade: ${value}`)),
  `${post}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`,
  ...['X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.2', 'Forwarded: for="[2001:db8::1]"', 'X-Real-IP: 192.0.2.9', 'Via: 1.1 x'].map(
    withField,
  ),
  ...['X-Request-ID: abc', 'X-Request-ID: a b', 'X-Request-ID: a\r\nX-Request-ID: b', 'traceparent: 00-1-2-3'].map(withField),
  `POST / HTTP/1.0\r\n${host}\r\n`,
  `POST / HTTP/1.0\r\n${host}Content-Length: 5\r\n\r\nhello`,
]

export const requestSeeds: readonly string[] = [...framing, ...chunked, ...heads, ...connections]

const ok = 'HTTP/1.1 200 OK\r\n'
const chunkedAnswer = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const five = 'Content-Length: 5\r\n'

export const responseSeeds: readonly string[] = [
  `${ok}${five}\r\nhello`,
  `${ok}Server: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n${five}Content-Type: text/plain\r\n\r\nhello`,
  `${chunkedAnswer}${chunks}`,
  `${chunkedAnswer}5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n`,
  `${ok}\r\nuntil the end`,
  `HTTP/1.0 200 OK\r\n${five}\r\nhello`,
  `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n${five}\r\nhello`,
  `HTTP/1.0 200 OK\r\n\r\nhello`,
  `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
  `HTTP/1.1 204 No Content\r\n${five}\r\nhello`,
  `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  `HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n${five}\r\n`,
  `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}${five}\r\nhello`,
  `HTTP/1.1 100 Continue\r\n\r\n${ok}${five}\r\nhello`,
  `HTTP/1.1 102 Processing\r\n\r\n${chunkedAnswer}${chunks}`,
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
  ...['HTTP/1.1 99 x', 'HTTP/1.1 999 x', 'HTTP/1.1 2000 x', 'HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/2.0 200 OK', 'HTTP/1.1  200 OK', 'ICY 200 OK'].map(
    (line) => `${line}\r\n${five}\r\nhello`,
  ),
  ...['HTTP/1.1 200 O\0K', 'HTTP/1.1 200 O\tK', 'HTTP/1.1 200 \xe9', 'HTTP/1.1 200\tOK', 'HTTP/1.1 2x0 OK', 'http/1.1 200 OK', 'HTTP/1.1 600 x'].map(
    (line) => `${line}\r\n${five}\r\nhello`,
  ),
  ...['5, 5', '5\r\nContent-Length: 5', '+5', '', '005', '18446744073709551616'].map((value) => `${ok}Content-Length: ${value}\r\n\r\nhello`),
  ...['gzip', 'gzip, chunked', 'chunked, chunked', 'identity', 'chunked\t', '\tchunked', 'Chunked'].map(
    (value) => `${ok}Transfer-Encoding: ${value}\r\n\r\n${chunks}`,
  ),
  `${ok}${five}Transfer-Encoding: chunked\r\n\r\n${chunks}`,
  `${ok.replace('\r', '')}${five}\r\nhello`,
  `${ok}X: y\n${five}\r\nhello`,
  `${ok}X : y\r\n${five}\r\nhello`,
  `${ok}X: y\r\n z\r\n${five}\r\nhello`,
  `${ok}${five}Connection: X-Secret, close\r\nX-Secret: s\r\n\r\nhello`,
  `${ok}${five}Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nTrailer: X\r\nTE: trailers\r\n\r\nhello`,
  'SSH-2.0-OpenSSH_9.2p1\r\n',
]
