import type { Unstructured } from '../../unstructured.ts'
import { type Fields, fields, isSet, items, number, text, textMap, texts } from './fields.ts'
import type { Column } from './kind.ts'

/** What the cells of `kubectl get` are made of. */

type Cell = Column['cell']

/** As client-go's `duration.HumanDuration`: two or three digits that matter. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return withRest(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return days < 2920 ? withRest(years, 'y', days % 365, 'd') : `${years}y`
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`
}

export function since(time: unknown, nowMs: number): string {
  return isSet(time) ? humanDuration(nowMs - Date.parse(text(time))) : '<unknown>'
}

export const name: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object, which no other of its kind has in its namespace.',
  priority: 0,
  cell: ({ metadata }) => metadata.name,
}

export const age: Column = {
  name: 'Age',
  type: 'string',
  description: 'How long ago the object was created.',
  priority: 0,
  cell: ({ metadata }, nowMs) => since(metadata.creationTimestamp, nowMs),
}

/** For kinds that have no columns of their own. */
export const createdAt: Column = {
  name: 'Created At',
  type: 'date',
  description: 'When the object was created.',
  priority: 0,
  cell: ({ metadata }) => metadata.creationTimestamp ?? null,
}

export function column(title: string, description: string, cell: Cell, more: Partial<Column> = {}): Column {
  return { name: title, type: 'string', description, priority: 0, cell, ...more }
}

/** Shown with `-o wide`. */
export function wide(title: string, description: string, cell: Cell): Column {
  return column(title, description, cell, { priority: 1 })
}

export function count(title: string, description: string, cell: (object: Unstructured) => unknown): Column {
  return column(title, description, (object) => number(cell(object)), { type: 'integer' })
}

/** Containers, images and, unless `selector` is undefined, the selector's text. */
export function templateColumns(template: (object: Unstructured) => unknown, selector?: (object: Unstructured) => string): readonly Column[] {
  const containers = (object: Unstructured): readonly Fields[] => items(fields(fields(template(object)).spec).containers)
  return [
    wide('Containers', 'The names of the containers.', (object) => listed(containers(object), 'name')),
    wide('Images', 'The images of the containers.', (object) => listed(containers(object), 'image')),
    ...(selector === undefined ? [] : [wide('Selector', 'The labels of the pods that belong to it.', selector)]),
  ]
}

export function listed(each: readonly Fields[], field: string): string {
  return each.map((one) => text(one[field])).join(',')
}

export function labelText(labels: unknown): string {
  const entries = Object.entries(textMap(labels)).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',')
}

/** A `metav1.LabelSelector` as kubectl writes it. */
export function selectorText(selector: unknown): string {
  const { matchLabels, matchExpressions } = fields(selector)
  const parts = Object.entries(textMap(matchLabels)).map(([key, value]) => ({ key, shown: `${key}=${value}` }))
  for (const { key, operator, values } of items(matchExpressions)) {
    const set = `(${[...texts(values)].sort().join(',')})`
    const shown =
      operator === 'Exists' ? text(key) : operator === 'DoesNotExist' ? `!${text(key)}` : `${text(key)} ${operator === 'In' ? 'in' : 'notin'} ${set}`
    parts.push({ key: text(key), shown })
  }
  parts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return parts.length === 0 ? '<none>' : parts.map(({ shown }) => shown).join(',')
}

export function spec(object: Unstructured): Fields {
  return fields(object.spec)
}

export function status(object: Unstructured): Fields {
  return fields(object.status)
}
