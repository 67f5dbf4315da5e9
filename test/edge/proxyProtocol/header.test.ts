// The PROXY protocol's header as values: what is taken, what is not, and that what is built is read back.
import { isIPv4, SocketAddress } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { proxyHeader } from '../../../src/edge/proxyProtocol/build.ts'
import { crc32c } from '../../../src/edge/proxyProtocol/crc32c.ts'
import { bytesOfAddress, textOfAddress } from '../../../src/edge/proxyProtocol/header.ts'
import { parseProxyHeader } from '../../../src/edge/proxyProtocol/parse.ts'
import { field, header, signature, tcp4, tcp6, withChecksum } from './binary.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
t.comment(`seed ${seed} (SEED=${seed} repeats this run)`)

const parse = (text: string): ReturnType<typeof parseProxyHeader> => parseProxyHeader(Buffer.from(text, 'latin1'), text.length)

/** `source:port>destination:port`, `own` for the connection's own addresses, `more` or `malformed`; then what is left. */
function read(text: string): string {
  const parsed = parse(text)
  if (parsed.kind !== 'done') return parsed.kind
  const { told, end } = parsed
  const rest = text.slice(end)
  return `${told === undefined ? 'own' : `${told.source} ${told.sourcePort} > ${told.destination} ${told.destinationPort}`}${rest === '' ? '' : ` | ${rest}`}`
}

