import { setTimeout as delay } from 'node:timers/promises'
import { type Address, type Client, openClient, responsesOf } from '../http/client.ts'
import { fieldOf, statusOf } from '../http/message.ts'
import { type Asked, filler, inChunks, inPieces, type Kind, kinds, type Random, wrongIn } from './misconduct.ts'

/** Connections of clients, most of them sound and some ill-behaved; each resolves to what was wrong with its answers. */

export type Scene = {
  readonly address: Address
  readonly random: Random
  nextNonce(): string
  /** Tells the upstreams of a request that is to be answered before its body has come. */
  answerEarly(nonce: string): void
  /** By TLS; absent: in the clear. */
  open?(): Promise<Client>
  /**
   * Whether a request of a sound kind may have failed, visibly: with a 5xx, or broken off. Absent: a POST may, with a 5xx, since a kept connection
   * that dies under a request which must not be repeated is told to its client.
   */
  mayFail?(asked: Asked, status: number | undefined): boolean
}

function mayFail(scene: Scene, asked: Asked, status: number | undefined): boolean {
  return scene.mayFail === undefined ? asked.method === 'POST' && status !== undefined : scene.mayFail(asked, status)
}

function open(scene: Scene): Promise<Client> {
  return scene.open === undefined ? openClient(scene.address) : scene.open()
}

const sessionMs = 20_000
const bodySizes = [0, 1, 900, 16_000, 70_000, 200_000]
const rareKinds: readonly Kind[] = ['silent', 'early']

export async function session(scene: Scene): Promise<string | undefined> {
  const choice = scene.random(20)
  if (choice === 0) return tunnel(scene)
  if (choice === 1) return noise(scene)
  return requests(scene)
}

type Manner = 'steady' | 'slow' | 'halfCloses' | 'resets' | 'leaves'

async function requests(scene: Scene): Promise<string | undefined> {
  const { random } = scene
  const asked: Asked[] = []
  let text = ''
  const oldClient = random(8) === 0
  const count = oldClient ? 1 : 1 + random(5)
  for (let index = 0; index < count; index++) {
    const ask = newRequest(scene, index === count - 1)
    asked.push(ask)
    text += requestText(ask, { last: index === count - 1, oldClient, random })
  }
  const manner: Manner = random(3) > 0 ? 'steady' : (['slow', 'halfCloses', 'resets', 'leaves'] as const)[random(4)]!
  const client = await open(scene)
  try {
    const sent = inPieces(manner === 'resets' || manner === 'leaves' ? text.slice(0, 1 + random(text.length)) : text, client.write, random)
    if (manner === 'slow') await readSlowly(client, random)
    await sent
    if (manner === 'halfCloses') client.fin()
    if (manner === 'resets' || manner === 'leaves') {
      await delay(random(30))
      if (manner === 'resets') client.reset()
      return judge(scene, client, asked, true)
    }
    const ended = await client.until(() => client.end !== 'open', sessionMs)
    if (!ended) return `still open after ${describe(asked)}: ${JSON.stringify(client.text.slice(-200))}`
    return judge(scene, client, asked, manner === 'halfCloses')
  } finally {
    client.socket.destroy()
  }
}

function newRequest({ random, nextNonce, answerEarly }: Scene, last: boolean): Asked {
  let kind: Kind = random(3) > 0 ? 'plain' : kinds[random(kinds.length)]!
  if (rareKinds.includes(kind) && (!last || random(3) > 0)) kind = 'plain'
  const nonce = nextNonce()
  const method = kind === 'early' ? 'POST' : ['GET', 'GET', 'POST', 'HEAD'][random(4)]!
  if (kind === 'early') answerEarly(nonce)
  const size = kind === 'early' ? 70_000 : bodySizes[random(bodySizes.length)]!
  return { kind, nonce, method, body: method === 'POST' ? filler(nonce, size) : '' }
}

function requestText({ kind, nonce, method, body }: Asked, how: { last: boolean; oldClient: boolean; random: Random }): string {
  const version = how.oldClient ? '1.0' : '1.1'
  const head = `${method} /${kind}/${nonce} HTTP/${version}\r\nHost: a\r\n${how.last ? 'Connection: close\r\n' : ''}`
  if (method !== 'POST') return `${head}\r\n`
  if (how.oldClient || how.random(2) === 0) return `${head}Content-Length: ${body.length}\r\n\r\n${body}`
  return `${head}Transfer-Encoding: chunked\r\n\r\n${inChunks(body, how.random)}0\r\n\r\n`
}

