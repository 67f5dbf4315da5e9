import type t from 'tap'
import { answersOf, type Client, openClient, responsesOf } from './client.ts'
import type { Harness } from './harness.ts'
import { type Field, fieldOf, type Message, statusOf } from './message.ts'
import { reset } from './reset.ts'
import { edgeMade, inParallel, nextNonce, offsetsOf } from './rows.ts'
import { type UpstreamConnection, write } from './upstream.ts'

type Tap = typeof t

/** What must become of an upstream's answer. */
export type Outcome =
  /** 502 of the edge's own; the upstream connection ends. */
  | { readonly kind: 'bad' }
  /** Never a complete answer: the client connection ends first, or gets a 502 while nothing was relayed. The upstream connection ends. */
  | { readonly kind: 'cut' }
  | Relayed

export type Relayed = {
  readonly kind: 'relay'
  readonly status: number
  readonly body?: string
  readonly interim?: readonly number[]
  readonly has?: readonly Field[]
  readonly lacks?: readonly string[]
  readonly trailers?: readonly Field[]
  readonly check?: (response: Message) => string | undefined
  /** Whether the upstream connection is used again; undefined: either. */
  readonly reused?: boolean
  /** Whether the client connection goes on; by default it does. */
  readonly ends?: boolean
}

export type AnswerRow = {
  readonly id: string
  readonly name: string
  /** What the upstream sends, latin1. */
  readonly bytes: string
  /** What the upstream does then. */
  readonly after?: 'fin' | 'reset' | 'wait'
  readonly request?: string
  readonly outcome: Outcome
  readonly splits?: number
}

export const bad: Outcome = { kind: 'bad' }
export const cut: Outcome = { kind: 'cut' }
export const relay = (status: number, how: Omit<Relayed, 'kind' | 'status'> = {}): Outcome => ({ kind: 'relay', status, ...how })

const caseDeadlineMs = 4_000
const plainGet = 'GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n'

/** One subtest per id, one assertion per row: the answer whole, and split at every byte. */
export function testAnswers(tap: Tap, harness: Harness, rows: readonly AnswerRow[]): void {
  for (const [id, variants] of Map.groupBy(rows, (row) => row.id)) {
    void tap.test(id, async (t) => {
      for (const row of variants) {
        harness.forget()
        const problems: string[] = []
        await inParallel([undefined, ...offsetsOf(row, harness.random)], casesAtOnce(row.outcome), async (split) => {
          const problem = problems.length < 3 ? await attempt(harness, row, split) : undefined
          if (problem !== undefined) problems.push(`${split === undefined ? 'whole' : `split at ${split}`}: ${problem}`)
        })
        problems.push(...harness.stable.malformed.splice(0).slice(0, 3))
        t.same(problems, [], `${id} ${row.name}`)
      }
    })
  }
}

/**
 * Alone where bytes too many are to come: another request that is on its way on the same connection would be answered by them,
 * and no proxy could tell.
 */
function casesAtOnce(outcome: Outcome): number {
  return outcome.kind === 'relay' && outcome.reused === false ? 1 : 32
}

export async function attempt(harness: Harness, row: AnswerRow, split: number | undefined): Promise<string | undefined> {
  const nonce = nextNonce()
  const request = (row.request ?? plainGet).replaceAll('{n}', nonce)
  const used: UpstreamConnection[] = []
  let said: Promise<boolean> = Promise.resolve(false)
  harness.stable.scripts.set(nonce, {
    when: 'complete',
    async run({ connection }) {
      used.push(connection)
      said = say(harness, connection, row, split)
      await said
    },
  })
  const client = await openClient(harness.address)
  try {
    client.write(request)
    const method = request.slice(0, request.indexOf(' '))
    const problem = await judge(client, method, row.outcome, nonce)
    if (problem !== undefined) return problem
    if (used.length === 0) return 'the request never came'
    return (await said) ? await fateOf(harness, used, row.outcome) : undefined
  } finally {
    harness.stable.scripts.delete(nonce)
    client.socket.destroy()
  }
}

