import { checkLabels } from '../../core/rollout/validate/labels.ts'
import { child, expectMap, isMap, isSet, mapIn, textIn, wrong } from '../../core/spec/field.ts'
import type { Field, Findings } from '../../core/spec/findings.ts'
import { reportUnknownField } from '../../core/spec/schemaCheck.ts'

const known =
  'name generateName namespace labels annotations finalizers ownerReferences uid resourceVersion generation creationTimestamp deletionTimestamp ' +
  'deletionGracePeriodSeconds managedFields selfLink'
const names = known.split(' ')
const nameRule = 'write lower-case letters, digits, - and .'

/** No schema of a custom resource says what `metadata` has. */
export function checkMetadata(metadata: Field, findings: Findings): void {
  expectMap(metadata, findings)
  const [name, generateName] = [child(metadata, 'name'), child(metadata, 'generateName')]
  if (!isSet(name) && !isSet(generateName)) findings.report(name, { message: 'is missing', fix: nameRule })
  for (const field of [name, generateName]) if (isSet(field) && !isName(field.value)) findings.report(field, wrong(field, 'no name', nameRule))
  if (!isMap(metadata.value)) return
  for (const key of Object.keys(metadata.value)) if (!names.includes(key)) reportUnknownField(child(metadata, key), names, findings)
  textIn(child(metadata, 'namespace'), findings)
  checkLabels(child(metadata, 'labels'), findings)
  for (const annotation of mapIn(child(metadata, 'annotations'), findings)) textIn(annotation, findings)
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?-?$/.test(name)
}
