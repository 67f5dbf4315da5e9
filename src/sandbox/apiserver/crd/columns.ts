import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject, Unstructured } from '../../unstructured.ts'
import { goText } from '../goText.ts'
import { age, name, since } from '../kinds/cells.ts'
import type { Column } from '../kinds/kind.ts'
import type { PrinterColumn } from './definition.ts'
import { parseJsonPath } from './jsonPath.ts'

const defaultColumns: readonly PrinterColumn[] = [
  { name: 'Age', type: 'date', description: age.description, jsonPath: '.metadata.creationTimestamp' },
]

/** The columns of `kubectl get`, by `additionalPrinterColumns`; the age alone where there are none. */
export function customColumns(columns: readonly PrinterColumn[] | undefined): readonly Column[] {
  const more = columns === undefined || columns.length === 0 ? defaultColumns : columns
  return [name, ...more.map(columnOf)]
}

function columnOf({ name, type, format, description, priority = 0, jsonPath }: PrinterColumn): Column {
  const read = parseJsonPath(jsonPath)
  return {
    name,
    type: type as Column['type'],
    ...(format !== undefined && format !== '' && { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    cell(object: Unstructured, nowMs: number) {
      const value = read?.(object as unknown as JsonObject)[0]
      return value === undefined ? null : cellOf(type, value, nowMs)
    },
  }
}

function cellOf(type: string, value: Json, nowMs: number): string | number | boolean | null {
  switch (type) {
    case 'string':
      return isList(value) || isObject(value) ? JSON.stringify(value) : goText(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      if (typeof value !== 'string') return null
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, nowMs)
    default:
      return null
  }
}
