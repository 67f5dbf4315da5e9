import type { Unstructured } from '../../unstructured.ts'
import { badRequest, type FieldError, invalid } from '../apiError.ts'
import type { Attributes } from './attributes.ts'
import { type Authenticator, authenticateToken } from './authenticate.ts'
import { authorize, type PolicyRule, type Roles, rulesFor } from './rbac.ts'
import { issuer } from './token.ts'
import type { User } from './user.ts'

export type ReviewContext = {
  readonly user: User
  readonly authenticator: Authenticator
  readonly nowMs: number /** '' for kinds of the whole cluster. */
  readonly namespace: string
}

/** Kinds that are answered and never kept: their objects are questions. Each gives the object back with its `status`, or throws ApiError. */
export const reviews: Readonly<Record<string, (object: Unstructured, context: ReviewContext) => Unstructured>> = {
  TokenReview: reviewToken,
  SelfSubjectReview: reviewSelf,
  SubjectAccessReview: (object, { authenticator }) => reviewAccess(object, userOf(accessSpec(object)), authenticator.cluster),
  LocalSubjectAccessReview: reviewLocalAccess,
  SelfSubjectAccessReview: (object, { user, authenticator }) => reviewAccess(object, user, authenticator.cluster),
  SelfSubjectRulesReview: reviewRules,
}

function reviewToken(object: Unstructured, { authenticator, nowMs }: ReviewContext): Unstructured {
  const { token = '', audiences = [] } = (object['spec'] ?? {}) as { token?: string; audiences?: readonly string[] }
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const found = authenticateToken(token, audiences.length > 0 ? audiences : [issuer], authenticator, nowMs)
  if (typeof found === 'string') return { ...object, status: { user: {}, error: found } }
  return { ...object, status: { authenticated: true, user: found.user, audiences: found.audiences } }
}

function reviewSelf(object: Unstructured, { user, nowMs }: ReviewContext): Unstructured {
  const creationTimestamp = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return { ...object, metadata: { ...object.metadata, creationTimestamp }, status: { userInfo: user } }
}

type AccessSpec = {
  readonly resourceAttributes?: Partial<Record<'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name', string>>
  readonly nonResourceAttributes?: Partial<Record<'verb' | 'path', string>>
  readonly user?: string
  readonly groups?: readonly string[]
  readonly uid?: string
}

function accessSpec(object: Unstructured): AccessSpec {
  return (object['spec'] ?? {}) as AccessSpec
}

function userOf({ user = '', groups = [], uid }: AccessSpec): User {
  return { username: user, groups, ...(uid && { uid }) }
}

function reviewLocalAccess(object: Unstructured, { namespace, authenticator }: ReviewContext): Unstructured {
  const spec = accessSpec(object)
  const asked = spec.resourceAttributes?.namespace ?? ''
  if (spec.resourceAttributes !== undefined && asked !== namespace)
    throw invalidReview(object, [
      {
        field: 'spec.resourceAttributes.namespace',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(asked)}: must match metadata.namespace`,
      },
    ])
  return reviewAccess(object, userOf(spec), authenticator.cluster)
}

function reviewAccess(object: Unstructured, user: User, roles: Roles): Unstructured {
  const spec = accessSpec(object)
  const errors = accessMistakes(spec, object.kind === 'SelfSubjectAccessReview')
  if (errors.length > 0) throw invalidReview(object, errors)
  const verdict = authorize(user, attributesOf(spec), roles)
  return { ...object, status: { allowed: verdict.allowed, ...(verdict.reason !== '' && { reason: verdict.reason }) } }
}

function accessMistakes(spec: AccessSpec, self: boolean): readonly FieldError[] {
  const errors: FieldError[] = []
  const { resourceAttributes, nonResourceAttributes } = spec
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const { path = '', verb = '' } = nonResourceAttributes
    errors.push({
      field: 'spec.nonResourceAttributes',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify({ Path: path, Verb: verb })}: cannot be specified in combination with resourceAttributes`,
    })
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined)
    errors.push({
      field: 'spec.resourceAttributes',
      reason: 'FieldValueInvalid',
      message: 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    })
  if (!self && (spec.user ?? '') === '' && (spec.groups ?? []).length === 0)
    errors.push({ field: 'spec.user', reason: 'FieldValueInvalid', message: 'Invalid value: "": at least one of user or group must be specified' })
  return errors
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  if (resourceAttributes === undefined) return { kind: 'path', verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
  const { verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' } = resourceAttributes
  return { kind: 'resource', verb, group, resource, subresource, namespace, name }
}

function reviewRules(object: Unstructured, { user, authenticator }: ReviewContext): Unstructured {
  const { namespace = '' } = (object['spec'] ?? {}) as { namespace?: string }
  if (namespace === '') throw badRequest('no namespace on request')
  const rules = rulesFor(user, namespace, authenticator.cluster)
  return {
    ...object,
    spec: {},
    status: { resourceRules: rules.flatMap(resourceRule), nonResourceRules: rules.flatMap(nonResourceRule), incomplete: false },
  }
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): readonly object[] {
  if (!resources?.length) return []
  return [{ verbs, apiGroups: apiGroups ?? [], resources, ...(resourceNames?.length && { resourceNames }) }]
}

function nonResourceRule({ verbs, nonResourceURLs }: PolicyRule): readonly object[] {
  return nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : []
}

function invalidReview(object: Unstructured, errors: readonly FieldError[]): Error {
  const group = object.apiVersion.split('/')[0] ?? ''
  // The real server leaves the kind out.
  return invalid({ group, plural: `${object.kind.toLowerCase()}s`, kind: '', name: '' }, errors)
}
