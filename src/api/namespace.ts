import type { Condition } from './condition.ts'
import type { KubeObject } from './meta.ts'

/** core/v1 Namespace */
export type Namespace = KubeObject & {
  readonly spec?: { readonly finalizers?: readonly string[] }
  readonly status?: { readonly phase?: 'Active' | 'Terminating'; readonly conditions?: readonly NamespaceCondition[] }
}

export type NamespaceCondition = Condition<
  | 'NamespaceDeletionDiscoveryFailure'
  | 'NamespaceDeletionGroupVersionParsingFailure'
  | 'NamespaceDeletionContentFailure'
  | 'NamespaceContentRemaining'
  | 'NamespaceFinalizersRemaining'
>
