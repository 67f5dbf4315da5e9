import type { Unstructured } from '../../unstructured.ts'
import { ApiError } from '../apiError.ts'
import { type Draft, draft, type Fields, fields, isSet, number, text } from './fields.ts'
import type { WriteContext } from './kind.ts'

/** Classes that every cluster has, even before they are stored. */
const builtIn: Readonly<Record<string, number>> = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 }

/** Writes what the pod's PriorityClass says. Throws Forbidden for a class that there is not, and for a number that is not the class's. */
export function prioritize(pod: Draft, context: WriteContext): void {
  const spec = draft(pod.spec)
  const classes = context.list?.('priorityclasses.scheduling.k8s.io') ?? []
  const chosen = chosenClass(text(spec.priorityClassName), classes)
  if (chosen === undefined) throw refusal(pod, `no PriorityClass with name ${text(spec.priorityClassName)} was found`)
  if (isSet(spec.priority) && spec.priority !== chosen.priority) {
    throw refusal(
      pod,
      `the integer value of priority (${number(spec.priority)}) must not be provided in pod spec; priority admission controller computed ${chosen.priority} from the given PriorityClass name`,
    )
  }
  if (chosen.name !== '') spec.priorityClassName = chosen.name
  spec.priority = chosen.priority
  if (isSet(spec.preemptionPolicy) && spec.preemptionPolicy !== chosen.preemptionPolicy) {
    throw refusal(
      pod,
      `the string value of PreemptionPolicy (${text(spec.preemptionPolicy)}) must not be provided in pod spec; priority admission controller computed ${chosen.preemptionPolicy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = chosen.preemptionPolicy
}

type Chosen = { readonly name: string; readonly priority: number; readonly preemptionPolicy: string }

function chosenClass(name: string, classes: readonly Unstructured[]): Chosen | undefined {
  const found = classes.find((each) => (name === '' ? each.globalDefault === true : each.metadata.name === name))
  if (found !== undefined) return { name: found.metadata.name, priority: number(found.value), preemptionPolicy: policyOf(found) }
  if (name === '') return { name: '', priority: 0, preemptionPolicy: 'PreemptLowerPriority' }
  const priority = builtIn[name]
  return priority === undefined ? undefined : { name, priority, preemptionPolicy: 'PreemptLowerPriority' }
}

function policyOf({ preemptionPolicy }: Fields): string {
  return text(preemptionPolicy) || 'PreemptLowerPriority'
}

function refusal(pod: Draft, because: string): ApiError {
  const name = text(fields(pod.metadata).name)
  return new ApiError({ code: 403, reason: 'Forbidden', message: `pods "${name}" is forbidden: ${because}`, details: { name, kind: 'pods' } })
}
