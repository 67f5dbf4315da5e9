// Small programs for pods to run.
import type { Container } from '../../../src/api/container.ts'

/** A container that runs this for a shell. */
export const shell = (script: string, more: Partial<Container> = {}): Container => ({ name: 'app', image: 'sh:1', args: ['-c', script], ...more })

/** Ends at SIGTERM, with 0. */
export const waits = `trap 'exit 0' TERM; while :; do sleep 0.05; done`

/** Does that at SIGTERM; says `up` when it is ready to. */
export const atTerm = (does: string): string => `trap '${does}' TERM; echo up; while :; do sleep 0.05; done`

/** For `node -e`: a server that answers with its address; the paths /on and /off say whether it is well. */
export const server = `
let well = true
const s = require('node:http').createServer((q, r) => {
  if (q.url === '/on') well = true
  if (q.url === '/off') well = false
  r.statusCode = q.url === '/health' && !well ? 503 : 200
  r.end((process.env.NAME ?? '') + ' ' + s.address().address + ':' + s.address().port)
}).listen(Number(process.env.PORT), process.env.LISTEN ?? process.env.HOST, () => console.log('listening'))
process.on('SIGTERM', () => process.exit(0))`

export const web = (more: Partial<Container> = {}): Container => ({ name: 'app', image: 'web:1', ports: [{ containerPort: 8080 }], ...more })

export const images = [
  { pattern: 'sh:*', argv: ['/bin/sh'] },
  { pattern: 'web:*', argv: ['node', '-e', server] },
]
