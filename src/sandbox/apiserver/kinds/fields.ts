/** Reads objects whose types are only known by their kind. What has another type than is asked for reads as empty: the schema has refused it before. */

export type Fields = Readonly<Record<string, unknown>>
/** A tree that nobody else holds, such as `wireForm` gives: defaults are written into it. */
export type Draft = Record<string, unknown>

const none: Fields = Object.freeze({})

export function fields(value: unknown): Fields {
  return isFields(value) ? value : none
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function items(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : []
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(text) : []
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** A map of texts: labels, selectors. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  return fields(value) as Readonly<Record<string, string>>
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}

export function size(value: unknown): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

export function draft(value: unknown): Draft {
  return isFields(value) ? (value as Draft) : {}
}

export function drafts(value: unknown): readonly Draft[] {
  return items(value) as readonly Draft[]
}

/** The map in this field, which is made if there is none. */
export function draftIn(parent: Draft, field: string): Draft {
  if (!isFields(parent[field])) parent[field] = {}
  return parent[field] as Draft
}

/** Writes the values of the fields that are absent or empty texts. */
export function orDefault(target: Draft, values: Fields): void {
  for (const [field, value] of Object.entries(values)) {
    if (!isSet(target[field]) || target[field] === '') target[field] = value
  }
}
