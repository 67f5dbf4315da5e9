/** What one line of the access log tells; an empty text and a negative number stand for what there was not, and are left out. */
export type AccessFacts = {
  /** Wall clock, at the end of the exchange. */
  readonly time: Date
  readonly client: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly protocol: string
  readonly status: number
  /** Of content, without heads and framing. */
  readonly requestBytes: number
  readonly responseBytes: number
  readonly durationMs: number
  /** From the head sent to the backend to the head of its answer. */
  readonly upstreamMs: number
  readonly split: string
  readonly backend: string
  readonly endpoint: string
  /** Why this backend: `route:NAME`, `sticky`, `weight` or `fallback`. */
  readonly reason: string
  readonly retries: number
  readonly requestId: string
  readonly userAgent: string
  /** Why the edge answered by itself, or broke the answer off. */
  readonly why: string
}

/** Clients choose these; a line has a bounded length whatever they send. */
const longestText = 2_048

/** One JSON object and a line feed, of printable ASCII: nothing that a client sends begins another line or another field. */
export function accessLine(facts: AccessFacts): string {
  let line = `{"time":"${facts.time.toISOString()}"`
  line += text('client', facts.client)
  line += text('method', facts.method)
  line += text('host', facts.host)
  line += text('path', facts.path)
  line += text('query', facts.query)
  line += text('protocol', facts.protocol)
  line += `,"status":${facts.status},"requestBytes":${facts.requestBytes},"responseBytes":${facts.responseBytes}`
  line += milliseconds('durationMs', facts.durationMs)
  line += milliseconds('upstreamMs', facts.upstreamMs)
  line += text('split', facts.split)
  line += text('backend', facts.backend)
  line += text('endpoint', facts.endpoint)
  line += text('reason', facts.reason)
  line += `,"retries":${facts.retries}`
  line += text('requestId', facts.requestId)
  line += text('userAgent', facts.userAgent)
  line += text('why', facts.why)
  return `${line}}\n`
}

function text(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":"${escaped(value.length > longestText ? `${value.slice(0, longestText)}...` : value)}"`
}

function milliseconds(name: string, value: number): string {
  return value < 0 ? '' : `,"${name}":${Math.round(value * 1000) / 1000}`
}

const plain = /^[ !#-[\]-~]*$/

/** Heads are latin1: a byte above 127 is written as the code point of its number, two UTF-8 bytes as two. */
function escaped(value: string): string {
  if (plain.test(value)) return value
  let out = ''
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0x22 || code === 0x5c) out += `\\${value[i]}`
    else if (code >= 0x20 && code < 0x7f) out += value[i]
    else out += `\\u${code.toString(16).padStart(4, '0')}`
  }
  return out
}
