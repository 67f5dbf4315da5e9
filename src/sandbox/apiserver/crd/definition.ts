import type { JsonObject, Unstructured } from '../../unstructured.ts'

/** A CustomResourceDefinition (apiextensions.k8s.io/v1) that has been validated. */
export type Definition = Unstructured & {
  readonly spec: {
    readonly group: string
    readonly names: Names
    readonly scope: 'Namespaced' | 'Cluster'
    readonly versions: readonly Version[]
  }
  readonly status?: Status
}

export type Names = {
  readonly plural: string
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly kind: string
  readonly listKind?: string
  readonly categories?: readonly string[]
}

export type Version = {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: JsonObject }
  readonly subresources?: {
    readonly status?: JsonObject
    readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string }
  }
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly { readonly jsonPath: string }[]
}

export type PrinterColumn = {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

/** null: nothing yet. */
export type Status = {
  readonly conditions?: readonly Condition[] | null
  readonly acceptedNames?: Names
  readonly storedVersions?: readonly string[] | null
}

export type Condition = {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export const definitionsResource = 'customresourcedefinitions.apiextensions.k8s.io'
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export function isTrue(status: Status | undefined, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}
