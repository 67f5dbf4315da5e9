// A header route beside weights: the right value always wins, and nothing else ever does, whatever is sent.
import t from 'tap'
import { compileMatch } from '../../../src/core/routing/compile.ts'
import type { RequestMatch, Routing } from '../../../src/core/routing/types.ts'
import { defaultLimits } from '../../../src/edge/config.ts'
import { RequestHead } from '../../../src/edge/http1/requestHead.ts'
import { matchesAny } from '../../../src/edge/match.ts'
import { type Picker, picker } from '../../../src/edge/pick.ts'
import { parseRequest } from '../../../src/edge/request.ts'
import { compileRegex } from '../../../src/lib/regex.ts'
import { answersOf, openClient } from '../http/client.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs, randomFrom } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { inParallel } from '../http/rows.ts'
import { startUpstream } from '../http/upstream.ts'
import { figure } from './full.ts'

const picks = figure(1_000_000, 200_000)
const onTheWire = figure(50_000, 4_000)
const weight = 30
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const of = <T>(...some: readonly T[]): T => some[random(some.length)]!
t.setTimeout(fileDeadlineMs)

/** A header to send, and what it is to a reader of RFC 9110 who has never seen the edge. */
type Header = {
  readonly line: string
  /** `value`: the name is the asked one; undefined where it is another's. */
  readonly value?: string
  /** No field at all: a strict recipient refuses the message. */
  readonly broken?: true
}

const cased = (text: string): string => [...text].map((letter) => (random(2) === 0 ? letter.toUpperCase() : letter.toLowerCase())).join('')
const blanks = (): string => of('', ' ', '\t', '  ', ' \t ')
const filler = (length: number): string => String.fromCharCode(33 + random(90)).repeat(length)
const kib8 = 8_192

