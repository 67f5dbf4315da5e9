/** core/v1 ObjectReference: points at an object, or at a part of it by `fieldPath`. */
export type ObjectReference = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}
