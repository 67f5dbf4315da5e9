import { bucketAfter, bucketCount, hashText, type Placement, placement } from '../../core/routing/sticky.ts'
import type { CookieStickiness, Split } from '../../core/routing/types.ts'
import { clientAddress, networkOf } from '../clientAddress.ts'
import { Field } from '../http1/fields.ts'
import { fieldIs, type RequestHead } from '../http1/requestHead.ts'
import type { Peer } from '../http1/rewrite.ts'
import type { Trust } from '../trust.ts'
import { SeenTickets } from './seenTickets.ts'
import { type Sealer, sealer, type Ticket } from './ticket.ts'

/** How a split keeps clients together; made with the table. */
export type Sticky = {
  /** The index of the backend that the client belongs to; -1: it cannot be told from others, let the weights decide. */
  place(head: RequestHead, visitor: Visitor, visit: Visit): number
  /** In lower case: the header that it reads. */
  readonly header: string | undefined
  /** The last bucket issued; lives on in the next table. */
  readonly issued: { bucket: number } | undefined
}

/** A connection, which may carry requests of one client or, behind a proxy, of many. */
export type Visitor = {
  readonly peer: Peer
  /** The ticket that came last: a client sends the same one with each request. */
  ticket: SeenTicket | undefined
}

/** One request. */
export type Visit = {
  readonly table: { readonly trust: Trust }
  /** Set where the answer is to bring a cookie. */
  issue: Issue | undefined
}

export type SeenTicket = Ticket & { readonly sticky: Sticky; readonly text: string }

/** A cookie to be sealed when the answer comes: the client is to keep what it has met. */
export type Issue = {
  /** The client has none that counts: this is the beginning of a session. */
  readonly fresh: boolean
  /** The header field, with its line end; `met` is the backend that answers. */
  field(met: string): string
}

export type StickyInput = {
  readonly split: Split
  /** By file; '' for the key of the process. The first of a file seals. */
  readonly keys: StickyKeys
  readonly before: Sticky | undefined
  /** Where the sequence of buckets starts, in [0, 1). */
  readonly phase: number
  /** Unix time, in seconds. */
  nowS(): number
}

export type StickyKeys = Readonly<Record<string, readonly string[]>>

/** Under which the key of the process stands, for splits without a file. */
export const processKey = ''

export function stickyOf(input: StickyInput): Sticky | undefined {
  const { stickiness, name, backends, totalWeight } = input.split
  if (stickiness === undefined) return undefined
  const backendOf = placement(backends, totalWeight)
  // Another split's clients are shuffled anew: who is early here is not early everywhere.
  const seed = hashText(name, 0)
  switch (stickiness.kind) {
    case 'header':
      return byHeader(stickiness.name.toLowerCase(), backendOf, seed)
    case 'clientAddress':
      return {
        header: undefined,
        issued: undefined,
        place(head, { peer }, { table }) {
          const address = clientAddress(head, peer, table.trust)
          return address === '' ? -1 : backendOf(hashText(networkOf(address), seed))
        },
      }
    case 'cookie':
      return byCookie(stickiness, backendOf, input)
  }
}

function byHeader(header: string, backendOf: Placement, seed: number): Sticky {
  return {
    header,
    issued: undefined,
    place(head) {
      const { fields, text } = head
      let found = -1
      for (let field = 0; field < fields.count; field++) {
        if (!fieldIs(text, fields.nameStart(field), fields.nameEnd(field), header)) continue
        // Two values are ambiguous: the upstream may believe the other one.
        if (found >= 0) return -1
        found = field
      }
      const value = found < 0 ? '' : head.value(found)
      return value === '' ? -1 : backendOf(hashText(value, seed))
    },
  }
}

