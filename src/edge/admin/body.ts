import type { IncomingMessage } from 'node:http'
import { type AdminAnswer, problem } from './answer.ts'

export type Body = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'refused'; readonly answer: AdminAnswer }

const maxBytes = 65_536
const deadlineMs = 5_000

export async function readJson(request: IncomingMessage): Promise<Body> {
  const media = refuseMedia(request)
  if (media !== undefined) return refused(media)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return refused(tooLarge())
  const content = await readAll(request)
  if (typeof content === 'number') return refused(content === 413 ? tooLarge() : tooSlow())
  try {
    return { kind: 'json', value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) }
  } catch (error) {
    const detail = `The body is not JSON: ${error instanceof Error ? error.message : String(error)}.`
    return refused(problem(400, { detail, fix: 'Send {"weights": {"stable": 80, "canary": 20}} with the names of your backends.' }))
  }
}

function refuseMedia(request: IncomingMessage): AdminAnswer | undefined {
  const type = request.headers['content-type'] ?? ''
  const coding = request.headers['content-encoding'] ?? 'identity'
  if (/^application\/json *(; *charset="?utf-8"?)? *$/i.test(type) && coding === 'identity') return undefined
  const detail =
    coding === 'identity' ? `The body is declared as ${type === '' ? 'nothing' : JSON.stringify(type)}.` : `The body is coded as ${coding}.`
  return problem(
    415,
    { detail, fix: 'Send JSON in UTF-8 with Content-Type: application/json, uncompressed.' },
    { 'Accept-Patch': 'application/json' },
  )
}

/** The status to refuse with when there is no whole body in time. */
function readAll(request: IncomingMessage): Promise<Buffer | 408 | 413> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const timer = setTimeout(() => settle(408), deadlineMs)
    const settle = (result: Buffer | 408 | 413): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      request.pause()
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > maxBytes) settle(413)
      else chunks.push(chunk)
    }
    const onEnd = (): void => settle(Buffer.concat(chunks))
    const onClose = (): void => settle(408)
    request.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

function refused(answer: AdminAnswer): Body {
  // What is left of the body was not read: the connection cannot carry another request.
  return { kind: 'refused', answer: { ...answer, headers: { ...answer.headers, Connection: 'close' } } }
}

function tooLarge(): AdminAnswer {
  return problem(413, { detail: `The body is larger than ${maxBytes} bytes.`, fix: 'Send only the weights of one split.' })
}

function tooSlow(): AdminAnswer {
  return problem(408, { detail: `The body did not come within ${deadlineMs / 1000} s.`, fix: 'Send the request again.' })
}
