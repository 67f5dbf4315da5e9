import { createHash } from 'node:crypto'
import { request as clearRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as secureRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { block, digestOfBlocks } from './services.ts'
import { secureName } from './setup.ts'
import type { Deed, Ground } from './traffic.ts'

const mebibyte = 1024 * 1024
/** Nothing here may be silent for so long. */
const silenceMs = 20_000

/** Some MiB up, with a length or in chunks; the service tells what it got. */
export const upload: Deed = async (ground) => {
  const bytes = 1 + ground.random(16 * mebibyte)
  const nonce = ground.ledger.begin()
  const headers = ground.random(2) === 0 ? { 'Content-Length': bytes } : {}
  return judged(ground, nonce, false, async () => {
    const response = await ask(ground, { method: 'POST', path: `/bulk/up/${nonce}`, headers }, bytes)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    const expected = `${bytes} ${digestOfBlocks(bytes)}`
    return response.statusCode === 200 && text !== expected ? { wrong: `${text} instead of ${expected}` } : { status: response.statusCode }
  })
}

export const download: Deed = (ground) => receive(ground, 1 + ground.random(16 * mebibyte), 0)

/** Takes seconds for what would come in a moment. */
export const slowRead: Deed = (ground) => receive(ground, mebibyte + ground.random(3 * mebibyte), 40)

function receive(ground: Ground, bytes: number, pauseMs: number): Promise<string | undefined> {
  const nonce = ground.ledger.begin()
  return judged(ground, nonce, true, async () => {
    const response = await ask(ground, { path: `/bulk/down/${nonce}/${bytes}` }, 0)
    const hash = createHash('sha1')
    let received = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk)
      received += chunk.length
      if (pauseMs > 0) await delay(ground.random(pauseMs))
    }
    const isRight = received === bytes && hash.digest('hex') === digestOfBlocks(bytes)
    return response.statusCode === 200 && !isRight
      ? { wrong: `${received} bytes that end well, instead of ${bytes}` }
      : { status: response.statusCode }
  })
}

/** Something wrong that looks whole is never excused; a 5xx and a broken connection are, where the ledger has a reason. */
async function judged(
  { ledger }: Ground,
  nonce: string,
  isIdempotent: boolean,
  work: () => Promise<{ readonly wrong: string } | { readonly status: number | undefined }>,
): Promise<string | undefined> {
  let problem: string
  try {
    const outcome = await work()
    if ('wrong' in outcome) return `${nonce}: ${outcome.wrong}`
    if (outcome.status === 200) return undefined
    problem = `status ${outcome.status}`
  } catch (error) {
    problem = String(error)
  }
  return ledger.excuse(nonce, isIdempotent) === undefined ? `${nonce}: ${problem}` : undefined
}

/** In the clear or by TLS, on a connection of its own. */
async function ask({ clear, secure, random }: Ground, options: RequestOptions, bytes: number): Promise<IncomingMessage> {
  const isSecure = random(3) === 0
  const own = { agent: false, timeout: silenceMs } as const
  const sent = isSecure
    ? secureRequest({ ...options, ...own, ...secure, servername: secureName, rejectUnauthorized: false })
    : clearRequest({ ...options, ...own, ...clear })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve)
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error(`silence for ${silenceMs} ms`)))
  })
  // The answer may come, and the connection go, before all is sent: what then matters is the answer.
  pipeline(Readable.from(blocksOf(bytes)), sent).catch((error: unknown) => sent.destroy(error instanceof Error ? error : new Error(String(error))))
  return answered
}

function* blocksOf(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block
}
