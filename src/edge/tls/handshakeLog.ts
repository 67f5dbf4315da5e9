import type { LogFields } from '../log.ts'

/** Tells of a failed handshake, unless one was told of a moment ago. `reason`: an error code of OpenSSL or the system, never what the client sent. */
export type HandshakeLog = (reason: string, peer: string) => void

const pauseMs = 10_000

export function handshakeLog(warn: (message: string, fields: LogFields) => void, nowMs: () => number): HandshakeLog {
  let nextMs = Number.NEGATIVE_INFINITY
  let untold = 0
  return (reason, peer) => {
    const now = nowMs()
    if (now < nextMs) {
      untold++
      return
    }
    nextMs = now + pauseMs
    warn('a TLS handshake failed', { reason, peer, ...(untold === 0 ? {} : { othersSince: untold }) })
    untold = 0
  }
}
