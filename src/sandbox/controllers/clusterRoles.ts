import type { KubeObject } from '../../api/meta.ts'
import { type LabelSelector, selects } from '../../api/selector.ts'
import type { Controller } from './runner.ts'

type Aggregated = KubeObject & {
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] }
  readonly rules?: readonly object[] | null
}

const clusterRoles = 'clusterroles.rbac.authorization.k8s.io'

/** Makes up the rules of `admin`, `edit`, `view` and their like from all roles whose labels say that they belong there. */
export const clusterRoleAggregationController: Controller = {
  name: 'clusterrole-aggregation-controller',
  follows: [clusterRoles],
  *keysOf(_event, cluster) {
    for (const role of cluster.list<Aggregated>(clusterRoles)) if (role.aggregationRule !== undefined) yield role.metadata.name
  },
  sync(name, { cluster }) {
    const role = cluster.find<Aggregated>(clusterRoles, { name })
    if (role?.aggregationRule === undefined) return undefined
    const rules = aggregate(role, cluster.list<Aggregated>(clusterRoles))
    if (JSON.stringify(rules) !== JSON.stringify(role.rules ?? [])) cluster.update(clusterRoles, { ...role, rules })
    return undefined
  },
}

/** Each rule once, in the order of the selectors and of the roles' names. */
function aggregate(role: Aggregated, all: readonly Aggregated[]): readonly object[] {
  const sorted = all.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const chosen = (role.aggregationRule?.clusterRoleSelectors ?? []).flatMap((selector) =>
    sorted.filter((each) => each.metadata.name !== role.metadata.name && selects(selector, each.metadata.labels)),
  )
  const rules = new Map(chosen.flatMap((each) => each.rules ?? []).map((rule) => [JSON.stringify(rule), rule]))
  return [...rules.values()]
}
