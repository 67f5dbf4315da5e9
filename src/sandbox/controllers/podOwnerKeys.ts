import type { KubeObject } from '../../api/meta.ts'
import { type LabelSelector, selects } from '../../api/selector.ts'
import type { ClusterEvent } from '../cluster.ts'
import { keyOf } from './key.ts'
import { controllerOf } from './ownership.ts'

type Selecting = KubeObject & { readonly spec: { readonly selector?: LabelSelector } }

/** Keys of those whose pods changed: of the pod's controller before and after, or, of an orphan, of all who might take it. */
export function podOwnerKeys(event: ClusterEvent, kind: string, candidates: () => readonly Selecting[]): ReadonlySet<string> {
  const { object, previous } = event
  const keys = new Set<string>()
  for (const state of previous === undefined ? [object] : [previous, object]) {
    const controller = controllerOf(state)
    if (controller?.kind === kind) keys.add(`${state.metadata.namespace}/${controller.name}`)
  }
  if (event.type !== 'DELETED' && controllerOf(object) === undefined)
    for (const owner of candidates()) if (selects(owner.spec.selector, object.metadata.labels)) keys.add(keyOf(owner))
  return keys
}
