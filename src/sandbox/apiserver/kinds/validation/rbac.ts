import type { Unstructured } from '../../../unstructured.ts'
import { invalid, notSupported, required, sameValue } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, items, size, text } from '../fields.ts'
import { selectorErrors } from '../metadata.ts'
import { dnsSubdomain, pathSegment } from '../names.ts'
import { type Errors, named, requiredName } from './rules.ts'

const group = 'rbac.authorization.k8s.io'

export type Scope = 'namespace' | 'cluster'

export function* roleErrors(role: Unstructured, scope: Scope): Errors {
  for (const [index, rule] of items(role.rules).entries()) yield* ruleErrors(rule, `rules[${index}]`, scope)
  if (!isFields(role.aggregationRule)) return
  const path = 'aggregationRule.clusterRoleSelectors'
  const selectors = items(role.aggregationRule.clusterRoleSelectors)
  if (selectors.length === 0) yield required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')
  for (const [index, selector] of selectors.entries()) yield* selectorErrors(selector, `${path}[${index}]`)
}

function* ruleErrors(rule: Fields, path: string, scope: Scope): Errors {
  if (size(rule.verbs) === 0) yield required(`${path}.verbs`, 'verbs must contain at least one value')
  const urls = rule.nonResourceURLs
  if (size(urls) > 0) {
    const at = `${path}.nonResourceURLs`
    if (scope === 'namespace') yield invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs')
    const both = size(rule.apiGroups) > 0 || size(rule.resources) > 0 || size(rule.resourceNames) > 0
    if (both) yield invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs')
    return
  }
  if (size(rule.apiGroups) === 0) yield required(`${path}.apiGroups`, 'resource rules must supply at least one api group')
  if (size(rule.resources) === 0) yield required(`${path}.resources`, 'resource rules must supply at least one resource')
}

export function* bindingErrors(binding: Unstructured, old: Unstructured | undefined, scope: Scope): Errors {
  const role = fields(binding.roleRef)
  if (role.apiGroup !== group) yield notSupported('roleRef.apiGroup', text(role.apiGroup), [group])
  const kinds = scope === 'namespace' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  if (!kinds.includes(text(role.kind))) yield notSupported('roleRef.kind', text(role.kind), kinds)
  yield* requiredName(pathSegment, role.name, 'roleRef.name')
  for (const [index, subject] of items(binding.subjects).entries()) yield* subjectErrors(subject, `subjects[${index}]`, scope)
  const inGo = { APIGroup: role.apiGroup, Kind: role.kind, Name: role.name }
  if (old !== undefined && !sameValue(role, old.roleRef)) yield invalid('roleRef', inGo, 'cannot change roleRef')
}

function* subjectErrors({ kind, name, namespace, apiGroup }: Fields, path: string, scope: Scope): Errors {
  if (text(name) === '') yield required(`${path}.name`)
  if (kind === 'ServiceAccount') {
    if (text(name) !== '') yield* named(dnsSubdomain, name, `${path}.name`)
    if (text(apiGroup) !== '') yield notSupported(`${path}.apiGroup`, apiGroup, [''])
    if (scope === 'cluster' && text(namespace) === '') yield required(`${path}.namespace`)
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== group) yield notSupported(`${path}.apiGroup`, text(apiGroup), [group])
  } else yield notSupported(`${path}.kind`, text(kind), ['ServiceAccount', 'User', 'Group'])
}
