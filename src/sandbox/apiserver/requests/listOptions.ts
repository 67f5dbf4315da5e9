import { ApiError, badRequest, type FieldError } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'
import { type FieldTest, parseFieldSelector } from './fieldSelector.ts'
import { type LabelTest, parseLabelSelector } from './labelSelector.ts'

/** What a list or a watch asks for, read from its query. */
export type ListOptions = {
  readonly labels: LabelTest
  readonly fields: FieldTest
  /** Whether labels or fields narrow the list, so that nobody knows how many remain. */
  readonly isSelected: boolean
  /** 0: no limit. */
  readonly limit: number
  readonly continue: string
  readonly resourceVersion: string
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan'
  readonly sendInitialEvents: boolean | undefined
  readonly allowWatchBookmarks: boolean
  readonly timeoutSeconds: number | undefined
}

export function parseListOptions(query: URLSearchParams, kind: Kind, verb: 'list' | 'watch'): ListOptions {
  const labelSelector = query.get('labelSelector') ?? ''
  const fieldSelector = query.get('fieldSelector') ?? ''
  const sendInitialEvents = query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')!) : undefined
  const timeoutSeconds = integer(query.get('timeoutSeconds') ?? '')
  const options = {
    labels: parseLabelSelector(labelSelector),
    fields: parseFieldSelector(fieldSelector, kind),
    isSelected: labelSelector !== '' || fieldSelector !== '',
    limit: Math.max(0, integer(query.get('limit') ?? '') ?? 0),
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: (query.get('resourceVersionMatch') ?? '') as ListOptions['resourceVersionMatch'],
    sendInitialEvents,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks') ?? ''),
    timeoutSeconds,
  }
  const errors = verb === 'list' ? [...listErrors(options)] : [...watchErrors(options)]
  if (errors.length > 0) throw invalidOptions('ListOptions', errors)
  return options
}

function* listErrors({ resourceVersion, resourceVersionMatch: match, sendInitialEvents, continue: token }: ListOptions): Iterable<FieldError> {
  if (match !== '') {
    if (resourceVersion === '') yield forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
    if (token !== '') yield forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
    if (match !== 'Exact' && match !== 'NotOlderThan') yield unsupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', ''])
    if (match === 'Exact' && resourceVersion === '0') {
      yield forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    }
  }
  if (sendInitialEvents !== undefined) yield forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
}

function* watchErrors({ resourceVersionMatch: match, sendInitialEvents }: ListOptions): Iterable<FieldError> {
  if (sendInitialEvents === undefined) {
    if (match !== '') yield forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  } else if (match !== 'NotOlderThan') {
    yield forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (match !== '' && match !== 'NotOlderThan') yield unsupported('resourceVersionMatch', match, ['NotOlderThan'])
}

export function forbidden(field: string, because: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${because}` }
}

export function unsupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const said = supported.map((each) => JSON.stringify(each)).join(', ')
  return { field, reason: 'FieldValueNotSupported', message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${said}` }
}

/** 422 about what a request asks for beside its object. */
export function invalidOptions(kind: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`)
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kind}.meta.k8s.io "" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    details: { group: 'meta.k8s.io', kind, causes: errors.map(({ reason, message, field }) => ({ reason, message, field })) },
  })
}

/** The numbers that Go's parser takes; undefined for none. */
export function integer(text: string): number | undefined {
  if (text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

export function isTrue(text: string): boolean {
  return text !== '0' && text.toLowerCase() !== 'false' && text !== ''
}