/** Resolves to false where the edge had given the connection to another request by then: what is left unsaid would answer that one. */
async function say(harness: Harness, connection: UpstreamConnection, row: AnswerRow, split: number | undefined): Promise<boolean> {
  const own = connection.requests
  const mine = (): boolean => connection.requests === own && connection.pending === ''
  if (split === undefined) {
    write(connection, row.bytes)
  } else {
    write(connection, row.bytes.slice(0, split))
    await harness.pulse.read()
    if (!mine()) return false
    if (!connection.socket.destroyed && connection.socket.writable) write(connection, row.bytes.slice(split))
  }
  // What was sent must arrive: a reset discards what waits to be read.
  if (row.after === 'reset') await harness.pulse.read()
  if (!mine()) return false
  if (row.after === 'fin' && !connection.socket.destroyed) connection.socket.end()
  else if (row.after === 'reset') reset(connection.socket)
  return true
}

async function judge(client: Client, method: string, outcome: Outcome, nonce: string): Promise<string | undefined> {
  const final = (): Message[] => answersOf(client, [method])
  await client.until(() => client.end !== 'open' || (outcome.kind !== 'cut' && final().length > 0), caseDeadlineMs)
  if (outcome.kind === 'relay' && outcome.ends === true) await client.until(() => client.end !== 'open', caseDeadlineMs)
  const { responses, rest, problem } = responsesOf(client, [method])
  const last = final()[0]
  if (outcome.kind === 'cut') {
    if (last !== undefined)
      return statusOf(last) === 502 && responses.length === 1 ? edgeMade(last, nonce) : `a complete answer: ${client.text.slice(0, 300)}`
    return client.end === 'open' ? `still open after ${JSON.stringify(client.text.slice(-200))}` : undefined
  }
  if (problem !== undefined) return `unreadable answer: ${problem}`
  if (last === undefined) return `no complete answer (${client.end}): ${JSON.stringify(client.text.slice(0, 300))}`
  if (rest !== '') return `bytes behind the answer: ${JSON.stringify(rest.slice(0, 200))}`
  if (outcome.kind === 'bad') return statusOf(last) === 502 ? edgeMade(last, nonce) : `answered ${last.startLine}, not 502`
  return differs(last, responses, outcome) ?? (outcome.ends !== true && client.end !== 'open' ? 'the client connection ended' : undefined)
}

function differs(last: Message, responses: readonly Message[], wanted: Relayed): string | undefined {
  if (statusOf(last) !== wanted.status) return `answered ${last.startLine}, not ${wanted.status}`
  if (last.body !== (wanted.body ?? '')) return `relayed the body ${JSON.stringify(last.body.slice(0, 200))}`
  const interim = responses.slice(0, -1).map(statusOf)
  if (interim.join() !== (wanted.interim ?? []).join()) return `relayed interim answers ${interim.join()}`
  const trailers = last.trailers.map(([name, value]) => `${name}: ${value}`).join()
  if (trailers !== (wanted.trailers ?? []).map(([name, value]) => `${name}: ${value}`).join()) return `relayed trailers ${trailers}`
  for (const [name, value] of wanted.has ?? []) if (fieldOf(last, name) !== value) return `relayed ${name}: ${fieldOf(last, name)}, not ${value}`
  for (const name of wanted.lacks ?? []) if (fieldOf(last, name) !== undefined) return `relayed ${name}: ${fieldOf(last, name)}`
  return wanted.check?.(last)
}

async function fateOf(harness: Harness, used: readonly UpstreamConnection[], outcome: Outcome): Promise<string | undefined> {
  if (used.length > 2) return `tried ${used.length} times`
  const last = used.at(-1)!
  if (outcome.kind === 'relay' && outcome.reused === undefined) return undefined
  if (outcome.kind === 'relay' && outcome.reused === true) {
    await harness.pulse.read()
    return last.state === 'open' ? undefined : 'the upstream connection was not kept'
  }
  return (await harness.within(1_000, last.closed)) ? undefined : 'the upstream connection was kept'
}