function byCookie(settings: CookieStickiness, backendOf: Placement, { split, keys, before, phase, nowS }: StickyInput): Sticky {
  const ttlS = Math.max(1, Math.floor(settings.ttlMs / 1000))
  const cookie = `${settings.name}-${split.name}=`
  const attributes = `; Path=${settings.path}; Max-Age=${ttlS}; HttpOnly; SameSite=${settings.sameSite}`
  const seal = sealer(keys[settings.keyFile ?? processKey]!, split.name)
  const pins = settings.newSessionsOnly ? new Map(split.backends.map(({ name }, index) => [pinOf(name), index])) : undefined
  const issued = before?.issued ?? { bucket: Math.floor(phase * bucketCount) }

  /** -1: it was pinned to a backend that is gone. */
  function backendFor({ bucket, pin }: Ticket): number {
    return pins === undefined || pin === 0 ? backendOf(bucket) : (pins.get(pin) ?? -1)
  }

  function issue(head: RequestHead, visitor: Visitor, visit: Visit, { bucket, pin }: { bucket: number; pin: number }, fresh: boolean): void {
    const secure = settings.secure === 'always' || (settings.secure === 'auto' && cameEncrypted(head, visitor.peer))
    visit.issue = {
      fresh,
      field(met) {
        const pinned = pins === undefined ? 0 : pin === 0 ? pinOf(met) : pin
        return `Set-Cookie: ${cookie}${seal.seal({ bucket, pin: pinned, issuedS: nowS() })}${attributes}${secure ? '; Secure' : ''}\r\n`
      },
    }
  }

  const sticky: Sticky = {
    header: 'cookie',
    issued,
    place(head, visitor, visit) {
      const oldestS = nowS() - ttlS
      const ticket = findTicket(head, visitor, wanted, oldestS)
      const index = ticket === undefined ? -1 : backendFor(ticket)
      if (ticket === undefined || index < 0) {
        issued.bucket = bucketAfter(issued.bucket)
        issue(head, visitor, visit, { bucket: issued.bucket, pin: 0 }, true)
        return backendOf(issued.bucket)
      }
      if (ticket.issuedS - oldestS < ttlS / 2 || (pins !== undefined && ticket.pin === 0)) {
        // A ticket from before this mode goes on with the backend that it leads to, as its owner met that one.
        const pin = ticket.pin === 0 ? pinOf(split.backends[index]!.name) : ticket.pin
        issue(head, visitor, visit, { bucket: ticket.bucket, pin }, false)
      }
      return index
    },
  }
  const wanted: Wanted = { sticky, cookie, seal, seenTickets: new SeenTickets() }
  return sticky
}

function pinOf(backend: string): number {
  return hashText(backend, 0) || 1
}

/** A client that sends more cookies by the same name than this is not served by opening them all. */
const opensMaximum = 4

type Wanted = {
  readonly sticky: Sticky
  readonly cookie: string
  readonly seal: Sealer
  readonly seenTickets: SeenTickets<SeenTicket>
}

/** The first ticket of the request that is genuine and not too old. What is not is passed over: a browser may hold some from other times. */
function findTicket(head: RequestHead, visitor: Visitor, wanted: Wanted, oldestS: number): SeenTicket | undefined {
  const { sticky, cookie, seenTickets } = wanted
  const { fields, text } = head
  let opens = 0
  for (let field = 0; field < fields.count; field++) {
    if (!fieldIs(text, fields.nameStart(field), fields.nameEnd(field), 'cookie')) continue
    const end = fields.valueEnd(field)
    for (let at = nextPair(text, cookie, fields.valueStart(field), end); at >= 0; at = nextPair(text, cookie, at, end)) {
      const seen = visitor.ticket
      const stop = endOfPair(text, at, end)
      if (seen !== undefined && seen.sticky === sticky && stop - at === seen.text.length && text.startsWith(seen.text, at)) {
        if (seen.issuedS >= oldestS) return seen
        continue
      }
      const value = text.slice(at, stop)
      const known = seenTickets.get(value)
      if (known === undefined && ++opens > opensMaximum) return undefined
      const ticket = known ?? open(value, wanted)
      if (ticket === undefined || ticket.issuedS < oldestS) continue
      visitor.ticket = ticket
      return ticket
    }
  }
  return undefined
}

function open(value: string, { sticky, seal, seenTickets }: Wanted): SeenTicket | undefined {
  const ticket = seal.open(value)
  if (ticket === undefined) return undefined
  // A string of its own: a slice would keep the whole head alive that it was cut from.
  const seen = { ...ticket, sticky, text: Buffer.from(value, 'latin1').latin1Slice() }
  seenTickets.add(seen)
  return seen
}

/** Where the value of the next pair by that name begins, from `from` on; -1: there is none. `cookie` ends with `=`. */
function nextPair(text: string, cookie: string, from: number, end: number): number {
  for (let at = text.indexOf(cookie, from); at >= 0 && at + cookie.length <= end; at = text.indexOf(cookie, at + 1)) {
    const before = text.charCodeAt(at - 1)
    // ':' and white space of the field, or the end of another pair.
    if (before === 59 || before === 32 || before === 9 || before === 58) return at + cookie.length
  }
  return -1
}

function endOfPair(text: string, from: number, end: number): number {
  let at = from
  while (at < end && text.charCodeAt(at) !== 59 && text.charCodeAt(at) !== 32) at++
  return at
}

/** By TLS, at this edge or at a trusted proxy before it. */
function cameEncrypted(head: RequestHead, peer: Peer): boolean {
  if (peer.scheme === 'https') return true
  if (!peer.trusted) return false
  const { fields } = head
  for (let field = 0; field < fields.count; field++) if (fields.id(field) === Field.ForwardedProto) return head.value(field).toLowerCase() === 'https'
  return false
}
