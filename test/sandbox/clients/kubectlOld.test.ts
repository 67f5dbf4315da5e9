// kubectl 1.20, which reads OpenAPI v2, knows no aggregated discovery, and watches and diffs in its own way.
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { replay } from './replay.ts'

await replay('Old', dirname(process.env['KUBECTL_OLD'] ?? join(homedir(), '.cache/spillway-kube/debian/usr/bin/kubectl')))
