import { createSecureContext, type SecureContext } from 'node:tls'
import type { ListenerTls } from '../config.ts'
import { type Certificate, idOf, type TlsMaterial } from './material.ts'
import { chooserOf, covers } from './names.ts'

/** A certificate, ready for handshakes. */
export type Presented = { readonly context: SecureContext; readonly names: readonly string[] }

/** The certificates of one listener, and which of them a client gets. */
export type Contexts = {
  /** For clients that name no host, or one that no certificate is for. */
  readonly usual: Presented
  readonly areSeveral: boolean
  forName(servername: string): Presented
  /** Whether another certificate than the one that `servername` selects is for `host`, and that one is not. Without a name nothing was selected. */
  misdirects(servername: string, host: string): boolean
}

/**
 * Forward secrecy and authenticated encryption only. The client's order counts: it knows whether it has AES in hardware.
 * The names without ECDHE are TLS 1.3's.
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  ...['ECDSA', 'RSA'].flatMap((kind) => ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].map((cipher) => `ECDHE-${kind}-${cipher}`)),
].join(':')

/** Tickets are taken back by any worker, and only where they are from. */
const sessionIdContext = 'spillway'
/** How long a ticket is good for. */
const sessionSeconds = 86_400

type Made = { readonly certificate: Certificate; readonly ticketKeys: Uint8Array; readonly context: SecureContext }

/** Makes the contexts of all listeners; those whose certificate and ticket keys have not changed since the last time are used again. */
export class ContextStore {
  #made = new Map<string, Made>()

  /** In the order of `listeners`. */
  renew(listeners: readonly ListenerTls[], material: TlsMaterial): readonly Contexts[] {
    const made = new Map<string, Made>()
    const all = listeners.map((tls) => {
      const presented = tls.certificates.map((files): Presented => {
        const certificate = material.certificates.get(idOf(files))!
        const id = `${tls.minVersion}\n${idOf(files)}`
        const known = made.get(id) ?? this.#made.get(id)
        const { ticketKeys } = material
        const isKnown = known !== undefined && isMadeOf(known, certificate, ticketKeys)
        const context = isKnown ? known.context : secureContextOf(certificate, tls.minVersion, ticketKeys)
        made.set(id, { certificate, ticketKeys, context })
        return { context, names: certificate.names }
      })
      return contextsOf(presented)
    })
    this.#made = made
    return all
  }
}

function isMadeOf(made: Made, { cert, key }: Certificate, ticketKeys: Uint8Array): boolean {
  return made.certificate.cert === cert && made.certificate.key === key && Buffer.compare(made.ticketKeys, ticketKeys) === 0
}

/** Throws where OpenSSL will not have the certificate. */
export function secureContextOf(
  { cert, key }: Pick<Certificate, 'cert' | 'key'>,
  minVersion: ListenerTls['minVersion'],
  ticketKeys: Uint8Array,
): SecureContext {
  return createSecureContext({
    cert,
    key,
    minVersion: `TLSv${minVersion}`,
    ciphers,
    ticketKeys: Buffer.from(ticketKeys),
    sessionIdContext,
    sessionTimeout: sessionSeconds,
  })
}

function contextsOf(presented: readonly Presented[]): Contexts {
  const choose = chooserOf(presented)
  const usual = presented[0]!
  const forName = (servername: string): Presented => presented[choose(servername) ?? 0]!
  return {
    usual,
    areSeveral: presented.length > 1,
    forName,
    misdirects(servername, host) {
      if (servername === '' || covers(forName(servername).names, host)) return false
      return choose(host) !== undefined
    },
  }
}
