import { type Pod, podCondition } from '../../../api/pod.ts'
import type { Service } from '../../../api/services.ts'
import { keyOf } from '../key.ts'

export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Since when endpoints should have been as they are now: the earliest of the changes that were not seen before. */
export type TriggerTimes = {
  /** Undefined: nothing that has a time. */
  next(service: Service, pods: readonly Pod[]): string | undefined
  forget(serviceKey: string): void
}

type Seen = { readonly service: string; readonly pods: ReadonlyMap<string, string> }

/** All times are of one format and zone, so that they compare as texts. */
export function openTriggerTimes(): TriggerTimes {
  const seen = new Map<string, Seen>()
  return {
    next(service, pods) {
      const key = keyOf(service)
      const before = seen.get(key)
      const created = service.metadata.creationTimestamp ?? ''
      const times = new Map<string, string>()
      const changes = created > (before?.service ?? '') ? [created] : []
      for (const pod of pods) {
        const time = podCondition(pod, 'Ready')?.lastTransitionTime
        if (!time) continue
        times.set(pod.metadata.name, time)
        if (time > (before?.pods.get(pod.metadata.name) ?? '')) changes.push(time)
      }
      seen.set(key, { service: created, pods: times })
      return (before === undefined ? created : changes.toSorted()[0]) || undefined
    },
    forget: (serviceKey) => void seen.delete(serviceKey),
  }
}

export function withTriggerTime(annotations: Readonly<Record<string, string>> = {}, time: string | undefined): Readonly<Record<string, string>> {
  const { [triggerTimeAnnotation]: _, ...others } = annotations
  return time === undefined ? others : { ...others, [triggerTimeAnnotation]: time }
}
