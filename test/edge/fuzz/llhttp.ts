// Node's own parser, run without sockets and without its leniencies: the oracle.

type NodeParser = {
  initialize(kind: number, owner: object, headBytesMaximum: number, leniency: number): void
  execute(bytes: Buffer): number | Error
  finish(): undefined | Error
  [callback: number]: (...values: never[]) => unknown
}
type HttpCommon = { readonly HTTPParser: (new () => NodeParser) & Readonly<Record<string, number>> }

const { HTTPParser } = process.getBuiltinModule('node:_http_common') as unknown as HttpCommon
/** By llhttp's numbers (`llhttp_method`); the others we refuse. */
const methods: Readonly<Record<number, string>> = {
  0: 'DELETE',
  1: 'GET',
  2: 'HEAD',
  3: 'POST',
  4: 'PUT',
  5: 'CONNECT',
  6: 'OPTIONS',
  7: 'TRACE',
  28: 'PATCH',
  46: 'QUERY',
}
const headBytesMaximum = 1 << 20
const leniencies = HTTPParser['kLenientNone']!

/** Reads one message and tells what it took it for. Used again for every message. */
export class Llhttp {
  /** '' or llhttp's name for what it found wrong, such as HPE_INVALID_CONTENT_LENGTH. */
  error = ''
  /** Messages begun: 2 when it took the last bytes for another one. */
  begun = 0
  headComplete = false
  done = false
  /** The message was over before its last byte. */
  doneEarly = false
  method = ''
  target = ''
  version = ''
  status = 0
  /** Name, value, name, value … */
  fields: string[] = []
  trailers: string[] = []
  content = ''
  keepAlive = false
  upgrade = false
  readonly #kind: number
  readonly #parser = new HTTPParser()

  constructor(kind: 'request' | 'response') {
    this.#kind = HTTPParser[kind === 'request' ? 'REQUEST' : 'RESPONSE']!
    this.#listen()
  }

  /**
   * Feeds `bytes` from `start` to `end`, the last of them apart: a message ends at `end` exactly when it is `done` and not `doneEarly`.
   * `ends`: the connection ends there too.
   */
  read(bytes: Buffer, start: number, end: number, ends = false): this {
    this.#reset()
    this.#parser.initialize(this.#kind, this, headBytesMaximum, leniencies)
    if (end - start > 1) this.#execute(bytes.subarray(start, end - 1))
    this.doneEarly = this.done
    if (this.error === '' && !this.doneEarly && end > start) this.#execute(bytes.subarray(end - 1, end))
    if (this.error === '' && ends && !this.done) this.#note(this.#parser.finish())
    return this
  }

  #execute(bytes: Buffer): void {
    this.#note(this.#parser.execute(bytes))
  }

  #note(outcome: number | undefined | Error): void {
    if (outcome instanceof Error) this.error = (outcome as NodeJS.ErrnoException).code ?? 'unnamed'
  }

  #reset(): void {
    this.error = ''
    this.begun = 0
    this.headComplete = false
    this.done = false
    this.doneEarly = false
    this.target = ''
    this.fields = []
    this.trailers = []
    this.content = ''
  }

  #listen(): void {
    const parser = this.#parser
    parser[HTTPParser['kOnMessageBegin']!] = () => {
      this.begun++
    }
    // Called with what a long head has so far, and with trailers.
    parser[HTTPParser['kOnHeaders']!] = (fields: readonly string[], target: string) => {
      if (this.headComplete) this.trailers.push(...fields)
      else {
        this.fields.push(...fields)
        this.target += target
      }
    }
    parser[HTTPParser['kOnHeadersComplete']!] = (
      major: number,
      minor: number,
      fields: readonly string[] | undefined,
      method: number,
      target: string | undefined,
      status: number,
      _reason: string,
      upgrade: boolean,
      keepAlive: boolean,
    ) => {
      if (this.headComplete) return 0
      this.headComplete = true
      this.version = `${major}.${minor}`
      this.method = methods[method] ?? ''
      if (fields !== undefined) this.fields.push(...fields)
      if (target !== undefined) this.target += target
      this.status = status
      this.upgrade = upgrade
      this.keepAlive = keepAlive
      return 0
    }
    parser[HTTPParser['kOnBody']!] = (bytes: Buffer) => {
      this.content += bytes.latin1Slice()
    }
    parser[HTTPParser['kOnMessageComplete']!] = () => {
      this.done = true
    }
  }
}
