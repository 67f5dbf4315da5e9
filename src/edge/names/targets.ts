import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { addressOf, bytesOf, canonicalHost, isLoopback, isWildcard } from '../ipAddress.ts'

/** Which addresses endpoints may have. Decided for what the file says, and again for what its names stand for at the moment. */

type Address = { readonly host: string; readonly port: number }

/** Where this edge listens itself. `is`: how a refusal tells it. */
export type OwnAddress = { readonly reason: 'admin' | 'listener'; readonly is: string; readonly address: Address }

export type Surroundings = {
  readonly own: readonly OwnAddress[]
  /** CIDRs that are exempt from all but `own`. */
  readonly allowedTargets: readonly string[]
  /** The addresses of this machine, by which a wildcard listener is reached; loopback ones need not be among them. */
  readonly interfaces: readonly string[]
}

export type RefusalReason = OwnAddress['reason'] | 'metadata' | 'link_local' | 'unspecified' | 'multicast' | 'broadcast' | 'loopback'
export type Refusal = { readonly reason: RefusalReason; readonly is: string; readonly fix: string }

export type TargetRules = {
  /** `host` is an IP literal, or a name: of that, only what is wrong whatever it stands for. */
  ofWritten(target: Address): Refusal | undefined
  /** `address` is what a name stands for, an IP literal. */
  ofResolved(address: string, port: number): Refusal | undefined
}

/** Names that are loopback by definition (RFC 6761 §6.3): nobody is asked for them. */
export function isLocalhost(name: string): boolean {
  const canonical = canonicalHost(name)
  return canonical === 'localhost' || canonical.endsWith('.localhost')
}

const metadataNames = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal'])
/** Of AWS (instances, containers, pods), Google, Azure, Alibaba and Oracle. */
const metadataAddresses: readonly string[] = [
  ...['169.254.169.254', '169.254.170.2', '169.254.170.23', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'],
  ...['168.63.129.16', '100.100.100.200', '192.0.0.192'],
]
const special: readonly { readonly reason: RefusalReason; readonly is: string; readonly cidrs: readonly string[] }[] = [
  { reason: 'metadata', is: 'a metadata service, which hands out credentials', cidrs: metadataAddresses.map(cidrOf) },
  { reason: 'link_local', is: 'a link-local address', cidrs: ['169.254.0.0/16', 'fe80::/10'] },
  { reason: 'broadcast', is: 'the broadcast address', cidrs: ['255.255.255.255/32'] },
  { reason: 'multicast', is: 'a multicast address', cidrs: ['224.0.0.0/4', 'ff00::/8'] },
  { reason: 'unspecified', is: 'no address to connect to', cidrs: ['0.0.0.0/8', '::/128'] },
]
/** All of them in one, since nearly no address is in any: a look costs 3 µs, and there may be 10,000 addresses. */
const anySpecial = networks(...special.flatMap(({ cidrs }) => cidrs))

const writeService = 'write the address of the service'

export function targetRules({ own, allowedTargets, interfaces }: Surroundings): TargetRules {
  const allowed = networks(...allowedTargets)
  const ofMachine = new Set(interfaces.map(withoutZone))

  function ofOwn(forms: readonly string[], port: number): Refusal | undefined {
    const met = own.find(({ address }) => address.port === port && port !== 0 && forms.some((form) => reaches(form, canonicalHost(address.host))))
    return met && { reason: met.reason, is: met.is, fix: writeService }
  }

  /** Both are canonical. */
  function reaches(form: string, host: string): boolean {
    if (isWildcard(host)) return isLoopback(form) || isWildcard(form) || ofMachine.has(form)
    if (host === 'localhost') return form === '127.0.0.1' || form === '::1' || isWildcard(form)
    return form === host || (isWildcard(form) && isLoopback(host))
  }

  function ofForms(forms: readonly string[], byName: boolean): Refusal | undefined {
    for (const form of forms) {
      const isSpecial = holds(anySpecial, form)
      // Rebinding: whoever owns the name would choose what to reach on this machine.
      const rebound = byName && isLoopback(form)
      if ((!isSpecial && !rebound) || holds(allowed, form)) continue
      const found = special.find(({ cidrs }) => isSpecial && holds(networks(...cidrs), form))
      return { reason: found?.reason ?? 'loopback', is: found?.is ?? 'a loopback address that a name stands for', fix: fixFor(form) }
    }
    return undefined
  }

  return {
    ofWritten({ host, port }) {
      if (isIP(host) !== 0) {
        const forms = formsOf(host)
        return ofOwn(forms, port) ?? ofForms(forms, false)
      }
      if (isLocalhost(host)) return ofOwn(['127.0.0.1', '::1'], port)
      if (!metadataNames.has(canonicalHost(host)) || metadataAddresses.some((address) => holds(allowed, address))) return undefined
      return {
        reason: 'metadata',
        is: 'a metadata service, which hands out credentials',
        fix: `${writeService}, or 169.254.169.254/32 into allowedTargets`,
      }
    },
    ofResolved(address, port) {
      const forms = formsOf(address)
      return ofOwn(forms, port) ?? ofForms(forms, true)
    },
  }
}

/** The addresses that a packet to this one may end at: its own, without the zone, and the IPv4 address that a translator would read from it. */
function formsOf(address: string): readonly string[] {
  const plain = withoutZone(address)
  if (!isIPv6(plain)) return [plain]
  const bytes = bytesOf(plain)
  const inner = embeddedAt(bytes)
  return inner === undefined ? [plain] : [plain, addressOf(bytes.slice(inner, inner + 4))]
}

/** Where an IPv6 address carries an IPv4 one, beyond `::ffff:0:0/96`, which `canonicalHost` has taken for what it is. */
function embeddedAt(bytes: readonly number[]): number | undefined {
  const zeros = (from: number, to: number): boolean => bytes.slice(from, to).every((byte) => byte === 0)
  if (zeros(0, 12)) return zeros(12, 15) ? undefined : 12 // compatible; `::` and `::1` are none
  if (zeros(0, 8) && bytes[8] === 0xff && bytes[9] === 0xff && zeros(10, 12)) return 12 // translated (RFC 2765)
  if (bytes[0] === 0 && bytes[1] === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b) return 12 // NAT64, well-known and local (RFC 6052, 8215)
  if (bytes[0] === 0x20 && bytes[1] === 0x02) return 2 // 6to4
  return undefined
}

function withoutZone(address: string): string {
  return canonicalHost(address.includes('%') ? address.slice(0, address.indexOf('%')) : address)
}

function fixFor(address: string): string {
  return `${writeService}, or ${cidrOf(address)} into allowedTargets`
}

function cidrOf(address: string): string {
  return `${address}/${isIPv4(address) ? 32 : 128}`
}

/** By family: one list would take IPv4 addresses for members of `::/0`. */
type Networks = { readonly v4: BlockList; readonly v6: BlockList }

function networks(...cidrs: readonly string[]): Networks {
  const lists = { v4: new BlockList(), v6: new BlockList() }
  for (const cidr of cidrs) {
    const slash = cidr.lastIndexOf('/')
    const network = cidr.slice(0, slash)
    const bits = Number(cidr.slice(slash + 1))
    if (isIPv6(network)) lists.v6.addSubnet(network, bits, 'ipv6')
    else lists.v4.addSubnet(network, bits, 'ipv4')
  }
  return lists
}

function holds({ v4, v6 }: Networks, address: string): boolean {
  return isIPv6(address) ? v6.check(address, 'ipv6') : v4.check(address, 'ipv4')
}
