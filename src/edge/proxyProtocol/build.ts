import type { ToldAddresses } from './header.ts'
import { buildV1 } from './v1.ts'
import { buildV2 } from './v2.ts'

/**
 * The header that tells an endpoint of `client`, '' where nobody knows who that is. A client that is known by the word of a proxy, and not by
 * the connection `came`, has no port: 0.
 */
export function proxyHeader(version: 'v1' | 'v2', client: string, came: ToldAddresses): string {
  const told = client === came.source ? came : { ...came, source: client, sourcePort: 0 }
  return version === 'v1' ? buildV1(told) : buildV2(told)
}
