import { createServer } from 'node:net'
import type { ListenAddress } from './config.ts'

/** `127.0.0.1:8080`, `[::1]:8080`. */
export function addressText(address: ListenAddress): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

export function urlOf(address: ListenAddress, scheme = 'http'): string {
  return `${scheme}://${addressText(address)}`
}

/** A listen address as asked for in the configuration, and as bound: the same but for port 0. */
export type BoundAddress = { readonly asked: ListenAddress; readonly bound: ListenAddress }

/** Gives every address that asks for port 0 the port that the system chose for it before, so that an edit elsewhere does not move it. */
export function keepPorts(asked: readonly ListenAddress[], before: readonly BoundAddress[]): ListenAddress[] {
  const free = before.filter((address) => address.asked.port === 0)
  return asked.map((address) => {
    if (address.port !== 0) return address
    const known = free.findIndex((earlier) => earlier.asked.host === address.host)
    return known < 0 ? address : free.splice(known, 1)[0]!.bound
  })
}

/** Why `field` cannot be listened on, with the remedy. */
export type AddressTrouble = { readonly field: string; readonly message: string; readonly fix: string }

/**
 * Binds the address alone for a moment. Workers share their ports (SO_REUSEPORT), and so would a second edge, silently taking half of the
 * connections; an exclusive bind finds it. Port 0 is always free.
 */
export async function troubleWith(address: ListenAddress, field: string): Promise<AddressTrouble | undefined> {
  if (address.port === 0) return undefined
  const server = createServer()
  const error = await new Promise<Error | undefined>((resolve) => {
    server.once('error', resolve)
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => resolve(undefined))
  })
  if (error !== undefined) return explain(address, field, error)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return undefined
}

export function explain(address: ListenAddress, field: string, error: Error): AddressTrouble {
  const code = 'code' in error ? String(error.code) : error.message
  const at = addressText(address)
  switch (code) {
    case 'EADDRINUSE':
      return { field, message: `${at} is taken (${code})`, fix: `stop what listens there or choose another ${field}` }
    case 'EACCES':
      return {
        field,
        message: `${at} may not be bound by this user (${code})`,
        fix: `choose a port above 1023 for ${field}, or grant CAP_NET_BIND_SERVICE`,
      }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        field,
        message: `${at} is not an address of this machine (${code})`,
        fix: `write one of its own addresses, or 0.0.0.0 for all, as ${field}`,
      }
    default:
      return { field, message: `${at} cannot be listened on (${code})`, fix: `choose another ${field}` }
  }
}