const longest = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
const lines = [
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n', '192.0.2.1 56324 > 198.51.100.7 443'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 0 65535\r\nGET / ', '192.0.2.1 0 > 198.51.100.7 65535 | GET / '],
  ['PROXY TCP6 2001:DB8::1 2001:db8:0:0:0:0:0:2 1 2\r\n', '2001:db8::1 1 > 2001:db8::2 2'],
  [`PROXY TCP6 ${longest} ${longest} 65535 65535\r\n`, `${longest} 65535 > ${longest} 65535`],
  ['PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c000:202 1 2\r\n', '192.0.2.1 1 > 192.0.2.2 2'],
  ['PROXY UNKNOWN\r\nGET', 'own | GET'],
  ['PROXY UNKNOWN 1.2.3.4 whatever it says 9\r\n', 'own'],
  [`PROXY UNKNOWN ${longest} ${longest} 65535 65535\r\n`, 'own'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r', 'more'],
  [`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, 'own'],
  [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'malformed'],
  [`PROXY UNKNOWN ${'x'.repeat(93)}\r\n`, 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 \r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1  198.51.100.7 56324 443\r\n', 'malformed'],
  ['PROXY  TCP4 192.0.2.1 198.51.100.7 56324 443\r\n', 'malformed'],
  ['PROXY\tTCP4 192.0.2.1 198.51.100.7 56324 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 1\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 056 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 +56 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100.7 1e3 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.01 198.51.100.7 1 443\r\n', 'malformed'],
  ['PROXY TCP4 192.0.2.1 198.51.100 1 443\r\n', 'malformed'],
  ['PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n', 'malformed'],
  ['PROXY TCP6 192.0.2.1 198.51.100.7 1 443\r\n', 'malformed'],
  ['PROXY TCP6 fe80::1%eth0 fe80::2 1 443\r\n', 'malformed'],
  ['PROXY TCP6 2001:db8::1 192.0.2.1 1 443\r\n', 'malformed'],
  ['PROXY TCP5 192.0.2.1 198.51.100.7 1 443\r\n', 'malformed'],
  ['PROXY tcp4 192.0.2.1 198.51.100.7 1 443\r\n', 'malformed'],
  ['PROXY UDP4 192.0.2.1 198.51.100.7 1 443\r\n', 'malformed'],
  ['PROXY UNKNOWNS\r\n', 'malformed'],
  ['PROXY\r\n', 'malformed'],
  ['PROXY \r\n', 'malformed'],
  ['POST / HTTP/1.1\r\n', 'malformed'],
  ['GET / HTTP/1.1\r\n', 'malformed'],
  ['proxy TCP4 ', 'malformed'],
  ['\x16\x03\x01', 'malformed'],
  ['PRO', 'more'],
  ['PROXY TCP4 192.0.2.1', 'more'],
  ['PROXY TCP4 \x80', 'malformed'],
  ['PROXY TCP4 \0', 'malformed'],
] as const
t.test('version 1', async (t) => {
  for (const [text, is] of lines) t.equal(read(text), is, JSON.stringify(text))
})

const unix = '/run/a'.padEnd(108, '\0').repeat(2)
const crcOf = (start: string, ...more: readonly string[]): string => withChecksum(start, ...more)
const binaries: readonly (readonly [name: string, text: string, is: string])[] = [
  ['TCP over IPv4', header(0x21, 0x11, tcp4), '192.0.2.1 256 > 198.51.100.7 443'],
  ['what follows is left', `${header(0x21, 0x11, tcp4)}GET /`, '192.0.2.1 256 > 198.51.100.7 443 | GET /'],
  ['TCP over IPv6', header(0x21, 0x21, tcp6), '2001:db8::1 256 > 2001:db8::2 443'],
  ['LOCAL', header(0x20, 0x00), 'own'],
  ['LOCAL with addresses', header(0x20, 0x11, tcp4), 'own'],
  ['LOCAL with nonsense', header(0x20, 0xff, 'nonsense'), 'own'],
  ['no family', header(0x21, 0x00), 'own'],
  ['no family, with fields', header(0x21, 0x00, field(4, 'abc')), 'own'],
  ['a UNIX socket', header(0x21, 0x31, unix), 'own'],
  ['fields', header(0x21, 0x11, tcp4, field(4, ''), field(1, 'h2'), field(0xea, 'x'.repeat(300))), '192.0.2.1 256 > 198.51.100.7 443'],
  ['a checksum', crcOf(tcp4), '192.0.2.1 256 > 198.51.100.7 443'],
  ['a checksum between fields', crcOf(tcp4, field(4, 'x'), field(5, 'y')), '192.0.2.1 256 > 198.51.100.7 443'],
  ['as long as may be', header(0x21, 0x11, tcp4, field(4, '\0'.repeat(4096 - 16 - 12 - 3))), '192.0.2.1 256 > 198.51.100.7 443'],
  ['longer', header(0x21, 0x11, tcp4, field(4, '\0'.repeat(4096 - 16 - 12 - 2))), 'malformed'],
  ['longer, and only begun', header(0x21, 0x11, tcp4, field(4, '\0'.repeat(60_000))).slice(0, 16), 'malformed'],
  ['a wrong checksum', header(0x21, 0x11, tcp4, field(3, 'abcd')), 'malformed'],
  ['a short checksum', header(0x21, 0x11, tcp4, field(3, 'abc')), 'malformed'],
  ['two checksums', crcOf(tcp4, field(3, 'abcd')), 'malformed'],
  ['a field that goes on', header(0x21, 0x11, tcp4, '\x04\x00\x05abcd'), 'malformed'],
  ['a field of one byte', header(0x21, 0x11, tcp4, '\x04'), 'malformed'],
  ['short addresses', header(0x21, 0x11, tcp4.slice(1)), 'malformed'],
  ['addresses of the other family', header(0x21, 0x21, tcp4), 'malformed'],
  ['UDP', header(0x21, 0x12, tcp4), 'malformed'],
  ['an unknown family', header(0x21, 0x41, tcp4), 'malformed'],
  ['an unknown command', header(0x22, 0x11, tcp4), 'malformed'],
  ['version 1 in the binary form', header(0x11, 0x11, tcp4), 'malformed'],
  ['version 3', header(0x31, 0x11, tcp4), 'malformed'],
  ['a bad signature', header(0x21, 0x11, tcp4).replace('QUIT', 'QUIP'), 'malformed'],
  ['a bad signature, begun', '\r\n\r\n\r', 'malformed'],
  ['a begun signature', signature.slice(0, 5), 'more'],
  ['all but the last byte', header(0x21, 0x11, tcp4).slice(0, -1), 'more'],
]
t.test('version 2', async (t) => {
  for (const [name, text, is] of binaries) t.equal(read(text), is, name)
})

t.test('crc32c of the RFC', async (t) => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
})

const byte = fc.nat(255)
const v4 = fc.array(byte, { minLength: 4, maxLength: 4 })
const v6 = fc.oneof(fc.array(byte, { minLength: 16, maxLength: 16 }), fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }))
const port = fc.nat(65_535)
const version = fc.constantFrom<'v1' | 'v2'>('v1', 'v2')
const address = fc.oneof(v4, v6).map((bytes) => textOfAddress(bytes))
const connection = fc.record({ source: address, sourcePort: port, destination: address, destinationPort: port })

t.test('addresses become text and bytes as Node makes them', async () =>
  fc.assert(
    fc.property(fc.oneof(v4, v6), (bytes) => {
      const text = textOfAddress(bytes)
      const nodes = new SocketAddress({ address: text, family: isIPv4(text) ? 'ipv4' : 'ipv6' }).address
      const again = bytesOfAddress(text)
      return (
        again !== undefined &&
        again.join() === bytesOfAddress(nodes)?.join() &&
        textOfAddress(again) === text &&
        (isIPv4(text) || again.join() === bytes.join())
      )
    }),
    { seed, numRuns: 1_000 },
  ),
)

t.test('any other text is no address', async () =>
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.]{1,40}$/)), (text) => {
      const bytes = bytesOfAddress(text)
      return bytes === undefined || (bytes.length === (text.includes(':') ? 16 : 4) && bytes.every((byte) => byte >= 0 && byte <= 255))
    }),
    { seed, numRuns: 2_000 },
  ),
)

t.test('what is built is read back, whatever follows, and however little of it is there', async () =>
  fc.assert(
    fc.property(version, connection, fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), (version, told, rest, share) => {
      const text = proxyHeader(version, told.source, told)
      const parsed = parse(text + rest)
      const begun = parse(text.slice(0, Math.max(1, Math.min(text.length - 1, Math.floor(share * text.length)))))
      return parsed.kind === 'done' && parsed.end === text.length && JSON.stringify(parsed.told) === JSON.stringify(told) && begun.kind === 'more'
    }),
    { seed, numRuns: 2_000 },
  ),
)

t.test('a client by the word of a proxy has no port, and nobody is unknown', async (t) => {
  const came = { source: '10.0.0.1', sourcePort: 7, destination: '10.0.0.2', destinationPort: 80 }
  t.equal(proxyHeader('v1', '192.0.2.1', came), 'PROXY TCP4 192.0.2.1 10.0.0.2 0 80\r\n')
  t.equal(proxyHeader('v1', '2001:db8::1', came), 'PROXY TCP6 2001:db8::1 ::ffff:a00:2 0 80\r\n')
  t.equal(read(proxyHeader('v2', '2001:db8::1', came)), '2001:db8::1 0 > 10.0.0.2 80')
  for (const nobody of ['', 'unknown', '1.2.3', '1.2.3.4\r\nGET ']) {
    t.equal(proxyHeader('v1', nobody, came), 'PROXY UNKNOWN\r\n')
    t.equal(read(proxyHeader('v2', nobody, came)), 'own')
  }
  t.equal(proxyHeader('v1', '10.0.0.1', { ...came, destination: '' }), 'PROXY UNKNOWN\r\n')
})

/** By a reader of its own: what the grammar of version 1 allows. */
function isLine(text: string): boolean {
  const end = text.indexOf('\r\n')
  if (end < 0 || end + 2 > 107) return false
  const line = text.slice(0, end)
  if (/^PROXY UNKNOWN(?: [ -~]*)?$/.test(line)) return true
  const words = /^PROXY TCP([46]) ([0-9a-fA-F:.]+) ([0-9a-fA-F:.]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(line)
  if (words === null) return false
  const family = words[1] === '4' ? 'ipv4' : 'ipv6'
  try {
    for (const address of [words[2]!, words[3]!]) new SocketAddress({ address, family })
  } catch {
    return false
  }
  return Number(words[4]) <= 65_535 && Number(words[5]) <= 65_535
}

/** The frame of a header of version 2, by a reader of its own. */
function isFrame(text: string, end: number): boolean {
  const bytes = Buffer.from(text, 'latin1')
  const command = bytes[12]!
  const framed = text.startsWith(signature) && end === 16 + bytes.readUInt16BE(14) && end <= 4096 && end <= bytes.length
  return framed && (command === 0x20 || (command === 0x21 && [0x00, 0x11, 0x21, 0x31].includes(bytes[13]!)))
}

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const mutation = fc.record({ place, kind: fc.constantFrom('replace', 'insert', 'remove'), byte })
t.test('a mutated header is taken only where it is one still', async () =>
  fc.assert(
    fc.property(version, connection, fc.array(mutation, { minLength: 1, maxLength: 3 }), (version, told, mutations) => {
      let text = `${proxyHeader(version, told.source, told)} `
      for (const { place, kind, byte } of mutations) {
        const i = Math.floor(place * (text.length - 1))
        text = text.slice(0, i) + (kind === 'remove' ? '' : String.fromCharCode(byte)) + text.slice(kind === 'insert' ? i : i + 1)
      }
      const parsed = parse(text)
      if (parsed.kind !== 'done') return true
      return version === 'v1' ? isLine(text) : isFrame(text, parsed.end)
    }),
    { seed, numRuns: 5_000 },
  ),
)

t.test('a changed byte under a checksum is found', async () =>
  fc.assert(
    fc.property(connection, place, byte, (told, place, byte) => {
      const addresses = proxyHeader('v2', told.source, told).slice(16)
      const text = withChecksum(addresses, field(4, 'abc'))
      const i = 16 + Math.floor(place * addresses.length)
      const changed = text.slice(0, i) + String.fromCharCode(byte) + text.slice(i + 1)
      return parse(text).kind === 'done' && (changed === text || parse(changed).kind === 'malformed')
    }),
    { seed, numRuns: 1_000 },
  ),
)
