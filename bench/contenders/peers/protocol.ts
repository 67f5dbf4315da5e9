import type { RouteEntry, Weights } from '../contender.ts'

/** The file that a peer process is started with. */
export type PeerSettings = {
  readonly routes: readonly RouteEntry[]
  readonly stablePort: number
  readonly canaryPort: number
  readonly weights: Weights
}

export function isListening(message: unknown): message is { port: number } {
  return typeof message === 'object' && message !== null && 'port' in message
}

export function isAcknowledgement(message: unknown): message is { weightsSet: true } {
  return typeof message === 'object' && message !== null && 'weightsSet' in message
}
