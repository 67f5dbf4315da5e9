import type t from 'tap'
import { answersOf, type Client, openClient, responsesOf } from './client.ts'
import type { Harness } from './harness.ts'
import { type Field, fieldOf, fieldsOf, type Message, statusOf } from './message.ts'

type Tap = typeof t

/** What must become of a request. Where nothing else is said, it is one request whose target contains `{n}`. */
export type Expect =
  /** One answer with one of these statuses, then the end of the connection; nothing reaches an upstream. */
  | { readonly kind: 'refuse'; readonly statuses: readonly number[] }
  /** The same, but an upstream may have seen a beginning that can never pass for a whole request, broken off. */
  | { readonly kind: 'breakOff'; readonly statuses: readonly number[] }
  /** Answered by the edge itself; the connection may go on. */
  | { readonly kind: 'answer'; readonly statuses: readonly number[]; readonly check?: (response: Message) => string | undefined }
  | Served
  /** Whatever comes, no upstream sees anything and the connection ends. */
  | { readonly kind: 'dropped' }

export type Served = {
  readonly kind: 'serve'
  /** The upstream that must get it: its name is the body of the answer. */
  readonly by?: 'stable' | 'canary'
  readonly startLine?: string
  readonly body?: string
  readonly has?: readonly Field[]
  readonly lacks?: readonly string[]
  readonly check?: (forwarded: Message) => string | undefined
  /** Whether the connection goes on, seen by a second request sent at once behind the first. */
  readonly keeps?: boolean
}

/** `bytes` is latin1; `{n}` stands for a mark that finds the request again. */
export type Row = { readonly id: string; readonly name: string; readonly bytes: string; readonly expect: Expect; readonly splits?: number }

export const refuse = (...statuses: number[]): Expect => ({ kind: 'refuse', statuses: statuses.length > 0 ? statuses : [400] })
export const breakOff = (...statuses: number[]): Expect => ({ kind: 'breakOff', statuses: statuses.length > 0 ? statuses : [400] })
export const serve = (how: Omit<Served, 'kind'> = {}): Served => ({ kind: 'serve', ...how })

const caseDeadlineMs = 4_000
const casesAtOnce = 48
const wholeSplitBytes = 2_048
const seededSplits = 200
let lastNonce = 0

export function nextNonce(): string {
  lastNonce++
  return `n${String(lastNonce).padStart(7, '0')}`
}

/** One subtest per id, one assertion per variant, which counts only if the whole and every split did as expected. */
export function testRows(tap: Tap, harness: Harness, rows: readonly Row[]): void {
  for (const [id, variants] of Map.groupBy(rows, (row) => row.id)) {
    void tap.test(id, async (row) => {
      for (const variant of variants) {
        const problems = await judge(harness, variant)
        row.same(problems, [], `${id} ${variant.name}`)
      }
    })
  }
}

async function judge(harness: Harness, row: Row): Promise<string[]> {
  harness.forget()
  const problems: string[] = []
  const cases: (number | undefined)[] = [undefined, ...offsetsOf(row, harness.random)]
  await inParallel(cases, casesAtOnce, async (split) => {
    const problem = problems.length < 3 ? await attempt(harness, row, split) : undefined
    if (problem !== undefined) problems.push(`${split === undefined ? 'whole' : `split at ${split}`}: ${problem}`)
  })
  await harness.pulse.read()
  await new Promise<void>((resolve) => setImmediate(resolve))
  for (const upstream of [harness.stable, harness.canary]) {
    problems.push(...upstream.malformed.splice(0).slice(0, 3))
    const reached = [...upstream.received.values()].flat()
    if (row.expect.kind === 'serve') continue
    if (reached.length > 0) problems.push(`reached ${upstream.name}: ${reached[0]!.request.startLine}`)
    else if (row.expect.kind !== 'breakOff' && upstream.bytes > 0) problems.push(`${upstream.bytes} bytes reached ${upstream.name}`)
    const begun = [...upstream.connections].filter((connection) => connection.pending !== '')
    const ended = await harness.within(1_000, Promise.all(begun.map((connection) => connection.closed)))
    if (!ended) problems.push(`${upstream.name} holds a half request open: ${JSON.stringify(begun[0]?.pending.slice(0, 200))}`)
  }
  return problems.slice(0, 5)
}

