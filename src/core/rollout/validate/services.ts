/** What a Rollout names must be there, and be meant for its pods. */
import { managedByAnnotation, podTemplateHashLabel } from '../../../api/rolloutLabels.ts'
import type { Service } from '../../../api/services.ts'
import { shown } from '../../routing/names.ts'
import { at, child, isMap, mapIn } from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'
import { openFindings } from '../../spec/findings.ts'
import type { Observed } from '../observed.ts'

/** Whose Services are looked at: `Observed` is one. */
export type ServicesKnown = Pick<Observed, 'services' | 'claimedBy'> & {
  /** There may be more of them. */
  readonly isPartial?: boolean | undefined
}

const places = [
  ['canary', 'stableService'],
  ['canary', 'canaryService'],
  ['blueGreen', 'activeService'],
  ['blueGreen', 'previewService'],
] as const

/** `more`: Services that stand elsewhere. */
export function checkServices(rollout: Field, more: readonly Field[], known: ServicesKnown, findings: Findings): void {
  const own = places.map(([strategy, name]) => at(rollout, 'spec', 'strategy', strategy, name))
  for (const field of [...own, ...more])
    if (typeof field.value === 'string' && field.value !== '') checkService(field, field.value, { rollout, known, findings })
}

type Context = { readonly rollout: Field; readonly known: ServicesKnown; readonly findings: Findings }

function checkService(field: Field, name: string, { rollout, known, findings }: Context): void {
  const service = known.services.get(name)
  if (service === undefined && known.isPartial !== true) {
    findings.report(field, {
      message: `there is no Service ${shown(name.slice(0, 100))} in the namespace`,
      fix: 'create it, or write the name of one that is there',
    })
    return
  }
  const self = at(rollout, 'metadata', 'name').value
  const other = known.claimedBy.get(name) ?? service?.metadata.annotations?.[managedByAnnotation]
  if (other !== undefined && other !== '' && other !== self) {
    findings.report(field, {
      message: `the Service ${shown(name)} belongs to the Rollout ${shown(other)}`,
      fix: `write another Service, or take it away from there; if there is no such Rollout any more, remove the Service's annotation ${managedByAnnotation}`,
    })
  }
  if (service !== undefined) checkSelectorOf(service, field, rollout, findings)
}

function checkSelectorOf({ metadata, spec }: Service, field: Field, rollout: Field, findings: Findings): void {
  if (spec?.type === 'ExternalName')
    findings.report(field, {
      message: `the Service ${shown(metadata.name)} is of type ExternalName and has no pods`,
      fix: 'write one with a selector',
    })
  const labels = at(rollout, 'spec', 'template', 'metadata', 'labels')
  if (!isMap(labels.value)) return
  for (const { path, value } of mapIn({ path: [], value: spec?.selector }, openFindings())) {
    const key = String(path.at(-1))
    if (key === podTemplateHashLabel || child(labels, key).value === value) continue
    findings.report(field, {
      message: `the Service ${shown(metadata.name)} selects pods with ${key}: ${shown(value)}, which the template's are not`,
      fix: `add that label to spec.template, or remove it from the Service's selector`,
    })
  }
}
