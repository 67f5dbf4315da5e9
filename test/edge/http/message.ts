/** A strict reader of HTTP/1.x messages for assertions; shares nothing with the engine under test. Texts are latin1. */

export type Field = readonly [name: string, value: string]

export type Message = {
  readonly startLine: string
  readonly fields: readonly Field[]
  readonly body: string
  readonly trailers: readonly Field[]
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  /** False while bytes are missing; a response framed by `close` is complete only once its connection has ended. */
  readonly complete: boolean
  /** Where the next message begins. */
  readonly end: number
}

/** What a strict recipient would call an unreadable message. */
export class Malformed extends Error {}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
const requestLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [^\s]+ HTTP\/1\.[01]$/
const statusLine = /^HTTP\/1\.[01] [0-9]{3} [\t\x20-\x7e\x80-\xff]*$/

export function fieldsOf(message: { readonly fields: readonly Field[] }, name: string): string[] {
  return message.fields.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

/** The only value of a name; undefined when it is absent, all of them joined by ` & ` when there are several. */
export function fieldOf(message: { readonly fields: readonly Field[] }, name: string): string | undefined {
  const values = fieldsOf(message, name)
  return values.length === 0 ? undefined : values.join(' & ')
}

export function statusOf(response: Message): number {
  return Number(response.startLine.slice(9, 12))
}

/** A request from `from` on, undefined while its head is unfinished. Throws Malformed. */
export function readRequest(text: string, from = 0): Message | undefined {
  const head = readHead(text, from, requestLine)
  if (head === undefined) return undefined
  const chunked = isChunked(head.fields)
  const length = lengthOf(head.fields)
  if (chunked && length !== undefined) throw new Malformed('both Content-Length and Transfer-Encoding')
  if (chunked) return { ...head, ...readChunks(text, head.end), framing: 'chunked' }
  if (length === undefined) return { ...head, body: '', trailers: [], framing: 'none', complete: true }
  return { ...head, ...readLength(text, head.end, length), framing: 'length' }
}

/** A response to a request of `method`, undefined while its head is unfinished. `ended`: its connection sent a clean FIN. Throws Malformed. */
export function readResponse(text: string, from: number, method: string, ended: boolean): Message | undefined {
  const head = readHead(text, from, statusLine)
  if (head === undefined) return undefined
  const status = statusOf({ ...head, body: '', trailers: [], framing: 'none', complete: true })
  const chunked = isChunked(head.fields)
  const length = lengthOf(head.fields)
  if (chunked && length !== undefined) throw new Malformed('both Content-Length and Transfer-Encoding')
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) {
    if (status < 200 || status === 204) {
      if (chunked || length !== undefined) throw new Malformed(`framing fields in a ${status}`)
    }
    return { ...head, body: '', trailers: [], framing: 'none', complete: true }
  }
  if (chunked) return { ...head, ...readChunks(text, head.end), framing: 'chunked' }
  if (length !== undefined) return { ...head, ...readLength(text, head.end, length), framing: 'length' }
  return { ...head, body: text.slice(head.end), trailers: [], framing: 'close', complete: ended, end: text.length }
}

/** All responses to requests of these methods, interim ones among them, and what is left over. Throws Malformed. */
export function readResponses(text: string, methods: readonly string[], ended: boolean): { responses: Message[]; rest: string } {
  const responses: Message[] = []
  let at = 0
  for (let answered = 0; answered < methods.length && at < text.length; ) {
    const response = readResponse(text, at, methods[answered]!, ended)
    if (response === undefined) break
    responses.push(response)
    at = response.end
    if (!response.complete) break
    if (statusOf(response) >= 200 || statusOf(response) === 101) answered++
    if (statusOf(response) === 101) break
  }
  return { responses, rest: text.slice(at) }
}

type Head = { startLine: string; fields: Field[]; end: number }

function readHead(text: string, from: number, startLineForm: RegExp): Head | undefined {
  const end = text.indexOf('\r\n\r\n', from)
  if (end < 0) return undefined
  const [startLine = '', ...lines] = text.slice(from, end).split('\r\n')
  if (!startLineForm.test(startLine)) throw new Malformed(`start line ${JSON.stringify(startLine.slice(0, 100))}`)
  return { startLine, fields: lines.map(readField), end: end + 4 }
}

function readField(line: string): Field {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  const value = line.slice(colon + 1)
  if (!token.test(name) || !fieldValue.test(value)) throw new Malformed(`field line ${JSON.stringify(line.slice(0, 100))}`)
  return [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]
}

function isChunked(fields: readonly Field[]): boolean {
  const codings = fieldsOf({ fields }, 'transfer-encoding')
  if (codings.length === 0) return false
  if (codings.length !== 1 || codings[0]!.toLowerCase() !== 'chunked') throw new Malformed(`Transfer-Encoding ${codings.join(' & ')}`)
  return true
}

function lengthOf(fields: readonly Field[]): number | undefined {
  const lengths = fieldsOf({ fields }, 'content-length')
  if (lengths.length === 0) return undefined
  // Canonical digits only: what the edge writes must leave nobody room for a second reading.
  if (lengths.length !== 1 || !/^(0|[1-9][0-9]{0,15})$/.test(lengths[0]!)) throw new Malformed(`Content-Length ${lengths.join(' & ')}`)
  return Number(lengths[0])
}

function readLength(text: string, from: number, length: number): Pick<Message, 'body' | 'trailers' | 'complete' | 'end'> {
  const body = text.slice(from, from + length)
  return { body, trailers: [], complete: body.length === length, end: from + body.length }
}

function readChunks(text: string, from: number): Pick<Message, 'body' | 'trailers' | 'complete' | 'end'> {
  let body = ''
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return { body, trailers: [], complete: false, end: text.length }
    const size = text.slice(at, lineEnd)
    if (!/^[0-9A-Fa-f]{1,12}$/.test(size)) throw new Malformed(`chunk size ${JSON.stringify(size.slice(0, 100))}`)
    const length = Number.parseInt(size, 16)
    if (length === 0) return { body, ...readTrailers(text, lineEnd) }
    const dataEnd = lineEnd + 2 + length
    body += text.slice(lineEnd + 2, dataEnd)
    if (text.length < dataEnd + 2) return { body, trailers: [], complete: false, end: text.length }
    if (text.slice(dataEnd, dataEnd + 2) !== '\r\n') throw new Malformed('chunk data not ended by CRLF')
    at = dataEnd + 2
  }
}

/** `lastChunkEnd`: where the CRLF of the last chunk's size line begins. */
function readTrailers(text: string, lastChunkEnd: number): Pick<Message, 'trailers' | 'complete' | 'end'> {
  if (text.startsWith('\r\n', lastChunkEnd + 2)) return { trailers: [], complete: true, end: lastChunkEnd + 4 }
  const end = text.indexOf('\r\n\r\n', lastChunkEnd)
  if (end < 0) return { trailers: [], complete: false, end: text.length }
  const lines = text.slice(lastChunkEnd + 2, end).split('\r\n')
  return { trailers: lines.map(readField), complete: true, end: end + 4 }
}
