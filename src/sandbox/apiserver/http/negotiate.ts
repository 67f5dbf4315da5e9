import { ApiError } from '../apiError.ts'

/** The form in which a client takes its answer. */
export type View = {
  readonly media: 'json' | 'yaml'
  readonly as:
    | { readonly kind: 'object' }
    | { readonly kind: 'table'; readonly version: 'v1' | 'v1beta1' }
    | { readonly kind: 'partial'; readonly version: 'v1' | 'v1beta1' }
}

export const plainJson: View = { media: 'json', as: { kind: 'object' } }

const offered = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

type Shape = 'object' | 'list' | 'watch' | 'none'

/** `shape`: what the answer would be; answers about the server itself have no tables. */
export function negotiate(accept: string | undefined, shape: Shape = 'none'): View {
  if (accept === undefined || accept.trim() === '') return plainJson
  const clauses = accept
    .split(',')
    .map(parseClause)
    .sort((a, b) => b.quality - a.quality)
  for (const clause of clauses) {
    const media = mediaOf(clause.type, shape)
    const as = media === undefined ? undefined : viewOf(clause.parameters, shape)
    if (media !== undefined && as !== undefined) return { media, as }
  }
  if (clauses.some(({ type }) => mediaOf(type, shape) !== undefined || type === 'application/vnd.kubernetes.protobuf')) {
    throw new ApiError({ code: 406, reason: 'NotAcceptable', message: `only the following media types are accepted: ${offered}` })
  }
  const streams = shape === 'list' ? ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch' : ''
  const message = `406: Not Acceptable\n\nAvailable representations: ${offered}${streams}`
  throw new ApiError({ code: 406, reason: 'NotAcceptable', message, details: {} })
}

type Clause = { readonly type: string; readonly quality: number; readonly parameters: Readonly<Record<string, string>> }

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters = Object.fromEntries(rest.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]))
  const quality = Number(parameters['q'] ?? '1')
  return { type: type.toLowerCase(), quality: Number.isNaN(quality) ? 1 : quality, parameters }
}

/** A watch is not to be had as YAML. */
function mediaOf(type: string, shape: Shape): View['media'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json'
  return type === 'application/yaml' && shape !== 'watch' ? 'yaml' : undefined
}

function viewOf({ as, v, g }: Clause['parameters'], shape: Shape): View['as'] | undefined {
  if (as === undefined || shape === 'none') return { kind: 'object' }
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined
  if (as === 'Table') return { kind: 'table', version: v }
  if (as === 'PartialObjectMetadata' && (shape === 'object' || shape === 'watch')) return { kind: 'partial', version: v }
  return as === 'PartialObjectMetadataList' && shape === 'list' ? { kind: 'partial', version: v } : undefined
}
