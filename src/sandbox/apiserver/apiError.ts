import type { JsonObject } from '../unstructured.ts'

/** A mistake in an object, as `field.Error` of apimachinery; `reason` is the wire's CauseType. */
export type FieldError = {
  /** `spec.containers[0].name` */
  readonly field: string
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldManagerConflict'
    | 'FieldValueNotFound'
  /** As the real server words it, without the field: `Required value: name is required`. */
  readonly message: string
}

/** A refusal, as `metav1.Status` on the wire. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number
  /** `metav1.StatusReason`; '' is left out of the answer. */
  readonly reason: string
  /** `metav1.StatusDetails`. */
  readonly details: JsonObject | undefined
  readonly retryAfterSeconds: number | undefined
  /** `metav1.ListMeta`, where a refusal says how to go on. */
  readonly metadata: JsonObject | undefined

  constructor(facts: {
    readonly code: number
    readonly reason: string
    readonly message: string
    readonly details?: JsonObject
    readonly retryAfterSeconds?: number
    readonly metadata?: JsonObject
  }) {
    super(facts.message)
    this.code = facts.code
    this.reason = facts.reason
    this.details = facts.details
    this.retryAfterSeconds = facts.retryAfterSeconds
    this.metadata = facts.metadata
  }
}

/** Names the kind that a refusal is about: `pods`, or `rollouts.argoproj.io`. */
export type About = { readonly group: string; readonly plural: string; readonly kind: string; readonly name: string }

export function qualified({ group, plural }: Pick<About, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`
}

export function notAllowed(): ApiError {
  return new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })
}

export function notFound(about: About): ApiError {
  const { group, plural, name } = about
  return new ApiError({
    code: 404,
    reason: 'NotFound',
    message: `${qualified(about)} "${name}" not found`,
    details: { name, ...(group !== '' && { group }), kind: plural },
  })
}

export function alreadyExists(about: About, isEnding = false): ApiError {
  const { group, plural, name } = about
  return new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${isEnding ? 'object is being deleted: ' : ''}${qualified(about)} "${name}" already exists`,
    details: { name, ...(group !== '' && { group }), kind: plural },
  })
}

/** 409; `because` as upstream words it: `the object has been modified; …`. */
export function conflict(about: About, because: string): ApiError {
  const { group, plural, name } = about
  return new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(about)} "${name}": ${because}`,
    details: { name, ...(group !== '' && { group }), kind: plural },
  })
}

/** 422 with a cause for each mistake. */
export function invalid(about: About, errors: readonly FieldError[]): ApiError {
  const { group, kind, name } = about
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  const said = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kind}${group === '' ? '' : `.${group}`} "${name}" is invalid: ${said}`,
    details: {
      ...(name !== '' && { name }),
      ...(group !== '' && { group }),
      ...(kind !== '' && { kind }),
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  })
}

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message })
}
