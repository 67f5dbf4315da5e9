/** What every Kubernetes object has (metav1). */

/** Versions are texts that only the server understands, but for their order (KEP-5504). */
export type Metadata = {
  readonly name: string
  /** What the server makes a name from, where `name` is ''. */
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
}

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type KubeObject = { readonly apiVersion?: string; readonly kind?: string; readonly metadata: Metadata }
