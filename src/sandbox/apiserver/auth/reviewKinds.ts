import type { Kind } from '../kinds/kind.ts'
import { schemaOf } from '../schema/builtin.ts'
import type { Schema } from '../schema/schema.ts'

/** Kinds whose objects are questions: created, answered, and not kept. */
export const reviewKinds: readonly Kind[] = [
  reviewKind('authentication.k8s.io', 'SelfSubjectReview'),
  reviewKind('authentication.k8s.io', 'TokenReview'),
  reviewKind('authorization.k8s.io', 'LocalSubjectAccessReview', true),
  reviewKind('authorization.k8s.io', 'SelfSubjectAccessReview'),
  reviewKind('authorization.k8s.io', 'SelfSubjectRulesReview'),
  reviewKind('authorization.k8s.io', 'SubjectAccessReview'),
]

function reviewKind(group: string, kind: string, namespaced = false): Kind {
  const singular = kind.toLowerCase()
  return {
    group,
    version: 'v1',
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    categories: [],
    namespaced,
    verbs: ['create'],
    get schema(): Schema {
      return schemaOf(group, 'v1', kind)
    },
    // Its fields, and not that it has a spec, are what somebody says.
    empty: { spec: {} },
    subresources: {},
    strategy: {},
    columns: [],
    storedAs: `${singular}s.${group}`,
    selectableFields: {},
    prunes: false,
  }
}
