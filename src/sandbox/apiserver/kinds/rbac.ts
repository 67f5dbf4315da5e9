import type { Unstructured } from '../../unstructured.ts'
import { column, wide } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draftIn, drafts, fields, items, orDefault, text } from './fields.ts'
import type { Column, Kind } from './kind.ts'
import { pathSegment } from './names.ts'
import { bindingErrors, roleErrors } from './validation/rbac.ts'

const group = 'rbac.authorization.k8s.io'

function defaultBinding(binding: Draft): void {
  orDefault(draftIn(binding, 'roleRef'), { apiGroup: group })
  for (const subject of drafts(binding.subjects)) if (subject.kind === 'User' || subject.kind === 'Group') orDefault(subject, { apiGroup: group })
}

function subjectNames({ subjects }: Unstructured, kind: string): string {
  const named = items(subjects).filter((subject) => subject.kind === kind)
  return named.map(({ namespace, name }) => (text(namespace) === '' ? text(name) : `${text(namespace)}/${text(name)}`)).join(', ')
}

const bindingColumns: readonly Column[] = [
  column('Role', 'What its subjects may do.', ({ roleRef }) => `${text(fields(roleRef).kind)}/${text(fields(roleRef).name)}`),
]
const subjectColumns: readonly Column[] = [
  wide('Users', 'The users that it is for.', (binding) => subjectNames(binding, 'User')),
  wide('Groups', 'The groups that it is for.', (binding) => subjectNames(binding, 'Group')),
  wide('ServiceAccounts', 'The service accounts that it is for.', (binding) => subjectNames(binding, 'ServiceAccount')),
]
const common = { group, version: 'v1', names: pathSegment, looks: { asChanged: 2, asNew: 3 }, more: { allowsCreateOnUpdate: true } } as const

export const role: Kind = defineKind({
  ...common,
  kind: 'Role',
  plural: 'roles',
  shape: 'rbac.Role',
  errors: (made) => roleErrors(made, 'namespace'),
})

export const clusterRole: Kind = defineKind({
  ...common,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  shape: 'rbac.ClusterRole',
  errors: (made) => roleErrors(made, 'cluster'),
  namespaced: false,
})

export const roleBinding: Kind = defineKind({
  ...common,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  shape: 'rbac.RoleBinding',
  errors: (made, old) => bindingErrors(made, old, 'namespace'),
  defaults: defaultBinding,
  columns: bindingColumns,
  columnsAfterAge: subjectColumns,
})

export const clusterRoleBinding: Kind = defineKind({
  ...common,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  shape: 'rbac.ClusterRoleBinding',
  errors: (made, old) => bindingErrors(made, old, 'cluster'),
  namespaced: false,
  defaults: defaultBinding,
  columns: bindingColumns,
  columnsAfterAge: subjectColumns,
})
