import type { LogFields } from './log.ts'

/** Tells of a peer that was turned away, unless one was told of a moment ago. `reason`: words or a code of our own or the system's, never what came from the peer. */
export type PeerLog = (reason: string, peer: string) => void

const pauseMs = 10_000

export function peerLog(message: string, warn: (message: string, fields: LogFields) => void, nowMs: () => number): PeerLog {
  let nextMs = Number.NEGATIVE_INFINITY
  let untold = 0
  return (reason, peer) => {
    const now = nowMs()
    if (now < nextMs) {
      untold++
      return
    }
    nextMs = now + pauseMs
    warn(message, { reason, peer, ...(untold === 0 ? {} : { othersSince: untold }) })
    untold = 0
  }
}
