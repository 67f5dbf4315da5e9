import { Chunked, ChunkedReader } from '../../../src/edge/http1/chunked.ts'
import type { HeadLimits } from '../../../src/edge/http1/requestHead.ts'
import { malformedResponse, parseResponse, ResponseBody, ResponseHead } from '../../../src/edge/http1/response.ts'
import { rewriteResponse } from '../../../src/edge/http1/rewrite.ts'
import { readTrailers } from '../../../src/edge/http1/trailers.ts'
import { trailerDifferences } from './differences.ts'
import { listedOptions } from './forwarding.ts'
import { Llhttp } from './llhttp.ts'
import type { Random } from './random.ts'
import { fieldsOf, OutOfBounds } from './reading.ts'
import { difference, type Verdict } from './requests.ts'

const limits: HeadLimits = { headBytes: 16_384, headers: 100, targetBytes: 8_192 }
const head = new ResponseHead(limits)
const again = new ResponseHead(limits)
const oracle = new Llhttp('response')
const messagesMaximum = 8

const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'upgrade', 'transfer-encoding'])
/** Fields that stay although Connection names them: see `Connections`. */
const endToEnd =
  /^(host|content-.*|cookie|set-cookie|authorization|expect|max-forwards|via|forwarded|x-request-id|x-real-ip|traceparent|x-forwarded-.*|proxy-authorization|http2-settings)$/

type Body = { readonly state: 'more' | 'done' | 'malformed'; readonly end: number; readonly content: string; readonly trailers: string }

/** Holds our reading of an upstream's bytes, interim responses included, against llhttp's. */
export function judgeResponses(bytes: Buffer, random: Random): Verdict {
  const verdict: Verdict = { accepted: 0, problems: [] }
  let start = 0
  for (let message = 0; message < messagesMaximum && start < bytes.length; message++) {
    const headEnd = parseResponse(bytes, start, bytes.length, limits, head)
    judgeHeadPieces(bytes, start, headEnd, random, verdict)
    if (headEnd === malformedResponse) return verdict
    parseResponse(bytes, start, bytes.length, limits, head)
    if (headEnd === 0) {
      if (oracle.read(bytes, start, bytes.length).headComplete) verdict.problems.push('we wait for the rest of a head that llhttp has whole')
      return verdict
    }
    if (headEnd <= start || headEnd > bytes.length) throw new OutOfBounds(`a head from ${start} to ${headEnd} of ${bytes.length}`)
    verdict.accepted++
    const framing = head.status < 200 || head.status === 204 || head.status === 304 ? ResponseBody.None : head.body
    const body = readBody(bytes, headEnd, framing, head.contentLength)
    verdict.problems.push(...compare(bytes, start, body, framing), ...compareRewritten())
    judgeBodyPieces(bytes, headEnd, body, framing, random, verdict)
    if (body.state !== 'done' || head.status === 101) return verdict
    start = body.end
  }
  return verdict
}

function compare(bytes: Buffer, start: number, body: Body, framing: number): string[] {
  const untilClose = framing === ResponseBody.UntilClose
  const theirs = oracle.read(bytes, start, body.state === 'done' ? body.end : bytes.length, untilClose)
  if (!theirs.headComplete) return [`we accept a head that llhttp does not (${theirs.error || 'incomplete'})`]
  const problems: string[] = []
  const same = (what: string, our: unknown, their: unknown): void => {
    if (our !== their) problems.push(`${what}: ours ${JSON.stringify(our)}, llhttp's ${JSON.stringify(their)}`)
  }
  same('version', `1.${head.minorVersion}`, theirs.version)
  same('status', head.status, theirs.status)
  same('fields', fieldsOf(head).join('\n'), theirs.fields.join('\n'))
  // RFC 9110 §15.2: no 1xx has content, whatever its head says; llhttp knows 100 to 103 only.
  if (head.status > 103 && head.status < 200) return problems
  const odd = fieldsOf(head).some((text, at) => (at % 2 === 0 ? text.toLowerCase() === 'proxy-connection' : text.includes('\t')))
  const keepAlive = head.keepAlive && !untilClose
  if (keepAlive !== theirs.keepAlive && !odd && !(head.minorVersion === 0 && !keepAlive)) same('keepAlive', keepAlive, theirs.keepAlive)
  if (body.state === 'malformed') return problems
  const read = { done: body.state === 'done', trailers: body.trailers }
  if (trailerDifferences.some((known) => known.covers(read, theirs.error))) return problems
  if (theirs.error !== '') return [...problems, `we accept a body that llhttp does not (${theirs.error})`]
  same('content', body.content, theirs.content)
  same('done', body.state === 'done', theirs.done)
  if (body.state === 'done' && !untilClose) same('done before our end', false, theirs.doneEarly)
  same('trailers', trailersOf(body.trailers).join('\n'), theirs.trailers.join('\n'))
  return problems
}