async function readSlowly(client: Client, random: Random): Promise<void> {
  for (let pauses = 5; pauses > 0; pauses--) {
    client.socket.pause()
    await delay(random(60))
    client.socket.resume()
    await delay(2)
  }
}

/** `given`: the client gave up first, so that not all answers are owed. */
function judge(scene: Scene, client: Client, asked: readonly Asked[], given: boolean): string | undefined {
  const { responses, rest, problem } = responsesOf(
    client,
    asked.map((ask) => ask.method),
  )
  const where = `${describe(asked)} (${client.end})`
  if (problem !== undefined) return `${where}: ${problem}`
  if (rest !== '' && client.end === 'fin') return `${where}: rest ${JSON.stringify(rest.slice(0, 200))}`
  // A reset takes along what the client had not read yet.
  const mayBreak = (ask: Asked): boolean => ask.kind === 'cut' || mayFail(scene, ask, undefined)
  // A write that meets the reset first takes it away, and node then reads an end. In the clear that must not be; TLS tells a cut from an end by itself.
  const wasReset = client.end === 'reset' || (client.end === 'fin' && scene.open !== undefined)
  const brokenOff = given || (wasReset && asked.some(mayBreak))
  const answers = responses.filter((response) => statusOf(response) >= 200)
  for (const [index, answer] of answers.entries()) {
    const ask = asked[index]!
    if (!answer.complete && !wasReset && client.end === 'fin') return `${where}: ${ask.nonce} was cut off with FIN`
    if (!answer.complete && !brokenOff) return `${where}: ${ask.nonce} was cut off`
    const wrong = answer.complete ? wrongIn(answer, ask) : undefined
    if (wrong !== undefined && !(statusOf(answer) >= 500 && mayFail(scene, ask, statusOf(answer)))) return `${where}: ${ask.nonce} got ${wrong}`
  }
  const last = answers.at(-1)
  const saidSo = last !== undefined && fieldOf(last, 'connection')?.toLowerCase() === 'close'
  if (brokenOff || saidSo || answers.length === asked.length) return undefined
  return `${where}: ${answers.length} of ${asked.length} answers`
}

function describe(asked: readonly Asked[]): string {
  return asked.map(({ method, kind, nonce }) => `${method} ${kind} ${nonce}`).join(', ')
}

async function tunnel(scene: Scene): Promise<string | undefined> {
  const { random, nextNonce } = scene
  const nonce = nextNonce()
  const asked: Asked = { kind: 'plain', nonce, method: 'GET', body: '' }
  const client = await open(scene)
  try {
    const ahead = random(2) === 0 ? 'ahead' : ''
    client.write(`GET /tunnel/${nonce} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${ahead}`)
    const message = filler(nonce, [5, 20_000, 300_000][random(3)]!)
    const opened = await client.until(() => client.text.includes('\r\n\r\n') || client.end !== 'open', sessionMs)
    if (!opened || !client.text.startsWith('HTTP/1.1 101 '))
      return opened && mayFail(scene, asked, undefined) ? undefined : `no tunnel for ${nonce}: ${client.text.slice(0, 100)}`
    await inPieces(message, client.write, random)
    const whole = await client.until(() => client.text.endsWith(`\r\n\r\n${ahead}${message}`) || client.end !== 'open', sessionMs)
    if (!whole || !client.text.endsWith(message))
      return whole && mayFail(scene, asked, undefined)
        ? undefined
        : `the tunnel ${nonce} gave back ${client.text.length} of ${message.length} bytes (${client.end})`
    if (random(2) === 0) {
      client.fin()
      if (!(await client.until(() => client.end !== 'open', sessionMs))) return `the tunnel ${nonce} did not end`
    }
    return undefined
  } finally {
    client.socket.destroy()
  }
}

async function noise(scene: Scene): Promise<undefined> {
  const { random } = scene
  const client = await open(scene)
  const begin = ['', 'GET / HTTP/1.1\r\nHost: a\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'][random(3)]!
  client.write(begin + String.fromCharCode(...Array.from({ length: 1 + random(400) }, () => random(256))))
  await client.until(() => client.end !== 'open', random(200))
  if (random(2) === 0) client.reset()
  client.socket.destroy()
  return undefined
}
