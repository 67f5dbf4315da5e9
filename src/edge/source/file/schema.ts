import { edgeShape } from './edgeShape.ts'
import type { JsonSchema } from './shape.ts'

/** The JSON Schema of the edge's configuration file: what editors complete and check with. Draft 7, which all of them know. */
export function edgeSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://spillway.dev/schema/edge.json',
    title: 'Spillway edge',
    description: 'Configuration of `spillway edge`. See docs/configuration.md.',
    ...edgeShape.schema,
  }
}
