/** What kind of object a manifest is, and whether it is one of those that are known here. */
import { type CustomResourceDefinition, customResourceDefinitions } from '../../api/customResources.ts'
import type { Schema } from '../../api/schema/schema.ts'
import type { Complaint } from '../../core/routing/names.ts'
import { nearest } from '../../core/routing/nearest.ts'

type Known = { readonly apiVersion: string; readonly schema: Schema; readonly isNamespaced: boolean }

const known = new Map(customResourceDefinitions.map((definition) => [definition.spec.names.kind, knownOf(definition)]))

function knownOf({ spec }: CustomResourceDefinition): Known {
  const [version] = spec.versions
  return { apiVersion: `${spec.group}/${version.name}`, schema: version.schema.openAPIV3Schema, isNamespaced: spec.scope === 'Namespaced' }
}

export type KindFound =
  | { readonly kind: 'known'; readonly known: Known }
  | { readonly kind: 'foreign' }
  | ({ readonly kind: 'mistaken'; readonly field: string } & Complaint)

/** Kinds of others are none of our business, unless one of ours was meant. */
export function kindOf(apiVersion: unknown, kind: unknown): KindFound {
  if (typeof apiVersion !== 'string' || apiVersion === '')
    return { kind: 'mistaken', field: 'apiVersion', message: 'is missing', fix: 'write one, such as argoproj.io/v1alpha1' }
  if (typeof kind !== 'string' || kind === '') return { kind: 'mistaken', field: 'kind', message: 'is missing', fix: 'write one, such as Rollout' }
  const found = known.get(kind)
  if (found?.apiVersion === apiVersion) return { kind: 'known', known: found }
  const group = apiVersion.split('/')[0]!
  const isOurs = [...known.values()].some((each) => each.apiVersion.startsWith(`${group}/`))
  if (found !== undefined && (isOurs || kind === 'Rollout'))
    return { kind: 'mistaken', field: 'apiVersion', message: `${JSON.stringify(apiVersion)} has no ${kind}`, fix: `write ${found.apiVersion}` }
  const meant = isOurs ? nearest(kind, known.keys()) : undefined
  return meant === undefined
    ? { kind: 'foreign' }
    : { kind: 'mistaken', field: 'kind', message: `${JSON.stringify(kind)} is unknown`, fix: `did you mean ${meant}?` }
}
