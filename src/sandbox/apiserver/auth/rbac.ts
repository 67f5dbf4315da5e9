import type { KubeObject } from '../../../api/meta.ts'
import type { Cluster } from '../../cluster.ts'
import type { Attributes } from './attributes.ts'
import { masters, type User } from './user.ts'

export type PolicyRule = {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}
export type Role = KubeObject & { readonly rules?: readonly PolicyRule[] }
export type Subject = { readonly kind: string; readonly apiGroup?: string; readonly name: string; readonly namespace?: string }
export type RoleBinding = KubeObject & {
  readonly subjects?: readonly Subject[]
  readonly roleRef: { readonly apiGroup?: string; readonly kind: string; readonly name: string }
}

/** Where roles and bindings are read. */
export type Roles = Pick<Cluster, 'find' | 'list'>

export type Verdict =
  | { readonly allowed: true /** '' for members of system:masters, whom no role has to allow anything. */; readonly reason: string }
  | { readonly allowed: false; readonly reason: string }

const rolesName = 'roles.rbac.authorization.k8s.io'
const roleBindingsName = 'rolebindings.rbac.authorization.k8s.io'
const clusterRolesName = 'clusterroles.rbac.authorization.k8s.io'
const clusterRoleBindingsName = 'clusterrolebindings.rbac.authorization.k8s.io'

/** Whether a role that binds the user allows it. A binding to a role that does not exist allows nothing and is named in the reason. */
export function authorize(user: User, attributes: Attributes, roles: Roles): Verdict {
  if (user.groups.includes(masters)) return { allowed: true, reason: '' }
  const missing: string[] = []
  for (const grant of grantsOf(user, namespaceOf(attributes), roles)) {
    if (grant.rules === undefined) missing.push(`RBAC: ${grant.missing} not found`)
    else if (grant.rules.some((rule) => covers(rule, attributes))) return { allowed: true, reason: grant.reason }
  }
  return { allowed: false, reason: missing.join(', ') }
}

/** All rules that hold for the user in a namespace ('' for the cluster's alone). */
export function rulesFor(user: User, namespace: string, roles: Roles): readonly PolicyRule[] {
  return [...grantsOf(user, namespace, roles)].flatMap(({ rules }) => rules ?? [])
}

type Grant = { readonly rules: readonly PolicyRule[] | undefined; readonly missing: string; readonly reason: string }

function* grantsOf(user: User, namespace: string, roles: Roles): Generator<Grant> {
  for (const binding of roles.list<RoleBinding>(clusterRoleBindingsName))
    yield* grants(user, binding, `ClusterRoleBinding ${JSON.stringify(binding.metadata.name)}`, roles)
  if (namespace === '') return
  for (const binding of roles.list<RoleBinding>(roleBindingsName, { namespace }))
    yield* grants(user, binding, `RoleBinding ${JSON.stringify(`${binding.metadata.name}/${namespace}`)}`, roles)
}

function* grants(user: User, { subjects = [], roleRef, metadata }: RoleBinding, named: string, roles: Roles): Generator<Grant> {
  const subject = subjects.find((each) => means(each, user, metadata.namespace))
  if (subject === undefined) return
  const { kind, name } = roleRef
  const role =
    kind === 'ClusterRole' ? roles.find<Role>(clusterRolesName, { name }) : roles.find<Role>(rolesName, { namespace: metadata.namespace, name })
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? metadata.namespace ?? ''}` : subject.name
  yield {
    rules: role === undefined ? undefined : (role.rules ?? []),
    missing: `${kind === 'ClusterRole' ? clusterRole : plainRole} ${JSON.stringify(name)}`,
    reason: `RBAC: allowed by ${named} of ${kind} ${JSON.stringify(name)} to ${subject.kind} ${JSON.stringify(who)}`,
  }
}

const clusterRole = 'clusterrole.rbac.authorization.k8s.io'
const plainRole = 'role.rbac.authorization.k8s.io'

function means(subject: Subject, user: User, namespace: string | undefined): boolean {
  if (subject.kind === 'User') return subject.name === user.username
  if (subject.kind === 'Group') return user.groups.includes(subject.name)
  return user.username === `system:serviceaccount:${subject.namespace ?? namespace ?? ''}:${subject.name}`
}

function namespaceOf(attributes: Attributes): string {
  return attributes.kind === 'resource' ? attributes.namespace : ''
}

function covers(rule: PolicyRule, attributes: Attributes): boolean {
  if (!holds(rule.verbs, attributes.verb)) return false
  if (attributes.kind === 'path') return (rule.nonResourceURLs ?? []).some((url) => coversPath(url, attributes.path))
  const { group, resource, subresource, name } = attributes
  const { resourceNames = [] } = rule
  return (
    holds(rule.apiGroups ?? [], group) &&
    (rule.resources ?? []).some((each) => coversResource(each, resource, subresource)) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  )
}

function holds(list: readonly string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted)
}

/** `*` is every resource with its subresources, `*` before a slash that subresource of any. */
function coversResource(pattern: string, resource: string, subresource: string): boolean {
  if (pattern === '*') return true
  if (subresource === '') return pattern === resource
  return pattern === `${resource}/${subresource}` || pattern === `*/${subresource}`
}

/** A star stands at the end alone. */
function coversPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
}

/**
 * What of `wanted` is not held by `owned`: nobody may give rights away that he has not got himself. Every single right (verb, group, resource, name) has to
 * be in one of the rules held.
 */
export function notHeld(wanted: readonly PolicyRule[], owned: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(singleRights).filter((right) => !owned.some((rule) => includes(rule, right)))
}

function singleRights(rule: PolicyRule): readonly PolicyRule[] {
  const names: readonly (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined]
  return rule.verbs.flatMap((verb) => [
    ...(rule.nonResourceURLs ?? []).map((url) => ({ verbs: [verb], nonResourceURLs: [url] })),
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        names.map((name) => ({ verbs: [verb], apiGroups: [group], resources: [resource], ...(name !== undefined && { resourceNames: [name] }) })),
      ),
    ),
  ])
}

function includes(rule: PolicyRule, right: PolicyRule): boolean {
  if (!right.verbs.every((verb) => holds(rule.verbs, verb))) return false
  if (right.nonResourceURLs !== undefined)
    return right.nonResourceURLs.every((url) => (rule.nonResourceURLs ?? []).some((held) => coversPath(held, url)))
  const names = rule.resourceNames ?? []
  return (
    (right.apiGroups ?? []).every((group) => holds(rule.apiGroups ?? [], group)) &&
    (right.resources ?? []).every((resource) => {
      const [plural = '', subresource = ''] = resource.split('/')
      return (rule.resources ?? []).some((held) => coversResource(held, plural, subresource))
    }) &&
    (names.length === 0 || right.resourceNames?.every((name) => names.includes(name)) === true)
  )
}
