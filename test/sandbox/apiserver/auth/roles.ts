import type { KubeObject } from '../../../../src/api/meta.ts'
import { bootstrapBindings, bootstrapRoles } from '../../../../src/sandbox/apiserver/auth/bootstrap.ts'
import type { Roles } from '../../../../src/sandbox/apiserver/auth/rbac.ts'

const resources: Readonly<Record<string, string>> = {
  Role: 'roles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  ServiceAccount: 'serviceaccounts',
  Pod: 'pods',
}

/** A cluster that holds these objects besides what every cluster has. */
export function clusterOf(...objects: readonly object[]): Roles {
  const all = [...bootstrapRoles, ...bootstrapBindings, ...(objects as KubeObject[])]
  const within = (resource: string): readonly KubeObject[] => all.filter(({ kind = '' }) => resources[kind] === resource)
  return {
    find: <T extends KubeObject>(resource: string, at: { namespace?: string | undefined; name: string }) =>
      within(resource).find(({ metadata }) => metadata.name === at.name && metadata.namespace === at.namespace) as T | undefined,
    list: <T extends KubeObject>(resource: string, { namespace }: { readonly namespace?: string | undefined } = {}) =>
      within(resource).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace) as unknown as readonly T[],
  }
}
