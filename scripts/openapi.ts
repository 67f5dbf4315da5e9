// Writes src/sandbox/apiserver/schema/builtin.json from the OpenAPI v3 documents of a real API server, without their descriptions.
// Usage: KUBECONFIG=… node scripts/openapi.ts   (kubectl on the PATH; by hand, when the sandbox moves to another version of Kubernetes)
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const groupVersions = [
  'api/v1',
  'apis/apiextensions.k8s.io/v1',
  'apis/apps/v1',
  'apis/authentication.k8s.io/v1',
  'apis/authorization.k8s.io/v1',
  'apis/autoscaling/v1',
  'apis/autoscaling/v2',
  'apis/batch/v1',
  'apis/coordination.k8s.io/v1',
  'apis/discovery.k8s.io/v1',
  'apis/events.k8s.io/v1',
  'apis/networking.k8s.io/v1',
  'apis/policy/v1',
  'apis/rbac.authorization.k8s.io/v1',
  'apis/scheduling.k8s.io/v1',
]

type Node = { readonly [key: string]: unknown }
type Document = { readonly components: { readonly schemas: Readonly<Record<string, Node>> } }

const documents = groupVersions.map((path) => ask<Document>(`/openapi/v3/${path}`))
const found = new Map(documents.flatMap(({ components }) => Object.entries(components.schemas)))
const names = [...found.keys()].sort()
const version = ask<{ gitVersion: string }>('/version').gitVersion

const lines = names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(compact(found.get(name)!))}`)
writeFileSync('src/sandbox/apiserver/schema/builtin.json', `{\n"server": ${JSON.stringify(version)},\n"definitions": {\n${lines.join(',\n')}\n}\n}\n`)
console.log(`${names.length} definitions of ${version}`)

function ask<T>(path: string): T {
  return JSON.parse(execFileSync('kubectl', ['get', '--raw', path], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })) as T
}

/** Without descriptions; a reference is the definition's name alone, beside what else is said of the field. */
function compact(node: Node): Node {
  const said: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) {
    if (key === 'description') continue
    if (key === '$ref') said.$ref = (value as string).replace('#/components/schemas/', '')
    else if (key === 'allOf') Object.assign(said, compact((value as Node[])[0]!))
    else if (key === 'properties')
      said.properties = Object.fromEntries(Object.entries(value as Node).map(([name, field]) => [name, compact(field as Node)]))
    else if (key === 'items' || key === 'additionalProperties') said[key] = compact(value as Node)
    // Options of deletions and the like are said to be of every group there is; which of them are served is not known here.
    else if (key === 'x-kubernetes-group-version-kind' && (value as unknown[]).length > 1) said[key] = '*'
    else said[key] = value
  }
  return said
}
