import type { Rollout } from '../../api/rollout.ts'
import type { LabelSelectorRequirement } from '../../api/selector.ts'

/** As a query takes it, so that of a namespace's pods only a Rollout's come; undefined: its selector is not known. */
export function selectorText({ spec, status }: Rollout): string | undefined {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {}
  const parts = [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...matchExpressions.map(requirementText)]
  if (parts.length > 0) return parts.join(',')
  // Of a blue-green rollout it names one version alone.
  return spec.strategy?.blueGreen === undefined ? status?.selector || undefined : undefined
}

function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`
    case 'NotIn':
      return `${key} notin (${values.join(',')})`
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
  }
}
