import type { Unstructured } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { keyText } from '../storage/store.ts'
import { type ContinueToken, readToken, writeToken } from './continueToken.ts'
import type { ListOptions } from './listOptions.ts'
import { type Call, type Machinery, served } from './machinery.ts'
import { expired, parseRevision, tooLarge } from './resourceVersion.ts'

export type Listed = {
  readonly items: readonly Unstructured[]
  readonly resourceVersion: string
  /** Absent on the last page. */
  readonly continue?: string
  readonly remainingItemCount?: number
}

type Place = Pick<Call, 'kind' | 'namespace'>

export function list({ store }: Machinery, { kind, namespace }: Place, options: ListOptions): Listed {
  const token = options.continue === '' ? undefined : readToken(options.continue)
  if (token !== undefined && options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  const revision = revisionOf(store.revision(), options, token)
  const at = revision ?? store.revision()
  const within = namespace ?? (kind.namespaced ? options.fields.namespace : undefined)
  const all = revision === undefined ? store.list(kind.storedAs, within) : store.listAt(kind.storedAs, within, at)
  if (all === undefined) throw token === undefined ? expired('The resourceVersion for the provided list is too old.') : expiredToken(token)
  const rest = token === undefined ? all : all.filter(({ metadata }) => keyText(metadata) >= token.start)
  return page(selected(kind, rest, options), at, options)
}

function selected(kind: Call['kind'], all: readonly Unstructured[], { isSelected, labels, fields }: ListOptions): readonly Unstructured[] {
  const objects = kind.conversion === undefined ? all : all.map((object) => served(kind, object))
  return isSelected ? objects.filter((object) => labels(object.metadata.labels) && fields.matches(object)) : objects
}

function page(items: readonly Unstructured[], revision: number, { limit, isSelected }: ListOptions): Listed {
  const resourceVersion = String(revision)
  if (limit === 0 || items.length <= limit) return { items, resourceVersion }
  const next = items[limit]!
  return {
    items: items.slice(0, limit),
    resourceVersion,
    continue: writeToken({ revision, start: keyText(next.metadata) }),
    // Of a narrowed list the real server knows only what it has read.
    ...(!isSelected && { remainingItemCount: items.length - limit }),
  }
}

/** The revision that exactly is asked for; undefined: any that is not older than asked. */
function revisionOf(
  current: number,
  { resourceVersion, resourceVersionMatch, limit }: ListOptions,
  token: ContinueToken | undefined,
): number | undefined {
  if (token !== undefined) {
    if (token.revision > current) throw tooLarge(token.revision, current)
    return token.revision < 0 ? undefined : token.revision
  }
  const asked = parseRevision(resourceVersion)
  if (asked === undefined || asked === 0) return undefined
  if (asked > current) throw tooLarge(asked, current)
  const isExact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0)
  return isExact ? asked : undefined
}

/** With a token that goes on where the expired one would have, among the objects as they are then. */
function expiredToken({ start }: ContinueToken): ApiError {
  const { code, reason, message } = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use ' +
      'the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent ' +
      'list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  )
  return new ApiError({ code, reason, message, metadata: { continue: writeToken({ revision: -1, start }) } })
}
