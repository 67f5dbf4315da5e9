import { Field, Fields, scanFields } from './fields.ts'

/** Trailer sections (RFC 9110 §6.5): read strictly, forwarded where asked for, never merged into a head. */

/** These would change what the message is, had they come in its head: an attempt to have one parser merge them. */
const framing = new Set<number>([Field.ContentLength, Field.TransferEncoding, Field.Host])

/** What a recipient must have before the content, or what decides about caching, routing or access (RFC 9110 §6.5.1). */
const forbidden = new Set(
  (
    'connection keep-alive proxy-connection te trailer upgrade via forwarded set-cookie cookie authorization www-authenticate proxy-authenticate ' +
    'proxy-authorization authentication-info cache-control expires date age vary warning pragma location retry-after range accept-ranges ' +
    'content-type content-encoding content-range content-location content-language expect max-forwards if-match if-none-match ' +
    'if-modified-since if-unmodified-since if-range strict-transport-security content-security-policy access-control-allow-origin'
  ).split(' '),
)

const fieldsMaximum = 100
const fields = new Fields(fieldsMaximum)

/** `forwardable`: the lines that may go on. `framing`: a framing field is among the others. */
export type Trailers = { readonly forwardable: string; readonly framing: boolean }

const none: Trailers = { forwardable: '', framing: false }

/** Reads a section as received, without its empty line; undefined where it is malformed. */
export function readTrailers(section: string): Trailers | undefined {
  if (section === '') return none
  const bytes = Buffer.from(`${section}\r\n`, 'latin1')
  if (scanFields(bytes, 0, bytes.length, fieldsMaximum, fields) !== bytes.length) return undefined
  let kept = ''
  let seenFraming = false
  for (let field = 0; field < fields.count; field++) {
    if (framing.has(fields.id(field))) seenFraming = true
    const name = section.slice(fields.nameStart(field), fields.nameEnd(field)).toLowerCase()
    if (!forbidden.has(name) && !framing.has(fields.id(field)) && !name.startsWith('x-forwarded-'))
      kept += section.slice(fields.nameStart(field), fields.nameStart(field + 1))
  }
  return { forwardable: kept, framing: seenFraming }
}