function trailersOf(text: string): string[] {
  const lines = text.split('\r\n').slice(0, -1)
  return lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).replace(/^[ \t]+|[ \t]+$/g, '')])
}

/** The head that goes to the client holds every field but those of the hop, and reads back. */
function compareRewritten(): string[] {
  const text = `${rewriteResponse(head, false)}\r\n`
  const bytes = Buffer.from(text, 'latin1')
  if (parseResponse(bytes, 0, bytes.length, limits, again) !== bytes.length) return ['we refuse what we return']
  const fields = fieldsOf(head)
  const listed = listedOptions(fields)
  const wanted: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!.toLowerCase()
    if (hopByHop.has(name) || (listed.has(name) && !endToEnd.test(name))) continue
    if (name !== 'content-length' || !head.lengthRewritten) wanted.push(fields[at]!, fields[at + 1]!)
  }
  if (head.lengthRewritten) wanted.push('Content-Length', String(head.contentLength))
  const found = fieldsOf(again)
  if (found.join('\n') !== wanted.join('\n')) return [`returned fields: ${difference(found, wanted)}`]
  return again.status === head.status && again.minorVersion === 1 ? [] : ['returned another status line']
}

function readBody(bytes: Buffer, start: number, framing: number, contentLength: number, cuts: readonly number[] = []): Body {
  switch (framing) {
    case ResponseBody.None:
      return { state: 'done', end: start, content: '', trailers: '' }
    case ResponseBody.Length: {
      const end = Math.min(bytes.length, start + contentLength)
      return { state: end - start === contentLength ? 'done' : 'more', end, content: bytes.latin1Slice(start, end), trailers: '' }
    }
    case ResponseBody.UntilClose:
      return { state: 'done', end: bytes.length, content: bytes.latin1Slice(start), trailers: '' }
    default: {
      const reader = new ChunkedReader()
      let content = ''
      let at = start
      for (const end of [...cuts, bytes.length]) {
        const outcome = reader.read(bytes, at, end)
        if (outcome === Chunked.Malformed || outcome === Chunked.TrailersTooLong) return { state: 'malformed', end: at, content: '', trailers: '' }
        for (let range = 0; range < reader.ranges.length; range += 2) content += bytes.latin1Slice(reader.ranges[range], reader.ranges[range + 1])
        if (reader.position > end || reader.position < at) throw new OutOfBounds(`a body from ${at} to ${reader.position} of ${end}`)
        at = reader.position
        if (outcome !== Chunked.Done) continue
        if (readTrailers(reader.trailers) === undefined) return { state: 'malformed', end: at, content: '', trailers: '' }
        return { state: 'done', end: at, content, trailers: reader.trailers }
      }
      return { state: 'more', end: at, content, trailers: '' }
    }
  }
}

function judgeHeadPieces(bytes: Buffer, start: number, whole: number, random: Random, verdict: Verdict): void {
  const end = start + 1 + random.int(bytes.length - start)
  const part = parseResponse(bytes, start, end, limits, again)
  const possible = whole > 0 && whole <= end ? [whole] : whole === malformedResponse ? [0, malformedResponse] : [0]
  if (!possible.includes(part)) verdict.problems.push(`the first ${end - start} bytes of a head: ${part}, whole: ${whole}`)
}

function judgeBodyPieces(bytes: Buffer, start: number, whole: Body, framing: number, random: Random, verdict: Verdict): void {
  if (framing !== ResponseBody.Chunked || bytes.length - start < 2) return
  const cuts = [start + 1 + random.int(bytes.length - start - 1)]
  const wanted = JSON.stringify(whole.state === 'malformed' ? whole.state : whole)
  const pieces = readBody(bytes, start, framing, 0, cuts)
  const found = JSON.stringify(pieces.state === 'malformed' ? pieces.state : pieces)
  if (found !== wanted) verdict.problems.push(`body cut at ${cuts}: ${found}, whole: ${wanted}`)
}
