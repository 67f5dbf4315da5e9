import type { Schema } from '../schema/schema.ts'
import { atomOf, fieldSchema } from './atoms.ts'
import type { FieldSet } from './fieldSet.ts'
import { type Managers, withFields } from './managers.ts'
import { fieldNameOf, type PathElement } from './pathElement.ts'
import type { Versions } from './versions.ts'

/** Who owned parts of what a later schema takes as one owns all of it. */
export function withAtomicWholes(managers: Managers, versions: Versions): Managers {
  return withFields(managers, ({ fields, apiVersion }) => {
    const schema = versions.schemaOf(apiVersion)
    return schema === undefined ? fields : wholes(fields, schema)
  })
}

function wholes(fields: FieldSet, schema: Schema): FieldSet {
  let below: Map<PathElement, FieldSet> | undefined
  for (const [element, node] of fields.below) {
    const inner = node.below.size === 0 ? undefined : schemaBelow(schema, element)
    if (inner === undefined) continue
    const made = isAtomic(inner) ? { isMember: true, below: new Map() } : wholes(node, inner)
    if (made !== node) (below ??= new Map(fields.below)).set(element, made)
  }
  return below === undefined ? fields : { ...fields, below }
}

function schemaBelow(schema: Schema, element: PathElement): Schema | undefined {
  const name = fieldNameOf(element)
  const atom = atomOf(schema, name === undefined ? [] : {})
  if (atom.kind === 'map') return name === undefined ? undefined : fieldSchema(atom.schema, name)
  return atom.kind === 'list' && name === undefined ? atom.elements : undefined
}

/** Of what may be anything nothing is known. */
function isAtomic(schema: Schema): boolean {
  const atom = schema.type === undefined ? undefined : atomOf(schema, undefined)
  return atom !== undefined && atom.kind !== 'scalar' && atom.isAtomic
}
