import type { KubeObject } from './meta.ts'
import type { ObjectReference } from './objectReference.ts'

/** core/v1 Event: news of an object, which may have come several times. */
export type Event = KubeObject & {
  readonly involvedObject: ObjectReference
  readonly type: EventType
  readonly reason: string
  readonly message: string
  readonly count?: number
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly source?: { readonly component?: string; readonly host?: string }
  readonly reportingComponent?: string
  readonly reportingInstance?: string
}

export type EventType = 'Normal' | 'Warning'
