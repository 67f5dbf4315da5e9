import type { Unstructured } from '../../../unstructured.ts'
import { invalid } from '../../fieldErrors.ts'
import { fields, items, text } from '../fields.ts'
import { labelValue, qualifiedName } from '../names.ts'
import { type Errors, named, requiredOneOf } from './rules.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** The server says that taints are among the metadata. */
export function* nodeErrors(node: Unstructured): Errors {
  const seen = new Set<string>()
  for (const [index, taint] of items(fields(node.spec).taints).entries()) {
    const at = `metadata.taints[${index}]`
    yield* named(qualifiedName, taint.key, `${at}.key`)
    const wrong = labelValue(text(taint.value))
    if (wrong.length > 0) yield invalid(`${at}.value`, text(taint.value), wrong.join(';'))
    yield* requiredOneOf(taint.effect, effects, `${at}.effect`)
    const key = `${text(taint.key)} ${text(taint.effect)}`
    const shown = JSON.stringify({ Key: taint.key, Value: text(taint.value), Effect: taint.effect, TimeAdded: taint.timeAdded ?? null })
    const message = `Duplicate value: ${shown}: taints must be unique by key and effect pair`
    if (seen.has(key)) yield { field: at, reason: 'FieldValueDuplicate', message }
    seen.add(key)
  }
}
