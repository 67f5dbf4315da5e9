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
      if (contentType !== undefined)
        return { kind: 'bytes', code: 200, bytes: Buffer.from(JSON.stringify(object)), headers: { 'Content-Type': contentType } }
      return { kind: 'object', code: 200, object, media: negotiate(header(headers, 'accept')).media }
    }
    case 'bytes': {
      const { bytes, contentType, etag, isImmutable } = document
      const about = { ETag: etag, Vary: 'Accept', ...(isImmutable && { 'Cache-Control': forever }) }
      if (header(headers, 'if-none-match') === etag) return { kind: 'bytes', code: 304, bytes: Buffer.alloc(0), headers: about }
      return { kind: 'bytes', code: 200, bytes, headers: { ...about, 'Content-Type': contentType } }
    }
    case 'moved':
      return { kind: 'bytes', code: 301, bytes: Buffer.alloc(0), headers: { Location: document.location } }
    case 'refused':
      return { kind: 'bytes', code: document.code, bytes: Buffer.alloc(0), headers: {} }
  }
}
