import type { Random } from './random.ts'

/** Bytes and pieces at which parsers have been found to differ. */
const bytes = [
  '\r',
  '\n',
  '\0',
  '\t',
  ' ',
  '\x0b',
  '\x0c',
  '\x1f',
  '\x7f',
  '\x80',
  '\x85',
  '\xa0',
  '\xff',
  ':',
  ',',
  ';',
  '"',
  '\\',
  '=',
  '#',
  '?',
  '/',
  '*',
]
const pieces = [
  ...['\r\n', '\r\n\r\n', '\n\n', '\r\n ', '\r\n\t', '\r\r\n', '0\r\n\r\n', '5\r\nhello\r\n', '\0\0', '  ', '%0d%0a', '_', '-', '__proto__'],
  ...['Transfer-Encoding', 'Content-Length', 'chunked', 'Host', 'Connection', 'close', 'keep-alive', 'Upgrade', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/'],
  ...[
    '0',
    '00',
    '5',
    '99999',
    '65536',
    '4294967296',
    '9007199254740991',
    '9007199254740992',
    '18446744073709551616',
    '-1',
    '+1',
    '0x5',
    'fffffffffffff',
  ],
]
const lines = [
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Content-Length: 5', 'Content-Length: 0', 'Host: b', 'Connection: close'],
  ...['Connection: keep-alive', 'Connection: Upgrade', 'Connection: X-A', 'X-A: 1', 'Upgrade: websocket', 'Proxy-Connection: close', 'TE: trailers'],
  ...[
    'Expect: 100-continue',
    'X-Forwarded-For: 192.0.2.1',
    'Forwarded: for=x',
    'X-Request-ID: id-1',
    'Content_Length: 5',
    ' folded',
    'X: \xe9',
    'Via: 1.1 y',
  ],
  ...['Max-Forwards: 3', 'Keep-Alive: timeout=5, max=3', 'Trailer: X-Sum', 'Http2-Settings: AAA', 'X-Real-IP: 192.0.2.1', ': v', 'Foo', 'X:'],
]
const inputBytesMaximum = 32_768

/** `text` with one to six changes; `others` lends parts to splice in. */
export function mutate(text: string, others: readonly string[], random: Random): string {
  for (let changes = 1 + random.int(random.oneIn(4) ? 6 : 2); changes > 0; changes--) text = change(text, others, random)
  return text.length > inputBytesMaximum ? text.slice(0, inputBytesMaximum) : text
}

function change(text: string, others: readonly string[], random: Random): string {
  const at = place(text, random)
  switch (random.int(13)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.int(8)) || 0) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.int(256)) + text.slice(at + 1)
    case 2:
    case 3:
      return text.slice(0, at) + random.pick(bytes) + text.slice(at + random.int(2))
    case 4:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at)
    case 5:
      return text.slice(0, at) + text.slice(at + 1 + random.int(random.oneIn(3) ? 40 : 3))
    case 6: {
      const part = text.slice(at, at + 1 + random.int(random.oneIn(3) ? 80 : 4))
      return text.slice(0, at) + part.repeat(1 + random.int(random.oneIn(50) ? 300 : 2)) + text.slice(at)
    }
    case 7: {
      const other = random.pick(others)
      return text.slice(0, at) + other.slice(place(other, random))
    }
    case 8:
    case 9:
      return insertLine(text, random.pick(lines), random)
    case 10:
      return text.slice(0, at) + swapCase(text.charAt(at)) + text.slice(at + 1)
    case 11:
      return replaceNumber(text, random)
    default:
      return swapLines(text, random)
  }
}

/** Half of all places lie where structure is: at a line end, a colon, a comma, a space. */
function place(text: string, random: Random): number {
  const at = random.int(text.length + 1)
  if (random.oneIn(2)) return at
  const marks = /[\r\n:, ;]/g
  marks.lastIndex = at
  return marks.exec(text)?.index ?? at
}

function insertLine(text: string, line: string, random: Random): string {
  const end = text.indexOf('\r\n', random.oneIn(2) ? 0 : random.int(text.length + 1))
  return end < 0 ? text : `${text.slice(0, end)}\r\n${line}${text.slice(end)}`
}

function swapCase(character: string): string {
  const lower = character.toLowerCase()
  return lower === character ? character.toUpperCase().slice(0, 1) : lower
}

function replaceNumber(text: string, random: Random): string {
  const digits = /[0-9]+/g
  digits.lastIndex = random.int(text.length + 1)
  const match = digits.exec(text)
  if (match === null) return text
  const value = random.pick(['0', '1', '7', '00', '16', '4294967301', '9007199254740993', '', '1e1', `0${match[0]}`, `${match[0]}0`, `${match[0]} `])
  return text.slice(0, match.index) + value + text.slice(match.index + match[0].length)
}

function swapLines(text: string, random: Random): string {
  const parts = text.split('\r\n')
  const [a, b] = [random.int(parts.length), random.int(parts.length)]
  const kept = parts[a]!
  parts[a] = parts[b]!
  parts[b] = kept
  return parts.join('\r\n')
}
