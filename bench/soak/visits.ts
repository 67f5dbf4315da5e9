import { setTimeout as delay } from 'node:timers/promises'
import { answersOf, type Client, openClient, responsesOf } from '../../test/edge/http/client.ts'
import { fieldOf, type Message, statusOf } from '../../test/edge/http/message.ts'
import { filler } from '../../test/edge/stress/misconduct.ts'
import type { Deed, Ground } from './traffic.ts'

const answerMs = 20_000
/** Beyond the deadline of the edge: for a machine that is busy. */
const patienceMs = 8_000

/** A client that comes back some times, on connections kept and new, with its cookie: it must meet the backend that it met first. */
export const visit: Deed = async (ground) => {
  const { random, ledger, clear } = ground
  let cookie: string | undefined
  let met: string | undefined
  let client: Client | undefined
  try {
    for (let visits = 3 + random(12); visits > 0; visits--) {
      const nonce = ledger.begin()
      if (client === undefined || client.end !== 'open') client = await openClient(clear)
      const cookies = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`
      client.write(`GET /who/${nonce} HTTP/1.1\r\nHost: club.example\r\n${cookies}\r\n`)
      const answer = await answerOn(client, 'GET')
      if (answer === undefined || statusOf(answer) !== 200) {
        if (ledger.excuse(nonce, true) === undefined) return `${nonce} got ${told(client, answer)}`
      } else {
        if (fieldOf(answer, 'x-nonce') !== nonce) return `${nonce} got the answer of ${fieldOf(answer, 'x-nonce')}`
        const backend = answer.body.split('-')[0]
        if (met !== undefined && backend !== met) return `${nonce} met ${backend} after ${met}, with ${cookie}`
        cookie = fieldOf(answer, 'set-cookie')?.split(';')[0] ?? cookie
        met = backend
      }
      if (answer === undefined || random(4) === 0) {
        client.socket.destroy()
        client = undefined
      }
      await delay(random(400))
    }
    return undefined
  } finally {
    client?.socket.destroy()
  }
}

/** What a service says of its own failure is passed on as it is, and never tried again. */
export const failing: Deed = async ({ random, ledger, clear }) => {
  const nonce = ledger.begin()
  const method = random(2) === 0 ? 'GET' : 'POST'
  const client = await openClient(clear)
  try {
    client.write(`${method} /fails/${nonce} HTTP/1.1\r\nHost: a\r\n${method === 'POST' ? 'Content-Length: 2\r\n\r\nhi' : '\r\n'}`)
    const answer = await answerOn(client, method)
    if (answer !== undefined && fieldOf(answer, 'x-nonce') === nonce && answer.startLine === 'HTTP/1.1 503 Mine') return undefined
    return ledger.excuse(nonce, method === 'GET') === undefined ? `${method} ${nonce} got ${told(client, answer)}` : undefined
  } finally {
    client.socket.destroy()
  }
}

/** A tunnel that lives for some seconds and gives back what it is told. */
export const webSocket: Deed = async (ground) => {
  const { random, ledger, clear } = ground
  const nonce = ledger.begin()
  const client = await openClient(clear)
  const problem = (what: string): string | undefined => (ledger.excuse(nonce, true) === undefined ? `${nonce}: ${what}` : undefined)
  try {
    client.write(`GET /tunnel/${nonce} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`)
    await client.until(() => client.text.includes('\r\n\r\n') || client.end !== 'open', answerMs)
    if (!client.text.startsWith('HTTP/1.1 101 ')) return problem(`no tunnel: ${client.text.slice(0, 40)}`)
    for (let messages = 5 + random(60); messages > 0; messages--) {
      client.text = ''
      const message = filler(nonce, 1 + random(2_000))
      client.write(message)
      await client.until(() => client.text.length >= message.length || client.end !== 'open', answerMs)
      if (client.text !== message) return problem(`${client.text.length} of ${message.length} bytes came back (${client.end})`)
      await delay(random(300))
    }
    return undefined
  } finally {
    client.socket.destroy()
  }
}

/** The edge must end it when the time for a head is over. */
export const unfinishedHead: Deed = (ground) => unfinished(ground, ({ random }) => 'GET / HTTP/1.1\r\nHost: a\r\nX-Long: '.slice(0, 1 + random(37)))

/** The same for a body. */
export const unfinishedBody: Deed = (ground) =>
  unfinished(ground, ({ ledger }) => `POST /plain/${ledger.begin()} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbut`)

async function unfinished(ground: Ground, begin: (ground: Ground) => string): Promise<string | undefined> {
  const client = await openClient(ground.clear)
  try {
    const text = begin(ground)
    client.write(text)
    const ended = await client.until(() => client.end !== 'open', 3_000 + patienceMs)
    return ended ? undefined : `still open after ${JSON.stringify(text)}: ${JSON.stringify(client.text.slice(0, 100))}`
  } finally {
    client.socket.destroy()
  }
}

/** The next answer on a connection, which is taken from what came; undefined: the connection ended, or the time was over. */
async function answerOn(client: Client, method: string): Promise<Message | undefined> {
  await client.until(() => answersOf(client, [method]).length > 0 || client.end !== 'open', answerMs)
  const answer = answersOf(client, [method])[0]
  if (answer !== undefined) client.text = ''
  return answer
}

function told(client: Client, answer: Message | undefined): string {
  return answer?.startLine ?? `${responsesOf(client, ['GET']).problem ?? JSON.stringify(client.text.slice(0, 60))} (${client.end})`
}
