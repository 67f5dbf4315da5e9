import { type Complaint, shown } from '../../../core/routing/names.ts'
import type { Mistake } from '../../../core/routing/validate.ts'
import type { EdgeConfig } from '../../config.ts'
import { canonicalHost, isLoopback } from '../../ipAddress.ts'
import { machineAddresses } from '../../names/machine.ts'
import { type OwnAddress, targetRules } from '../../names/targets.ts'
import { addressText, collide, ipv6Host } from './address.ts'

/** What is wrong between the parts of a file, beyond the routing itself. */
export function checkFileRules(config: EdgeConfig): readonly Mistake[] {
  return [...addressMistakes(config), ...endpointMistakes(config), ...hostMistakes(config), ...fallbackMistakes(config), ...memoryMistakes(config)]
}

/** Below, the program alone would fill it, and every request be turned away. */
const leastMemoryBytes = 128 * 1024 * 1024

function memoryMistakes({ limits: { memoryBytes } }: EdgeConfig): Mistake[] {
  if (memoryBytes === 0 || memoryBytes >= leastMemoryBytes) return []
  const fix = 'write 128MiB or more, or 0 for what the container or the machine has'
  return [{ path: ['limits', 'memoryBytes'], message: `${memoryBytes} bytes are less than the edge needs by itself`, fix }]
}

function addressMistakes({ listeners, admin }: EdgeConfig): Mistake[] {
  const mistakes: Mistake[] = []
  for (const [index, { address, tls, redirectPort }] of listeners.entries()) {
    if (tls !== undefined && redirectPort !== undefined)
      mistakes.push({ path: ['listeners', index, 'redirect'], message: 'a listener with tls does not redirect', fix: 'keep one of tls and redirect' })
    const path = ['listeners', index, 'address']
    const told = shown(addressText(address))
    const key = (of: typeof address): string => `${canonicalHost(of.host)} ${of.port}`
    const earlier = listeners.findIndex((other) => key(other.address) === key(address))
    if (earlier < index && address.port !== 0) mistakes.push({ path, message: `${told} is listeners[${earlier}] too`, fix: 'keep one of them' })
    if (collide(address, admin.address))
      mistakes.push({
        path,
        message: `${told} collides with the admin address ${addressText(admin.address)}`,
        fix: 'write another port here or in admin.address',
      })
  }
  if (!isLoopback(admin.address.host) && admin.tokenFile === undefined)
    mistakes.push({
      path: ['admin', 'address'],
      message: `${shown(addressText(admin.address))} can be reached from other machines, and admin.tokenFile is missing`,
      fix: `write 127.0.0.1:${admin.address.port}, or add admin.tokenFile`,
    })
  return mistakes
}

function endpointMistakes({ listeners, admin, allowedTargets = [], routing }: EdgeConfig): Mistake[] {
  const mistakes: Mistake[] = []
  const own = [
    ...listeners.map(({ address }, i): OwnAddress => ({ reason: 'listener', is: `the edge itself (listeners[${i}]): a loop`, address })),
    { reason: 'admin', is: 'the admin interface of the edge, never to be reached from outside', address: admin.address } as const,
  ]
  // What was no network has been told, and has left a hole.
  const allowed = allowedTargets.filter((network) => network !== '')
  const rules = targetRules({ own, allowedTargets: allowed, interfaces: machineAddresses() })
  for (const split of routing.splits)
    for (const backend of split.backends) {
      const seen = new Map<string, number>()
      for (const [index, endpoint] of backend.endpoints.entries()) {
        const told = shown(addressText(endpoint))
        const report = (complaint: Complaint): void => {
          mistakes.push({ path: ['splits', split.name, 'backends', backend.name, 'endpoints', index], ...complaint })
        }
        const key = `${canonicalHost(endpoint.host)} ${endpoint.port}`
        const earlier = seen.get(key)
        if (earlier !== undefined) report({ message: `${told} is endpoints[${earlier}] too`, fix: 'keep one of them' })
        else seen.set(key, index)
        const refusal = rules.ofWritten(endpoint)
        if (refusal !== undefined) report({ message: `${told} is ${refusal.is}`, fix: refusal.fix })
      }
    }
  return mistakes
}

/** Hosts compare as texts, and clients send IPv6 in its shortest form. */
function hostMistakes({ routing }: EdgeConfig): Mistake[] {
  return routing.routes.flatMap(({ host }, index) => {
    if (host === undefined || !host.startsWith('[')) return []
    const canonical = ipv6Host(host)
    if (canonical === host) return []
    const path = ['routes', index, 'host']
    if (canonical === undefined) return [{ path, message: `${shown(host)} is not an IPv6 address`, fix: 'write one like [2001:db8::1]' }]
    return [{ path, message: `${shown(host)} is not how clients write this address`, fix: `write "${canonical}"` }]
  })
}

/** `fallback: none` is told from the fallback to a backend by that word alone. */
function fallbackMistakes({ routing }: EdgeConfig): Mistake[] {
  return routing.splits
    .filter((split) => split.backends.some((backend) => backend.name === 'none'))
    .map((split) => ({
      path: ['splits', split.name, 'backends', 'none'],
      message: 'none is no name for a backend: a fallback could not tell',
      fix: 'rename it',
    }))
}
