/** Why the API server did not do what it was asked, as far as callers act on it differently. */
export type KubeErrorKind =
  /** 400, 413, 415 … : the request itself is wrong. */
  | 'badRequest'
  /** 401: who is asking? */
  | 'unauthorized'
  /** 403: the message says who may not do what. */
  | 'forbidden'
  | 'notFound'
  /** 409 AlreadyExists. */
  | 'alreadyExists'
  /** 409 Conflict: the object is not what the write was decided from. Read again. */
  | 'conflict'
  /** 410: the resource version, or the continue token, is too old. List again. */
  | 'gone'
  /** 422: `causes` names the fields. */
  | 'invalid'
  /** 429: not processed; try again after `retryAfterMs`. */
  | 'tooManyRequests'
  /** 5xx. */
  | 'unavailable'
  /** No whole answer came: whether a write took effect is not known. */
  | 'noAnswer'

export type Cause = { readonly field: string; readonly reason: string; readonly message: string }

export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly kind: KubeErrorKind
  /** HTTP status; 0 without an answer. */
  readonly status: number
  /** `metav1.Status.reason`; '' where there is none. */
  readonly reason: string
  /** What the server asked to wait; undefined: it did not say. */
  readonly retryAfterMs: number | undefined
  readonly causes: readonly Cause[]

  constructor(facts: {
    readonly kind: KubeErrorKind
    readonly message: string
    readonly status?: number
    readonly reason?: string
    readonly retryAfterMs?: number | undefined
    readonly causes?: readonly Cause[]
    readonly cause?: unknown
  }) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.kind = facts.kind
    this.status = facts.status ?? 0
    this.reason = facts.reason ?? ''
    this.retryAfterMs = facts.retryAfterMs
    this.causes = facts.causes ?? []
  }
}

/** Whether `error` is a KubeError of one of these kinds. */
export function isKubeError(error: unknown, ...kinds: readonly KubeErrorKind[]): error is KubeError {
  return error instanceof KubeError && (kinds.length === 0 || kinds.includes(error.kind))
}

/** From an answer that is no success. `attempt`: what was asked, as `PATCH rollouts/shop`. Bodies that are no Status, as those of proxies in between, are quoted in part. */
export function errorFrom(status: number, headers: Headers, body: string, attempt: string): KubeError {
  const told = statusIn(body)
  const retryAfterS = Number(headers['retry-after'] ?? told?.retryAfterSeconds)
  return new KubeError({
    kind: kindOf(status, told?.reason ?? ''),
    status,
    reason: told?.reason ?? '',
    message: `${attempt}: ${told?.message || `HTTP ${status}${body === '' ? '' : `: ${printable(body).slice(0, 200)}`}`}${hints[status] ?? ''}`,
    retryAfterMs: Number.isFinite(retryAfterS) && retryAfterS >= 0 ? retryAfterS * 1_000 : undefined,
    causes: told?.causes ?? [],
  })
}

const hints: Readonly<Record<number, string>> = { 401: ' (the credentials are not valid, or no more)' }

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** `metav1.Status`, where it is one. */
export type Status = {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | undefined
  readonly causes: readonly Cause[]
}

function statusIn(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined
  try {
    return readStatus(JSON.parse(body))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function readStatus(value: unknown): Status | undefined {
  if (!isRecord(value) || value['kind'] !== 'Status') return undefined
  const details = isRecord(value['details']) ? value['details'] : {}
  const causes = Array.isArray(details['causes']) ? details['causes'].filter(isRecord) : []
  const retryAfterSeconds = details['retryAfterSeconds']
  return {
    code: typeof value['code'] === 'number' ? value['code'] : 0,
    reason: textOf(value['reason']),
    message: textOf(value['message']),
    retryAfterSeconds: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined,
    causes: causes.map((cause) => ({ field: textOf(cause['field']), reason: textOf(cause['reason']), message: textOf(cause['message']) })),
  }
}

/** The same error as by an answer, for a Status that came as a watch event. */
export function errorOfStatus(status: Status, attempt: string): KubeError {
  const { code, reason, message, causes, retryAfterSeconds } = status
  const retryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000
  return new KubeError({ kind: kindOf(code, reason), status: code, reason, message: `${attempt}: ${message}`, retryAfterMs, causes })
}

function kindOf(status: number, reason: string): KubeErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return 'forbidden'
    case 404:
      return 'notFound'
    case 409:
      return reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict'
    case 410:
      return 'gone'
    case 422:
      return 'invalid'
    case 429:
      return 'tooManyRequests'
    default:
      return status >= 500 || status === 0 ? 'unavailable' : 'badRequest'
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ')
}

/** Nothing came back: `error` says why. */
export function noAnswer(attempt: string, error: unknown): KubeError {
  return new KubeError({
    kind: 'noAnswer',
    message: `${attempt}: ${error instanceof Error ? error.message || String(error) : String(error)}`,
    cause: error,
  })
}

export function withoutQuery(path: string): string {
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}
