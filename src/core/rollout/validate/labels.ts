/** Labels and selectors, as the API server has them. */
import { type LabelSelector, selects } from '../../../api/selector.ts'
import { shown } from '../../routing/names.ts'
import { at, child, expectMap, isMap, isSet, keyOf, listIn, mapIn, requiredText, textIn, wrong } from '../../spec/field.ts'
import { type Field, type Findings, openFindings } from '../../spec/findings.ts'

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const domain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const nameRule = 'at most 63 letters, digits, - _ and ., with a letter or digit at both ends'

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/')
  const prefix = key.slice(0, Math.max(slash, 0))
  return name.test(key.slice(slash + 1)) && (slash < 0 || (prefix.length <= 253 && domain.test(prefix)))
}

function checkKey(field: Field, key: string, findings: Findings): void {
  if (!isLabelKey(key))
    findings.report(field, { message: `${shown(key.slice(0, 100))} is no label`, fix: `write ${nameRule}, after a domain and / if you like` })
}

function checkValue(field: Field, findings: Findings): void {
  const value = textIn(field, findings)
  if (value !== undefined && value !== '' && !name.test(value)) findings.report(field, wrong(field, 'no value of a label', `write ${nameRule}`))
}

export function checkLabels(field: Field, findings: Findings): void {
  for (const label of mapIn(field, findings)) {
    checkKey(label, keyOf(label), findings)
    checkValue(label, findings)
  }
}

const withValues = ['In', 'NotIn']
const withoutValues = ['Exists', 'DoesNotExist']

/** Undefined where it is not to be used. */
export function checkSelector(selector: Field, findings: Findings): LabelSelector | undefined {
  const before = findings.mistakes.length
  if (!isSet(selector)) {
    findings.report(selector, { message: 'is missing', fix: "write matchLabels with labels of the template's" })
    return undefined
  }
  expectMap(selector, findings)
  const labels = mapIn(child(selector, 'matchLabels'), openFindings())
  checkLabels(child(selector, 'matchLabels'), findings)
  const expressions = listIn(child(selector, 'matchExpressions'), findings)
  for (const expression of expressions) checkExpression(expression, findings)
  if (findings.mistakes.length === before && isMap(selector.value) && labels.length + expressions.length === 0)
    findings.report(selector, { message: 'is empty, and would select every pod', fix: "write matchLabels with labels of the template's" })
  return findings.mistakes.length === before ? (selector.value as LabelSelector) : undefined
}

function checkExpression(expression: Field, findings: Findings): void {
  expectMap(expression, findings)
  const key = requiredText(child(expression, 'key'), findings, 'a label')
  if (key !== undefined) checkKey(child(expression, 'key'), key, findings)
  const operator = requiredText(child(expression, 'operator'), findings, [...withValues, ...withoutValues].join(', '))
  const values = listIn(child(expression, 'values'), findings)
  for (const value of values) checkValue(value, findings)
  if (operator === undefined) return
  const place = child(expression, 'operator')
  if (withValues.includes(operator)) {
    if (values.length === 0) findings.report(child(expression, 'values'), { message: 'is empty', fix: `write the values that ${operator} means` })
  } else if (!withoutValues.includes(operator)) {
    findings.report(place, wrong(place, 'unknown', `write ${[...withValues, ...withoutValues].join(', ')}`))
  } else if (values.length > 0) {
    findings.report(child(expression, 'values'), { message: `has no meaning for ${operator}`, fix: 'leave it out' })
  }
}

export function checkSelected(spec: Field, selector: LabelSelector | undefined, findings: Findings): void {
  const labels = at(spec, 'template', 'metadata', 'labels')
  if (selector === undefined || (isSet(labels) && !isMap(labels.value))) return
  if (!selects(selector, (labels.value ?? {}) as Readonly<Record<string, string>>))
    findings.report(labels, { message: 'are not those that spec.selector selects', fix: `add ${wantedText(selector)}` })
}

function wantedText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}: ${shown(value)}`)
  return [...labels, ...(matchExpressions ?? []).map(({ key, operator }) => `what ${key} ${operator} asks for`)].slice(0, 5).join(', ')
}
