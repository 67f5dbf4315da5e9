import type { ListenerTls } from '../config.ts'
import type { LogFields } from '../log.ts'
import { peerLog } from '../peerLog.ts'
import type { Accept } from '../server.ts'
import { secureAccept } from './acceptor.ts'
import { ContextStore } from './contexts.ts'
import type { TlsMaterial } from './material.ts'

/** The TLS side of a worker. */
export type SecureListeners = {
  /** In the order of `listeners`. Handshakes that begin from now on use this material; throws where it cannot be used, and changes nothing then. */
  renew(listeners: readonly ListenerTls[], material: TlsMaterial): readonly Accept[]
}

export function openSecureListeners(warn: (message: string, fields: LogFields) => void): SecureListeners {
  const store = new ContextStore()
  const log = peerLog('a TLS handshake failed', warn, () => performance.now())
  return {
    renew: (listeners, material) =>
      store.renew(listeners, material).map((contexts, i) => secureAccept({ contexts, extra: hstsField(listeners[i]!.hstsSeconds), log })),
  }
}

/** RFC 6797 §6.1. */
function hstsField(seconds: number): string {
  return seconds === 0 ? '' : `Strict-Transport-Security: max-age=${seconds}\r\n`
}
