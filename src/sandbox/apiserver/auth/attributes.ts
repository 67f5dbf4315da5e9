import { ApiError, qualified } from '../apiError.ts'
import type { User } from './user.ts'

/** What somebody wants to do, as authorization sees it. */
export type Attributes =
  | {
      readonly kind: 'resource'
      /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate` … */
      readonly verb: string
      readonly group: string
      /** Plural; '*' means all. */
      readonly resource: string
      /** '' for the resource itself. */
      readonly subresource: string
      /** '' for all, or for kinds that have none. */
      readonly namespace: string
      /** '' for a collection. */
      readonly name: string
    }
  | { readonly kind: 'path'; readonly verb: string; readonly path: string }

/** 403 as the real server words it; `because` may add why a role could not be read. */
export function forbidden(user: User, attributes: Attributes, because = ''): ApiError {
  const refused = (message: string, details: Record<string, string>): ApiError =>
    new ApiError({ code: 403, reason: 'Forbidden', message: because === '' ? message : `${message}: ${because}`, details })
  const who = `User ${JSON.stringify(user.username)} cannot ${attributes.verb}`
  if (attributes.kind === 'path') return refused(`forbidden: ${who} path ${JSON.stringify(attributes.path)}`, {})
  const { group, resource, subresource, namespace, name } = attributes
  const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`)
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const subject = qualified({ group, plural: resource }) + (name === '' ? '' : ` ${JSON.stringify(name)}`)
  return refused(`${subject} is forbidden: ${who} resource ${what} in API group ${JSON.stringify(group)} ${where}`, {
    ...(name !== '' && { name }),
    ...(group !== '' && { group }),
    kind: resource,
  })
}
