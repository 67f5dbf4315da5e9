export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** What conditions of every kind have. `Type` names those of one kind. */
export type Condition<Type extends string = string> = {
  readonly type: Type
  readonly status: ConditionStatus
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string | null
}
