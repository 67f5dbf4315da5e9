// Writes src/sandbox/apiserver/schema/builtin.json from the OpenAPI v3 documents of a real API server, without their descriptions.
// Usage: KUBECONFIG=… node scripts/openapi/main.ts   (kubectl on the PATH; by hand, when the sandbox moves to another version of Kubernetes)
import { writeFileSync } from 'node:fs'
import { compact, type Document } from './compact.ts'
import { withGoTypes } from './goTypes.ts'
import { openServer } from './server.ts'

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

const server = await openServer()
try {
  const documents = await Promise.all(groupVersions.map((path) => server.get<Document>(`/openapi/v3/${path}`)))
  const { gitVersion } = await server.get<{ gitVersion: string }>('/version')
  const definitions = await withGoTypes(compact(documents), groupVersions, server)
  const lines = Object.keys(definitions)
    .sort()
    .map((name) => `${JSON.stringify(name)}: ${JSON.stringify(definitions[name])}`)
  writeFileSync(
    'src/sandbox/apiserver/schema/builtin.json',
    `{\n"server": ${JSON.stringify(gitVersion)},\n"definitions": {\n${lines.join(',\n')}\n}\n}\n`,
  )
  console.log(`${lines.length} definitions of ${gitVersion}`)
} finally {
  server.close()
}
