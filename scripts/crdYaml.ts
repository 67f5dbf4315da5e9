import { Document, isMap, visit } from 'yaml'
import type { CustomResourceDefinition } from '../src/api/customResources.ts'

const widestLine = 150

/** As YAML with a line per leaf of the schema: most of it would be indentation otherwise. */
export function crdYaml(definition: CustomResourceDefinition): string {
  const document = new Document(definition, { aliasDuplicateObjects: false })
  visit(document, {
    Collection(_key, node, path) {
      const depth = path.filter(isMap).length
      node.flow = node.items.length > 0 && JSON.stringify(node.toJSON()).length + 2 * depth <= widestLine
      return node.flow ? visit.SKIP : undefined
    },
  })
  const body = document.toString({ lineWidth: 0, flowCollectionPadding: false, indentSeq: false })
  return `# Made from src/api/customResources.ts by \`npm run generate\`.\n${body}`
}
