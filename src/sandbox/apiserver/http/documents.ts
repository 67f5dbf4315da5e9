import { createHash } from 'node:crypto'
import type { ServerDocument } from '../document.ts'
import type { Answer } from './answer.ts'
import { type Headers, header } from './apiRequest.ts'
import { negotiate } from './negotiate.ts'

/** A hash in its address says that it never changes. */
const forever = 'public, max-age=31536000, immutable'

/** What the server tells about itself, as an answer. */
export function documentAnswer(document: ServerDocument, headers: Headers): Answer {
  switch (document.kind) {
    case 'object': {
      const { object, contentType } = document
      if (contentType === undefined) return { kind: 'object', code: 200, object, media: negotiate(header(headers, 'accept')).media }
      const bytes = Buffer.from(JSON.stringify(object))
      const etag = createHash('sha256').update(bytes).digest('hex')
      // Clients keep it, and ask whether it is still the same.
      return tagged(bytes, etag, { 'Content-Type': contentType, 'Cache-Control': 'public' }, headers)
    }
    case 'bytes': {
      const { bytes, contentType, etag, isImmutable } = document
      return tagged(bytes, etag, { 'Content-Type': contentType, ...(isImmutable && { 'Cache-Control': forever }) }, headers)
    }
    case 'moved':
      return { kind: 'bytes', code: 301, bytes: Buffer.alloc(0), headers: { Location: document.location } }
    case 'refused':
      return { kind: 'bytes', code: document.code, bytes: Buffer.alloc(0), headers: {} }
  }
}

/** Not sent again to who has it. */
function tagged(bytes: Uint8Array, etag: string, told: Readonly<Record<string, string>>, headers: Headers): Answer {
  const about = { ...told, ETag: `"${etag}"`, Vary: 'Accept' }
  if (header(headers, 'if-none-match') !== about.ETag) return { kind: 'bytes', code: 200, bytes, headers: about }
  return { kind: 'bytes', code: 304, bytes: Buffer.alloc(0), headers: about }
}
