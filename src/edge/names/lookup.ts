import type { promises as Promises } from 'node:dns'
import { isIP, isIPv4 } from 'node:net'
import type { Answer, FamilyAnswer } from './cache.ts'

export const lookupOutcomes = ['addresses', 'none', 'timeout', 'failed'] as const
export type LookupOutcome = (typeof lookupOutcomes)[number]
/** `detail` tells in a word why there are no addresses. */
export type Found = { readonly outcome: LookupOutcome; readonly answer: Answer; readonly detail: string }
export type Question = {
  /** As the configuration has it, in any case, perhaps with a final dot. */
  readonly name: string
  /** `address:port`; none: the system's. */
  readonly servers: readonly string[]
  readonly deadlineMs: number
  readonly signal: AbortSignal
}
/** Asks once; never rejects. */
export type LookUp = (question: Question) => Promise<Found>

/** One family has come: how long the other may still take. Some resolvers never answer for IPv6. */
const otherFamilyMs = 1_000
/** Of each server at first; the second try waits longer. */
const tryMs = 1_000
/** The system does not tell how long its answers hold. */
const systemTtlMs = 5_000

/**
 * Asks DNS for both families. Names of a single label, and names that DNS does not know, are the system's business: its hosts file and its
 * search domains.
 */
export const lookUp: LookUp = async (question) => {
  const { promises } = await import('node:dns')
  try {
    return await lookUpWith(promises, question)
  } catch (error) {
    // As for an address of a server that c-ares does not take.
    return told({ v4: { kind: 'failed' }, v6: { kind: 'failed' } }, [codeOf(error)])
  }
}

async function lookUpWith(promises: typeof Promises, question: Question): Promise<Found> {
  if (/^[^.]+$/.test(question.name)) return bySystem(question, promises)
  const found = await byDns(question, promises)
  if (found.outcome !== 'none' || question.signal.aborted) return found
  const second = await bySystem(question, promises)
  return second.outcome === 'addresses' ? second : found
}

async function byDns({ name, servers, deadlineMs, signal }: Question, { Resolver }: typeof Promises): Promise<Found> {
  // One per question: it reads anew what the system's servers are, and it can be cancelled alone.
  const resolver = new Resolver({ timeout: tryMs, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  let timer = setTimeout(cancel, deadlineMs)
  signal.addEventListener('abort', cancel, { once: true })
  const absolute = name.replace(/\.$/, '')
  const codes: string[] = []
  const family = async (records: Promise<readonly { readonly address: string; readonly ttl: number }[]>): Promise<FamilyAnswer> => {
    try {
      const found = (await records).filter(({ address }) => isIP(address) !== 0)
      if (found.length === 0) return noAddresses('ENODATA', codes)
      clearTimeout(timer)
      timer = setTimeout(cancel, Math.min(otherFamilyMs, deadlineMs))
      return { kind: 'addresses', addresses: found.map(({ address }) => address), ttlMs: Math.min(...found.map(({ ttl }) => ttl)) * 1_000 }
    } catch (error) {
      return noAddresses(codeOf(error), codes)
    }
  }
  const [v4, v6] = await Promise.all([family(resolver.resolve4(absolute, { ttl: true })), family(resolver.resolve6(absolute, { ttl: true }))])
  clearTimeout(timer)
  signal.removeEventListener('abort', cancel)
  return told({ v4, v6 }, codes)
}

/** The system's own lookup cannot be cancelled; what comes of it after the deadline is passed over. */
async function bySystem({ name, deadlineMs, signal }: Question, { lookup }: typeof Promises): Promise<Found> {
  const late = Promise.withResolvers<'ETIMEOUT'>()
  const giveUp = (): void => late.resolve('ETIMEOUT')
  const timer = setTimeout(giveUp, deadlineMs)
  signal.addEventListener('abort', giveUp, { once: true })
  const found = await Promise.race([lookup(name, { all: true }).catch(codeOf), late.promise])
  clearTimeout(timer)
  signal.removeEventListener('abort', giveUp)
  const codes: string[] = []
  if (typeof found === 'string') return told({ v4: noAddresses(found, codes), v6: noAddresses(found, codes) }, codes)
  const addresses = found.map(({ address }) => address)
  const family = (of: readonly string[]): FamilyAnswer =>
    of.length === 0 ? { kind: 'none' } : { kind: 'addresses', addresses: of, ttlMs: systemTtlMs }
  return told({ v4: family(addresses.filter(isIPv4)), v6: family(addresses.filter((address) => !isIPv4(address))) }, codes)
}

function noAddresses(code: string, codes: string[]): FamilyAnswer {
  codes.push(code)
  return { kind: code === 'ENOTFOUND' || code === 'ENODATA' ? 'none' : 'failed' }
}

function told(answer: Answer, codes: readonly string[]): Found {
  const kinds = [answer.v4.kind, answer.v6.kind]
  const detail = codes.find((code) => code !== 'ENODATA' && code !== 'ENOTFOUND') ?? codes[0] ?? ''
  if (kinds.includes('addresses')) return { outcome: 'addresses', answer, detail }
  if (!kinds.includes('failed')) return { outcome: 'none', answer, detail }
  return { outcome: codes.some((code) => code === 'ETIMEOUT' || code === 'ECANCELLED') ? 'timeout' : 'failed', answer, detail }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
