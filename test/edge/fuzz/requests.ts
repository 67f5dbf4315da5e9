import type { HeadLimits } from '../../../src/edge/http1/requestHead.ts'
import type { Peer } from '../../../src/edge/http1/rewrite.ts'
import { keepAliveDifferences, stricter, trailerDifferences, upgradeDifferences } from './differences.ts'
import { forwardedFields } from './forwarding.ts'
import { Llhttp } from './llhttp.ts'
import type { Random } from './random.ts'
import { newReader, type Reader, type Reading, type RequestRead, readRequests } from './reading.ts'

/** What a judge saw of one input. */
export type Verdict = {
  /** Messages that we took whole, or the head of. */
  accepted: number
  /** Each is a finding: what we do and must not. */
  readonly problems: string[]
}

const normal: HeadLimits = { headBytes: 16_384, headers: 100, targetBytes: 8_192 }
const narrow: HeadLimits = { headBytes: 200, headers: 5, targetBytes: 24 }
const wide: HeadLimits = { headBytes: 65_536, headers: 250, targetBytes: 16_384 }
const client: Peer = { address: '192.0.2.7', trusted: false, scheme: 'http' }
const proxy: Peer = { address: '2001:db8::7', trusted: true, scheme: 'http' }
const readers = [client, proxy].map((peer) => ({ peer, normal: newReader(normal, peer), narrow: newReader(narrow, peer) }))
const upstream = newReader(wide, client)
const oracle = new Llhttp('request')
const cutAtEveryByteMaximum = 2_048

/** Holds our reading of a client's bytes against llhttp's, against our own in pieces, and what we forward against both. */
export function judgeRequests(bytes: Buffer, random: Random): Verdict {
  const { peer, ...sizes } = random.pick(readers)
  const reader = random.oneIn(10) ? sizes.narrow : sizes.normal
  const whole = readRequests(bytes, bytes.length, [], reader)
  const verdict: Verdict = { accepted: whole.requests.length, problems: [] }
  for (const request of whole.requests) {
    const refusedBody = whole.ending.kind === 'refused' && !request.done
    if (!refusedBody) verdict.problems.push(...compare(request, bytes, request.done ? request.end : bytes.length))
    verdict.problems.push(...compareForwarded(request, peer, refusedBody))
  }
  judgeEnding(bytes, whole, verdict)
  judgePieces(bytes, whole, reader, random, verdict)
  return verdict
}

/** Property: whatever we accept, llhttp accepts with the same meaning and the same end. */
function compare(ours: RequestRead, bytes: Buffer, end: number): string[] {
  const theirs = oracle.read(bytes, ours.start, end)
  const problems: string[] = []
  const same = (what: string, our: unknown, their: unknown): void => {
    if (our !== their) problems.push(`${what}: ours ${JSON.stringify(our)}, llhttp's ${JSON.stringify(their)}`)
  }
  if (!theirs.headComplete) return [`we accept a head that llhttp does not (${theirs.error || 'incomplete'})`]
  same('method', ours.method, theirs.method)
  same('target', ours.target, theirs.target)
  same('version', ours.version, theirs.version)
  same('fields', ours.fields.join('\n'), theirs.fields.join('\n'))
  same('begun', 1, theirs.begun)
  if (ours.keepAlive !== theirs.keepAlive && !keepAliveDifferences.some((known) => known.covers(ours, theirs))) {
    same('keepAlive', ours.keepAlive, theirs.keepAlive)
  }
  if ((ours.upgrade !== '') !== theirs.upgrade && !upgradeDifferences.some((known) => known.covers(ours, theirs))) {
    same('upgrade', ours.upgrade, theirs.upgrade)
  }
  if (trailerDifferences.some((known) => known.covers(ours, theirs.error))) return problems
  if (theirs.error !== '') problems.push(`we accept a body that llhttp does not (${theirs.error})`)
  else {
    same('content', ours.content, theirs.content)
    same('done', ours.done, theirs.done)
    if (ours.done) same('done before our end', false, theirs.doneEarly)
  }
  return problems
}

