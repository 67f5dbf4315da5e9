import type { Definition } from '../../src/sandbox/apiserver/schema/definitions.ts'

export type Document = { readonly components: { readonly schemas: Readonly<Record<string, Node>> } }
export type Definitions = Readonly<Record<string, Definition>>

type Node = { readonly [key: string]: unknown }

export function compact(documents: readonly Document[]): Definitions {
  const all = documents.flatMap(({ components }) => Object.entries(components.schemas))
  return Object.fromEntries(all.map(([name, node]) => [name, compactNode(node) as Definition]))
}

/** Without descriptions; a reference is the definition's name alone, beside what else is said of the field. */
function compactNode(node: Node): Node {
  const said: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) {
    if (key === 'description') continue
    if (key === '$ref') said['$ref'] = (value as string).replace('#/components/schemas/', '')
    else if (key === 'allOf') Object.assign(said, compactNode((value as Node[])[0]!))
    else if (key === 'properties')
      said[key] = Object.fromEntries(Object.entries(value as Node).map(([name, field]) => [name, compactNode(field as Node)]))
    else if (key === 'items' || key === 'additionalProperties') said[key] = compactNode(value as Node)
    // Options of deletions and the like are said to be of every group there is; which of them are served is not known here.
    else if (key === 'x-kubernetes-group-version-kind' && (value as unknown[]).length > 1) said[key] = '*'
    else said[key] = value
  }
  return said
}
