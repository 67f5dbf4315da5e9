/** What the server tells about itself: answers to GETs that are no resources. */
export type ServerDocument =
  /** Without a content type the client may have it as JSON or YAML, as any object. */
  | { readonly kind: 'object'; readonly object: object; readonly contentType?: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly contentType: string; readonly etag: string; readonly isImmutable: boolean }
  | { readonly kind: 'moved'; readonly location: string }
  /** Without a body. */
  | { readonly kind: 'refused'; readonly code: 404 | 406 }
