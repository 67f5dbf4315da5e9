import type { Unstructured } from '../../unstructured.ts'
import { ApiError } from '../apiError.ts'
import type { Admission } from '../requests/machinery.ts'
import { authorize, notHeld, type PolicyRule, type Role, type RoleBinding, type Roles, rulesFor } from './rbac.ts'
import { masters, type User } from './user.ts'

const group = 'rbac.authorization.k8s.io'

/** Nobody writes a role, or binds one, that allows more than he may himself; but for those who have the verb `escalate`, or `bind`. */
export function refuseEscalation(roles: Roles): Admission {
  return (object, { kind, verb, namespace = '', name, user }) => {
    if (kind.group !== group || verb === 'delete' || user.groups.includes(masters)) return object
    const isBinding = kind.plural.endsWith('bindings')
    const role = isBinding ? referred(object as unknown as RoleBinding, roles) : { resource: kind.plural, name, rules: rulesOf(object) }
    const right = {
      kind: 'resource',
      verb: isBinding ? 'bind' : 'escalate',
      group,
      resource: role.resource,
      subresource: '',
      namespace,
      name: role.name,
    } as const
    if (authorize(user, right, roles).allowed) return object
    const missing = notHeld(role.rules, rulesFor(user, namespace, roles))
    if (missing.length > 0) throw escalating(user, { group, plural: kind.plural, name }, missing)
    return object
  }
}

type Granted = { readonly resource: string; readonly name: string; readonly rules: readonly PolicyRule[] }

function referred({ roleRef, metadata }: RoleBinding, roles: Roles): Granted {
  const { kind, name } = roleRef
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  const found = roles.find<Role>(`${resource}.${group}`, { name, ...(kind !== 'ClusterRole' && { namespace: metadata.namespace }) })
  // As the real server: who binds a role that does not exist could not know what he gives away.
  if (found === undefined)
    throw new ApiError({
      code: 404,
      reason: 'NotFound',
      message: `${resource}.${group} ${JSON.stringify(name)} not found`,
      details: { name, group, kind: resource },
    })
  return { resource, name, rules: found.rules ?? [] }
}

function rulesOf(object: Unstructured): readonly PolicyRule[] {
  return ((object as unknown as Role).rules ?? []) as readonly PolicyRule[]
}

function escalating(
  user: User,
  about: { readonly group: string; readonly plural: string; readonly name: string },
  missing: readonly PolicyRule[],
): ApiError {
  const { plural, name } = about
  const lines = missing.map(compact).join('\n')
  const who = `user ${JSON.stringify(user.username)} (groups=${list(user.groups)})`
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${plural}.${group} ${JSON.stringify(name)} is forbidden: ${who} is attempting to grant RBAC permissions not currently held:\n${lines}`,
    details: { name, group, kind: plural },
  })
}

/** A rule in one line: `{APIGroups:["apps"], Verbs:["get"]}`. */
function compact({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = Object.entries({
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  })
  const told = parts.flatMap(([name, values]) => (values?.length ? [`${name}:${list(values)}`] : []))
  return `{${told.join(', ')}}`
}

function list(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
