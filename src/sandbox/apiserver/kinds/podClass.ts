import { parseQuantity } from '../../../api/quantity.ts'
import { type Fields, fields, isFields, items, text } from './fields.ts'

export type PodClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const counted = ['cpu', 'memory'] as const

/** The quality of service of a pod: Guaranteed where each container's limits are its requests, BestEffort where there are none. */
export function podClass(spec: Fields): PodClass {
  const groups = isFields(spec.resources) ? [spec] : [...items(spec.containers), ...items(spec.initContainers)]
  const requests = groups.map((group) => amounts(fields(group.resources).requests))
  const limits = groups.map((group) => amounts(fields(group.resources).limits))
  if ([...requests, ...limits].every((each) => each.size === 0)) return 'BestEffort'
  const limited = limits.every((each) => counted.every((name) => each.has(name)))
  const same = counted.every((name) => sum(requests, name) === sum(limits, name))
  return limited && same && requests.some((each) => each.size === counted.length) ? 'Guaranteed' : 'Burstable'
}

function amounts(list: unknown): ReadonlyMap<string, bigint> {
  const each = counted.map((name) => [name, parseQuantity(text(fields(list)[name]))?.nanos ?? 0n] as const)
  return new Map(each.filter(([, nanos]) => nanos > 0n))
}

function sum(lists: readonly ReadonlyMap<string, bigint>[], name: string): bigint {
  return lists.reduce((total, list) => total + (list.get(name) ?? 0n), 0n)
}
