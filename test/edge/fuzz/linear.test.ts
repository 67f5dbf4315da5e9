// Property: what a parser does grows with what it reads, and no faster, however the bytes are chosen.
import t from 'tap'
import { Chunked, ChunkedReader } from '../../../src/edge/http1/chunked.ts'
import { RequestHead } from '../../../src/edge/http1/requestHead.ts'
import { parseResponse, ResponseHead } from '../../../src/edge/http1/response.ts'
import { parseRequest } from '../../../src/edge/request.ts'
import { requestSeeds, responseSeeds } from './corpus.ts'
import { countSteps } from './steps.ts'

const limits = { headBytes: 16_384, headers: 100, targetBytes: 8_192 }
const request = new RequestHead(limits)
const response = new ResponseHead(limits)
const sizes = [256, 1_024, 4_096, 16_000]
const stepsPerByte = 6
const stepsAtMost = (bytes: number): number => stepsPerByte * bytes + 100

const fillers = [
  ' ',
  '\t',
  ',',
  ', ',
  'a,',
  'a ',
  ';',
  ':',
  '_',
  '-',
  '"',
  '\\',
  '0',
  '9',
  '\r',
  '\r\n',
  '\n',
  '\xa0',
  'X:\r\n',
  'A_B: c\r\n',
  'a;b=c,',
]
const places: readonly { readonly name: string; readonly around: readonly [string, string] }[] = [
  { name: 'a method', around: ['', ' / HTTP/1.1\r\nHost: a\r\n\r\n'] },
  { name: 'a target', around: ['GET /', ' HTTP/1.1\r\nHost: a\r\n\r\n'] },
  { name: 'before the fields', around: ['GET / HTTP/1.1\r\n', '\r\nHost: a\r\n\r\n'] },
  { name: 'a field name', around: ['GET / HTTP/1.1\r\nHost: a\r\nX', ': v\r\n\r\n'] },
  ...['X', 'Host', 'Transfer-Encoding', 'Content-Length', 'Connection', 'TE', 'Upgrade', 'Expect', 'Keep-Alive'].map((name) => ({
    name: `the value of ${name}`,
    around: [`POST / HTTP/1.1\r\nHost: a\r\n${name}: a`, 'b\r\n\r\n'] as const,
  })),
]

for (const { name, around } of places) {
  void t.test(`bytes are looked at a fixed number of times: ${name}`, async (t) => {
    for (const filler of fillers) {
      const costs = sizes.map((size) => {
        const text = around[0] + filler.repeat(Math.ceil(size / filler.length)) + around[1]
        const asked = countSteps(Buffer.from(text, 'latin1'))
        parseRequest(asked.bytes, text.length, limits, request)
        const answered = countSteps(Buffer.from(text.replace(/^[A-Z]+ [^ ]* HTTP\/1\.1/, 'HTTP/1.1 200 OK'), 'latin1'))
        parseResponse(answered.bytes, 0, answered.bytes.length, limits, response)
        return { bytes: text.length, steps: Math.max(asked.steps(), answered.steps()) }
      })
      t.same(
        costs.filter(({ bytes, steps }) => steps > stepsAtMost(bytes)),
        [],
        JSON.stringify(filler),
      )
    }
  })
}

void t.test('bytes are looked at a fixed number of times: chunked bodies', async (t) => {
  const bodies = ['1\r\nx\r\n', '1;a=b\r\nx\r\n', '0', '5;', `5;a="${'\\"'.repeat(1000)}`, '0\r\nX: y\r\n', 'ffff\r\n']
  for (const part of bodies) {
    for (const size of sizes) {
      const text = part.repeat(Math.ceil(size / part.length))
      const { bytes, steps } = countSteps(Buffer.from(text, 'latin1'))
      const reader = new ChunkedReader()
      // In pieces of one byte, too: nothing is read again.
      let outcome: number = Chunked.More
      for (let at = 0; at < text.length && outcome === Chunked.More; at++) outcome = reader.read(bytes, at, at + 1)
      t.ok(steps() <= stepsAtMost(text.length), `${JSON.stringify(part.slice(0, 12))} to ${text.length} bytes: ${steps()} steps`)
    }
  }
})

void t.test('bytes are looked at a fixed number of times: the corpus', async (t) => {
  const dear = [...requestSeeds, ...responseSeeds].filter((text) => {
    const { bytes, steps } = countSteps(Buffer.from(text, 'latin1'))
    if (text.startsWith('HTTP')) parseResponse(bytes, 0, text.length, limits, response)
    else parseRequest(bytes, text.length, limits, request)
    return steps() > stepsAtMost(text.length)
  })
  t.same(dear, [])
})