/** Every byte of a short request; of a long one the neighbourhood of each line end, thinned, and seeded others. */
export function offsetsOf(row: { readonly bytes: string; readonly splits?: number }, random: (below: number) => number): number[] {
  const text = row.bytes.replaceAll('{n}', 'n0000000')
  if (row.splits === undefined && text.length <= wholeSplitBytes) return Array.from({ length: text.length - 1 }, (_, index) => index + 1)
  const limit = row.splits ?? seededSplits
  const offsets = new Set<number>([1, text.length - 1])
  const lineEnds = [...text.matchAll(/\r\n/g)].map((match) => match.index)
  const every = Math.max(1, Math.floor((lineEnds.length * 3) / limit))
  for (let index = 0; index < lineEnds.length; index += every) for (const by of [0, 1, 2]) offsets.add(lineEnds[index]! + by)
  for (let count = 0; count < limit; count++) offsets.add(1 + random(text.length - 1))
  return [...offsets].filter((offset) => offset > 0 && offset < text.length)
}

export async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane))
}

async function attempt(harness: Harness, row: Row, split: number | undefined): Promise<string | undefined> {
  const nonce = nextNonce()
  const follower = nextNonce()
  const bytes = row.bytes.replaceAll('{n}', nonce)
  const follows = row.expect.kind === 'serve' && row.expect.keeps !== false
  const tail = follows ? `GET /${follower} HTTP/1.1\r\nHost: a\r\n\r\n` : ''
  const client = await openClient(harness.address)
  try {
    if (split === undefined) {
      client.write(bytes + tail)
    } else {
      await harness.pulse.accepted()
      client.write(bytes.slice(0, split))
      await harness.pulse.read()
      client.write(bytes.slice(split) + tail)
    }
    switch (row.expect.kind) {
      case 'refuse':
      case 'breakOff':
        await client.until(() => client.end !== 'open', caseDeadlineMs)
        return refusal(client, row.expect.statuses, nonce)
      case 'dropped':
        await client.until(() => client.end !== 'open', caseDeadlineMs)
        return client.end === 'open' ? `still open after ${client.text.slice(0, 200)}` : undefined
      case 'answer':
        return await answered(client, methodOf(bytes), row.expect)
      case 'serve':
        return await served(harness, client, row.expect, { bytes, nonce, follower })
    }
  } finally {
    client.socket.destroy()
  }
}

function methodOf(bytes: string): string {
  return /[A-Z]+/.exec(bytes)?.[0] ?? 'GET'
}

/** What is wrong with an edge-made last answer; undefined when nothing is. */
export function refusal(client: Client, statuses: readonly number[], nonce: string): string | undefined {
  if (client.end === 'open') return `still open after ${JSON.stringify(client.text.slice(0, 200))}`
  const { responses, rest, problem } = responsesOf(client, ['GET'])
  if (problem !== undefined) return `unreadable answer: ${problem}`
  const [response] = responses
  if (response === undefined) return `closed (${client.end}) without an answer`
  if (responses.length > 1 || rest !== '') return `more than one answer: ${JSON.stringify(client.text.slice(0, 300))}`
  if (!statuses.includes(statusOf(response))) return `answered ${response.startLine}, not ${statuses.join(' or ')}`
  return edgeMade(response, nonce) ?? (fieldOf(response, 'connection')?.toLowerCase() === 'close' ? undefined : 'closed without Connection: close')
}

/** The form of every error that the edge makes itself. */
export function edgeMade(response: Message, nonce: string): string | undefined {
  if (!response.complete || response.framing !== 'length') return `an error answer without Content-Length: ${response.startLine}`
  if (!/^text\/plain(;|$)/.test(fieldOf(response, 'content-type') ?? '')) return 'an error answer that is not text/plain'
  if (fieldOf(response, 'server') !== undefined) return 'an error answer that names the server'
  if (!/^[^\r\n]+\n?$/.test(response.body)) return `an error body that is not one line: ${JSON.stringify(response.body)}`
  if (response.body.includes(nonce) || response.fields.some(([, value]) => value.includes(nonce))) return 'an error answer that reflects its request'
  return undefined
}

