// What must go upstream for a request, worked out from its fields alone: a second opinion on rewriteRequest.
import { Body } from '../../../src/edge/http1/requestHead.ts'
import type { Peer } from '../../../src/edge/http1/rewrite.ts'
import { madeRequestId, type RequestRead } from './reading.ts'

const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'transfer-encoding'],
  ...['proxy-authorization', 'proxy-authenticate', 'http2-settings'],
])
const forwarding = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded', 'x-real-ip'])

export function listedOptions(fields: readonly string[]): Set<string> {
  const options = new Set<string>()
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.toLowerCase() !== 'connection') continue
    for (const option of fields[at + 1]!.split(',')) options.add(option.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase())
  }
  return options
}

/** The fields that must go upstream, in order: name, value, name, value … */
export function forwardedFields(request: RequestRead, peer: Peer): string[] {
  const listed = listedOptions(request.fields)
  const out: string[] = request.absolute ? ['Host', request.authority] : []
  const chain: string[] = []
  const forwardedChain: string[] = []
  const others: string[] = []
  let requestId = false
  let hops = -1
  for (let at = 0; at < request.fields.length; at += 2) {
    const [name, value] = [request.fields[at]!, request.fields[at + 1]!]
    const lower = name.toLowerCase()
    if (forwarding.has(lower)) {
      if (lower === 'x-forwarded-for') chain.push(value)
      else if (lower === 'forwarded') forwardedChain.push(value)
      else others.push(name, value)
    } else if (lower === 'x-request-id') {
      if (requestId || !/^[!-~]{1,128}$/.test(value)) continue
      requestId = true
      out.push(name, value)
    } else if (lower === 'max-forwards' && request.method === 'OPTIONS') hops = Number(value)
    else if (lower === 'host' ? !request.absolute : lower === 'expect' ? request.expectsContinue : !hopByHop.has(lower) && !listed.has(lower)) {
      if (lower !== 'content-length' || !/^0[0-9]/.test(value)) out.push(name, value)
    }
  }
  if (request.body === Body.Length && !out.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-length')) {
    out.push('Content-Length', String(request.contentLength))
  }
  if (request.body === Body.Chunked) out.push('Transfer-Encoding', 'chunked')
  if (hops > 0) out.push('Max-Forwards', String(hops - 1))
  if (request.upgrade !== '') out.push('Connection', 'Upgrade', 'Upgrade', request.upgrade)
  else if (request.takesTrailers) out.push('Connection', 'TE', 'TE', 'trailers')
  if (!requestId) out.push('X-Request-ID', madeRequestId)
  const trusted = peer.trusted ? { chain, forwardedChain, others } : { chain: [], forwardedChain: [], others: [] }
  out.push(...provenance(request, peer, trusted))
  return out
}

type Told = { readonly chain: readonly string[]; readonly forwardedChain: readonly string[]; readonly others: readonly string[] }

/** Who sent it and for whom, by the connection and, from a trusted peer, by what it told. */
function provenance(request: RequestRead, peer: Peer, told: Told): string[] {
  const node = peer.address.includes(':') ? `"[${peer.address}]"` : peer.address
  const forwarded = [...told.forwardedChain, `for=${node};host="${request.authority}";proto=http`].join(', ')
  const names = new Set(told.others.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
  return [
    ...['X-Forwarded-For', [...told.chain, peer.address].join(', '), ...told.others],
    ...(names.has('x-forwarded-proto') ? [] : ['X-Forwarded-Proto', 'http']),
    ...(names.has('x-forwarded-host') ? [] : ['X-Forwarded-Host', request.authority]),
    ...['Forwarded', forwarded, 'Via', '1.1 edge'],
  ]
}
