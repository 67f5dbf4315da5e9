import { resolve } from 'node:path'
import { isScalar } from 'yaml'
import { shown } from '../../../core/routing/names.ts'
import type { ListenerConfig, ListenerTls } from '../../config.ts'
import { cidr, listenAddress } from './address.ts'
import { described } from './reading.ts'
import { duration, parsed, text } from './scalars.ts'
import { defaulted, listOf, object, optional, required, type Shape } from './shape.ts'

const file = text({
  what: 'a file name',
  pattern: '^[^\\u0000-\\u001f\\u007f]{1,4096}$',
  complaint: (value) => ({ message: `${shown(value)} is not a file name`, fix: 'write 1 to 4096 characters without control characters' }),
  notes: { examples: ['/etc/spillway/tls/tls.crt'] },
})

const certificate = object({
  cert: required(file, 'A PEM file with the certificate, then those that lead to its root. Relative to this file; watched.'),
  key: required(file, 'A PEM file with its private key, without a passphrase. Relative to this file; watched.'),
})

type MinVersion = ListenerTls['minVersion']

/** To YAML, 1.2 without quotes is a number; there is no doubt what it means. */
const minVersion: Shape<MinVersion> = {
  read(place, reading) {
    const node = reading.open(place)
    const value = isScalar(node) ? String(node.value) : ''
    if (value === '1.2' || value === '1.3') return value
    reading.report('structure', place, { message: `expected "1.2" or "1.3", found ${described(node)}`, fix: 'write "1.2" or "1.3"' })
    return '1.2'
  },
  hole: '1.2',
  schema: { enum: ['1.2', '1.3', 1.2, 1.3] },
}

const day = 86_400_000
const tls = object({
  certificates: required(
    listOf(certificate, { minItems: 1 }),
    'Chosen by the name that the client asks for (SNI) among the names in the certificates; the first is for all other clients.',
  ),
  minVersion: defaulted(minVersion, '1.2', 'The lowest version of TLS.', '1.2'),
  hsts: optional(
    duration({ minimum: 1_000, maximum: 3_650 * day }),
    'Adds Strict-Transport-Security with this age to every response: browsers then use https alone, for this long. Absent: none.',
    { examples: ['8760h'] },
  ),
})

const redirectFix = 'write https, or https:8443 for another port than 443'
const redirect = parsed(
  {
    what: 'https, or https:PORT',
    pattern: '^https(?::[0-9]{1,5})?$',
    complaint: (value) => ({ message: `${shown(value)} is not where a listener redirects`, fix: redirectFix }),
    notes: { examples: ['https', 'https:8443'] },
  },
  443,
  (value) => {
    const port = value === 'https' ? 443 : Number(value.slice(6))
    return port >= 1 && port <= 65_535 ? { value: port } : { message: `${shown(value)} has a port outside 1 to 65535`, fix: redirectFix }
  },
)

export const listenerShape = object({
  address: required(listenAddress, 'Port 0: the system chooses one.'),
  proxyProtocol: optional(
    listOf(cidr, { minItems: 1 }),
    'Networks of load balancers that begin each connection with a PROXY protocol header (v1 or v2): they must, and no one else may. Absent: none do.',
    { examples: [['10.0.0.0/8']] },
  ),
  tls: optional(tls, 'Requests come by TLS. Absent: in the clear.'),
  redirect: optional(redirect, 'Every request is answered with 308, to the same host and path by https. Not with tls.'),
})

type ListenerFile = ReturnType<typeof listenerShape.read>

/** As the edge knows it; file names are resolved from `folder`. */
export function listenerOf({ address, proxyProtocol, tls, redirect }: ListenerFile, folder: string): ListenerConfig {
  const found = tls && {
    certificates: tls.certificates.map(({ cert, key }) => ({ cert: resolve(folder, cert), key: resolve(folder, key) })),
    minVersion: tls.minVersion,
    hstsSeconds: Math.floor((tls.hsts ?? 0) / 1_000),
  }
  return {
    address,
    ...(proxyProtocol && { proxyProtocolFrom: proxyProtocol }),
    ...(found && { tls: found }),
    ...(redirect === undefined ? {} : { redirectPort: redirect }),
  }
}