/** Property: what goes upstream means the same, to us and to llhttp, and holds the fields that it must and no other. */
function compareForwarded(ours: RequestRead, peer: Peer, refusedBody: boolean): string[] {
  const problems: string[] = []
  const bytes = Buffer.from(ours.forwarded, 'latin1')
  const fields = forwardedFields(ours, peer)
  const again = readRequests(bytes, bytes.length, [], upstream).requests[0]
  if (again === undefined) return ['we refuse what we forward']
  const theirs = oracle.read(bytes, 0, bytes.length)
  if (!theirs.headComplete || theirs.error !== '') return [`llhttp refuses what we forward (${theirs.error || 'incomplete'})`]
  for (const [who, read] of [
    ['we', again],
    ['llhttp', theirs],
  ] as const) {
    if (read.method !== ours.method || read.target !== ours.route) problems.push(`forwarded ${read.method} ${read.target}, as ${who} read it`)
    if (read.fields.join('\n') !== fields.join('\n')) problems.push(`forwarded fields, as ${who} read them: ${difference(read.fields, fields)}`)
    if (!refusedBody && (read.content !== ours.content || read.done !== ours.done)) problems.push(`forwarded another body, as ${who} read it`)
  }
  if (again.version !== '1.1' || theirs.version !== '1.1') problems.push('forwarded in another version')
  if (again.body !== ours.body || again.contentLength !== ours.contentLength) problems.push('forwarded with another framing')
  const lines = ours.forwarded.slice(0, ours.forwarded.indexOf('\r\n\r\n')).split('\r\n')
  if (lines.length - 1 !== fields.length / 2 || lines.some((line) => /[\r\n\0]/.test(line))) problems.push('forwarded a line more than its fields')
  if (again.fields.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length !== 1) problems.push('forwarded other than one Host')
  return problems
}

export function difference(found: readonly string[], wanted: readonly string[]): string {
  const pairs = (fields: readonly string[]): string[] => fields.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${fields[at + 1]}`] : []))
  const [has, wants] = [pairs(found), pairs(wanted)]
  const [extra, missing] = [has.filter((line) => !wants.includes(line)), wants.filter((line) => !has.includes(line))]
  return JSON.stringify({ extra, missing, order: extra.length + missing.length === 0 })
}

/** Where we wait for more, llhttp must too; where we refuse what it takes, that is among the known reasons. */
function judgeEnding(bytes: Buffer, whole: Reading, verdict: Verdict): void {
  const last = whole.requests.at(-1)
  const inBody = last !== undefined && !last.done
  if (whole.ending.kind === 'open' && !inBody && whole.position < bytes.length) {
    const theirs = oracle.read(bytes, whole.position, bytes.length)
    if (theirs.headComplete) verdict.problems.push('we wait for the rest of a head that llhttp has whole')
  }
  if (whole.ending.kind !== 'refused') return
  const theirs = oracle.read(bytes, inBody ? last.start : whole.position, bytes.length)
  if (!theirs.headComplete || (inBody && (theirs.error !== '' || !theirs.done))) return
  const why = whole.ending.why.replace(/(more than|above) [0-9]+/, '$1 n')
  const reason = stricter[why]
  if (reason === undefined || reason.holds?.(theirs, bytes.latin1Slice(inBody ? last.start : whole.position)) === false) {
    verdict.problems.push(`we refuse what llhttp accepts: ${why} (${whole.ending.status})`)
  }
}

/** Property: in pieces as whole. */
function judgePieces(bytes: Buffer, whole: Reading, reader: Reader, random: Random, verdict: Verdict): void {
  const { length } = bytes
  if (length < 2) return
  const cuts = [[1 + random.int(length - 1)], [1 + random.int(length - 1), 1 + random.int(length - 1)].sort((a, b) => a - b)]
  if (length <= cutAtEveryByteMaximum && random.oneIn(50)) cuts.push(Array.from({ length: length - 1 }, (_, at) => at + 1))
  const wanted = outcome(whole)
  for (const pieces of cuts) {
    const found = outcome(readRequests(bytes, length, pieces, reader, random.pick([0, 10, 13, 48, 97])))
    if (found !== wanted) verdict.problems.push(`cut at ${pieces.length > 3 ? 'every byte' : pieces}: ${found}, whole: ${wanted}`)
  }
}

function outcome({ requests, ending }: Reading): string {
  // How much of a body that proves malformed got through before that hangs on the pieces.
  const last = ending.kind === 'refused' ? requests.at(-1) : undefined
  return JSON.stringify([
    ending,
    ...requests.map((request) => {
      const { forwarded, ...rest } = request
      const head = forwarded.slice(0, forwarded.indexOf('\r\n\r\n'))
      return request === last && !request.done ? { ...rest, head, content: '', end: 0 } : { ...rest, head }
    }),
  ])
}