async function answered(client: Client, method: string, expect: Extract<Expect, { kind: 'answer' }>): Promise<string | undefined> {
  await client.until(() => answersOf(client, [method]).length > 0 || client.end !== 'open', caseDeadlineMs)
  const { responses, rest, problem } = responsesOf(client, [method])
  const [response] = responses
  if (problem !== undefined || response === undefined)
    return `no readable answer (${problem ?? client.end}): ${JSON.stringify(client.text.slice(0, 200))}`
  if (responses.length > 1 || rest !== '') return `more than one answer: ${JSON.stringify(client.text.slice(0, 300))}`
  if (!expect.statuses.includes(statusOf(response))) return `answered ${response.startLine}, not ${expect.statuses.join(' or ')}`
  return expect.check?.(response)
}

type Sent = { readonly bytes: string; readonly nonce: string; readonly follower: string }

async function served(harness: Harness, client: Client, expect: Served, sent: Sent): Promise<string | undefined> {
  const methods = expect.keeps === false ? [methodOf(sent.bytes)] : [methodOf(sent.bytes), 'GET']
  await client.until(() => client.end !== 'open' || (expect.keeps !== false && answersOf(client, methods).length === 2), caseDeadlineMs)
  const { responses, rest, problem } = responsesOf(client, methods)
  if (problem !== undefined) return `unreadable answer: ${problem}`
  if (rest !== '') return `bytes behind the answers: ${JSON.stringify(rest.slice(0, 200))}`
  if (responses.length !== methods.length)
    return `${responses.length} of ${methods.length} answers (${client.end}): ${JSON.stringify(client.text.slice(0, 300))}`
  const by = expect.by ?? 'stable'
  const wrong = responses.find((response) => statusOf(response) !== 200 || !response.complete)
  if (wrong !== undefined) return `answered ${wrong.startLine} ${JSON.stringify(wrong.body.slice(0, 100))}`
  if (methods[0] !== 'HEAD' && responses[0]!.body !== by) return `answered by ${responses[0]!.body}, not ${by}`
  if (expect.keeps === false && client.end !== 'fin') return `the connection did not end (${client.end})`
  const received = harness[by].received.get(sent.nonce) ?? []
  if (received.length !== 1) return `${by} received it ${received.length} times`
  const forwarded = received[0]!.request
  return forwardedWell(forwarded) ?? differs(forwarded, expect, sent.nonce)
}

function differs(forwarded: Message, expect: Served, nonce: string): string | undefined {
  const startLine = expect.startLine?.replaceAll('{n}', nonce)
  if (startLine !== undefined && forwarded.startLine !== startLine) return `forwarded ${forwarded.startLine}, not ${startLine}`
  if (forwarded.body !== (expect.body ?? '')) return `forwarded the body ${JSON.stringify(forwarded.body.slice(0, 100))}`
  if (forwarded.trailers.length > 0) return `forwarded trailers: ${forwarded.trailers.join(' | ')}`
  for (const [name, value] of expect.has ?? []) {
    if (fieldOf(forwarded, name) !== value) return `forwarded ${name}: ${fieldOf(forwarded, name)}, not ${value}`
  }
  for (const name of expect.lacks ?? []) {
    if (fieldOf(forwarded, name) !== undefined) return `forwarded ${name}: ${fieldOf(forwarded, name)}`
  }
  return expect.check?.(forwarded)
}

/** What every forwarded request must be, whatever came in. */
function forwardedWell(forwarded: Message): string | undefined {
  for (const name of ['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-request-id', 'forwarded']) {
    const count = fieldsOf(forwarded, name).length
    if (count !== 1) return `forwarded ${count} fields named ${name}`
  }
  if (!fieldsOf(forwarded, 'via').some((via) => /^1\.[01] \S+$/.test(via))) return 'forwarded without Via'
  for (const name of ['keep-alive', 'proxy-connection', 'proxy-authorization', 'trailer', 'http2-settings']) {
    if (fieldOf(forwarded, name) !== undefined) return `forwarded the hop-by-hop field ${name}`
  }
  const connection = fieldOf(forwarded, 'connection')?.toLowerCase()
  if (connection !== undefined && !['keep-alive', 'close', 'upgrade', 'te', 'te, upgrade', 'upgrade, te'].includes(connection)) {
    return `forwarded Connection: ${connection}`
  }
  if (!['trailers', undefined].includes(fieldOf(forwarded, 'te')?.toLowerCase())) return `forwarded TE: ${fieldOf(forwarded, 'te')}`
  return undefined
}
