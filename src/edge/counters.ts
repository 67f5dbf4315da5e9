/**
 * The layout of the counters that workers write and the main thread sums: one block of doubles per backend and worker, one per worker.
 * A block has a single writer, so that counting is a plain `block[i]++`; reads from the other thread see whole 64-bit values.
 */

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '_OTHER'] as const
export type MethodIndex = number

/** Status codes that have a series of their own; any other is counted under its class's `x00`'s neighbour below. */
export const codes = [
  101, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
  410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508,
  510, 511, 299, 399, 498, 599,
] as const
/** Per status code 0–999 its index in `codes`; unknown ones fold into 299, 399, 498 or 599, so that cardinality is bounded. */
export const codeIndex: Uint8Array = (() => {
  const index = new Uint8Array(1000)
  const at = (code: number): number => (codes as readonly number[]).indexOf(code)
  for (let code = 0; code < 1000; code++) {
    const other = code < 300 ? 299 : code < 400 ? 399 : code < 500 ? 498 : 599
    index[code] = at(code) >= 0 ? at(code) : at(other)
  }
  return index
})()

/** Why an exchange failed by the edge's own account; each is a 502, 503 or 504, or a broken-off response. */
export const failureKinds = ['connect', 'reset', 'timeout', 'protocol', 'no_endpoints', 'overload'] as const
export type FailureKind = (typeof failureKinds)[number]

/**
 * Why a backend was chosen. `sticky`: the client belongs there; one that comes for the first time counts as `weight`. `fallback` counts at the
 * backend that received the request; its own share lost counts as its `no_endpoints`.
 */
export const pickReasons = ['route', 'sticky', 'weight', 'fallback'] as const
export type PickReason = (typeof pickReasons)[number]

/** What became of copies of requests, counted at the backend that they were for: its answer's class, or none, or that no copy was sent for want of room. */
export const mirrorOutcomes = ['2xx', '3xx', '4xx', '5xx', 'failed', 'dropped'] as const
export type MirrorOutcome = (typeof mirrorOutcomes)[number]

/** Limits that clients or load can run into; each has a count, and a line in the log now and then. */
export const limitKinds = [
  'head_bytes',
  'headers',
  'target_bytes',
  'body_bytes',
  'slow_head',
  'slow_body',
  'connections',
  'connections_per_address',
  'queue',
  'queue_time',
  'total_time',
  'retry_budget',
  'mirror_load',
  'proxy_header',
  'overload',
  'memory',
] as const
export type LimitKind = (typeof limitKinds)[number]

/** Upper bounds in seconds; OpenTelemetry's for http.server.request.duration, and three finer ones for services nearby. */
export const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const

const requestCells = methods.length * codes.length
/** A histogram: one count per bound, one for beyond, then the sum in seconds. */
const histogramCells = durationBounds.length + 2

/** Offsets into a backend's block. */
export const at = {
  /** + methodIndex * codes.length + codeIndex */
  requests: 0,
  failures: requestCells,
  picks: requestCells + failureKinds.length,
  /** From the request's first byte to the response's last. */
  duration: requestCells + failureKinds.length + pickReasons.length,
  /** From the request's head sent upstream to the response's head. */
  upstreamDuration: requestCells + failureKinds.length + pickReasons.length + histogramCells,
  inFlight: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells,
  openTunnels: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells + 1,
  tunnels: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells + 2,
  clientAborts: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells + 3,
  retries: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells + 4,
  requestBytes: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells + 5,
  responseBytes: requestCells + failureKinds.length + pickReasons.length + 2 * histogramCells + 6,
} as const
/** Further offsets into a backend's block. */
export const healthAt = {
  /** How often an endpoint was taken out. */
  ejections: at.responseBytes + 1,
  /** Endpoints that are out now, by this worker's account. */
  ejected: at.responseBytes + 2,
  /** Requests that wait for a connection now. */
  queued: at.responseBytes + 3,
} as const
export const mirrorAt = {
  /** + index of the outcome */
  outcomes: healthAt.queued + 1,
  /** From the copy sent to the head of its answer. */
  duration: healthAt.queued + 1 + mirrorOutcomes.length,
} as const
export const backendBlockCells = mirrorAt.duration + histogramCells
/** What of a block tells how it is now; all else only rises. */
export const backendGauges: readonly number[] = [at.inFlight, at.openTunnels, healthAt.ejected, healthAt.queued]

/** Offsets into a worker's own block. */
export const workerAt = {
  connections: 0,
  openConnections: 1,
  connectionsRefused: 2,
  /** Requests that reached no backend, answered by the edge itself: + codeIndex. */
  answered: 3,
  /** Connections broken off by their client before a whole head had come. */
  brokenHeads: 3 + codes.length,
  upstreamConnections: 4 + codes.length,
  openUpstreamConnections: 5 + codes.length,
  /** The version of the table in use. */
  tableVersion: 6 + codes.length,
  /** Lines of the access log that found no room, because the main thread was too slow in writing. */
  accessLogDropped: 7 + codes.length,
  /** TLS handshakes that were done, and those that failed after at least one byte. */
  handshakes: 8 + codes.length,
  handshakeFailures: 9 + codes.length,
  /** + index of the limit */
  limited: 10 + codes.length,
  /** Counts up while the worker's event loop turns. */
  heartbeat: 10 + codes.length + limitKinds.length,
  /** The longest that the event loop was late of late, in ms; a gauge. */
  lagMs: 11 + codes.length + limitKinds.length,
} as const
export const workerBlockCells = workerAt.lagMs + 1

export function newBlock(cells: number): SharedArrayBuffer {
  return new SharedArrayBuffer(cells * Float64Array.BYTES_PER_ELEMENT)
}
