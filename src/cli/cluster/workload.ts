import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import { deployments, type Resource, replicaSets } from '../../kube/resource.ts'
import { Refusal } from './carryOut.ts'
import { podTemplates, rollouts } from './resources.ts'

/** The object that holds a Rollout's pod template: the Rollout itself, or what it refers to. */
export type TemplateHolder = { readonly resource: Resource; readonly name: string; readonly path: readonly string[] }

type Reference = { readonly kind?: string; readonly name?: string }

export function templateHolder({ metadata, spec }: Rollout): TemplateHolder {
  const reference = spec.workloadRef as Reference | undefined
  if (reference === undefined || reference === null) return { resource: rollouts, name: metadata.name, path: ['spec', 'template'] }
  const { kind = '', name = '' } = reference
  if (kind === 'Deployment') return { resource: deployments, name, path: ['spec', 'template'] }
  if (kind === 'ReplicaSet') return { resource: replicaSets, name, path: ['spec', 'template'] }
  if (kind === 'PodTemplate') return { resource: podTemplates, name, path: ['template'] }
  throw new Refusal(`its workloadRef names a ${kind}, which has no pod template that could be changed here`)
}

export function templateIn(object: KubeObject, path: readonly string[]): unknown {
  let value: unknown = object
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key]
  return value
}