function headerOf(): Header {
  const name = cased('x-canary')
  const asked = (value: string): Header => ({ line: `${name}:${blanks()}${value}${blanks()}`, value })
  const other = (line: string): Header => ({ line })
  switch (random(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return asked('always')
    case 4:
      return asked(of('Always', 'ALWAYS', 'alway', 'alwayss', 'always,always', 'always always', '"always"', 'always;', '', 'never', '%61lways'))
    case 5:
      return asked(filler(of(1, 100, kib8)))
    case 6:
      return asked(`always${filler(of(1, 6, kib8))}`)
    case 7:
      return asked(`al\u00e4ys${of('', '\u00a0', '\u00ff')}`)
    case 8:
      return other(`${of('x_canary', 'X_Canary', 'x-canary-', '-x-canary', 'x--canary', 'x-canar', 'xx-canary', 'x.canary', "x-canary'")}: always`)
    case 9:
      return other(`X-Other: ${of('x-canary: always', 'always', filler(kib8))}`)
    case 10:
      return other(`Cookie: x-canary=always; ${of('a=b', 'X-Canary: always')}`)
    case 11:
      return { line: of(`${name} : always`, ` ${name}: always`, `${name}\t: always`, `: always`, `${name}`), broken: true }
    case 12:
      return {
        line: of(`${name}: al\0ways`, `${name}: always\0`, `${name}: always\rX: y`, `${name}: always\nX: y`, `x-canary\u00e9: always`),
        broken: true,
      }
    default:
      return other(`X-${filler(1).replace(/[^a-z]/i, 'q')}: ${filler(1 + random(40))}`)
  }
}

type Message = { readonly text: string; readonly canary: boolean; readonly broken: boolean }

/** One value, exactly: the rule, told without the code that follows it. */
function message(target: string): Message {
  const headers = Array.from({ length: of(0, 1, 1, 1, 1, 2, 2, 3, 6) }, headerOf)
  const lines = headers.map(({ line }) => line)
  lines.splice(random(headers.length + 1), 0, 'Host: a')
  const values = headers.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const broken = headers.some((header) => header.broken === true)
  return { text: `GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, canary: !broken && values.length === 1 && values[0] === 'always', broken }
}

const asks: RequestMatch = { headers: [{ name: 'X-Canary', value: { kind: 'exact', value: 'always' } }], cookies: [], query: [] }

void t.test(`E4 header and weight together: of ${picks} picks the header wins where it is one exact value, and only there`, (t) => {
  t.comment(`seed ${seed}`)
  const matches = [compileMatch(asks, compileRegex)]
  const head = new RequestHead(defaultLimits)
  const byWeight: Picker = picker([100 - weight, weight], 0.5)
  const wrong: string[] = []
  const tally = { byHeader: 0, weighed: 0, canaryByWeight: 0, refused: 0 }
  for (let pick = 0; pick < picks; pick++) {
    const { text, canary, broken } = message('/')
    const bytes = Buffer.from(text, 'latin1')
    const taken = parseRequest(bytes, bytes.length, defaultLimits, head)
    // Beyond the limits of a head it is refused, though nothing is wrong with it.
    const refused = taken < 0
    const matched = !refused && matchesAny(matches, head)
    if (refused) tally.refused++
    else if (matched) tally.byHeader++
    else {
      tally.weighed++
      tally.canaryByWeight += byWeight.next()
    }
    const right = refused ? broken || taken === -431 : !broken && taken === bytes.length && matched === canary
    if (!right && wrong.length < 5) wrong.push(`${taken} ${matched} ${JSON.stringify(text.slice(0, 300))}`)
  }
  t.same(wrong, [])
  t.ok(tally.byHeader > picks / 20 && tally.refused > picks / 20 && tally.weighed > picks / 10, JSON.stringify(tally))
  t.ok(Math.abs(tally.canaryByWeight - (tally.weighed * weight) / 100) <= 1, 'and the others go by weight, exactly')
  t.end()
})

void t.test(`E4 header and weight together: ${onTheWire} requests through an edge`, async (t) => {
  const stable = await startUpstream('stable')
  const canary = await startUpstream('canary')
  // By weight none goes to the canary: whoever is there came by the header.
  const routing: Routing = {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [
      {
        name: 'main',
        totalWeight: 100,
        backends: [backend('stable', 100, stable), backend('canary', 0, canary)],
        routes: [{ name: 'asked', match: [asks], backend: 'canary' }],
        fallback: { kind: 'none' },
      },
    ],
  }
  const edge = await startEdge({ routing }, 2)
  t.teardown(async () => {
    await edge.close()
    await Promise.all([stable.close(), canary.close()])
  })
  const wrong: string[] = []
  const met = new Map<string, number>()
  const numbers = Array.from({ length: onTheWire }, (_, index) => index)
  await inParallel(numbers, 32, async (index) => {
    if (wrong.length > 5) return
    const { text, canary: wanted, broken } = message(`/n${String(index).padStart(7, '0')}`)
    const client = await openClient(edge.addresses[0]!)
    client.write(text)
    await client.until(() => answersOf(client, ['GET']).length > 0 || client.end !== 'open', 5_000)
    const [answer] = answersOf(client, ['GET'])
    client.socket.destroy()
    const who = answer === undefined ? 'nobody' : statusOf(answer) === 200 ? answer.body : String(statusOf(answer))
    met.set(who, (met.get(who) ?? 0) + 1)
    const right = broken ? who === '400' || who === '431' : who === (wanted ? 'canary' : 'stable') || who === '431'
    if (!right) wrong.push(`${who}: ${JSON.stringify(text.slice(0, 300))}`)
    if (index % 1_000 === 0) for (const upstream of [stable, canary]) upstream.forget()
  })
  t.same(wrong.slice(0, 5), [])
  t.same([...stable.malformed, ...canary.malformed], [])
  t.ok(met.get('canary')! > onTheWire / 20 && met.get('stable')! > onTheWire / 10, JSON.stringify(Object.fromEntries(met)))
})
