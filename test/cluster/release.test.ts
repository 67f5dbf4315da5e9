// Starts a cluster with a real node, and in its network what tests a release there: containers, probes, Services, tokens, all of it real.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { lacksCluster } from './cluster.ts'

const run = promisify(execFile)
/** Seconds on an idle machine, but the other tests run at the same time. */
const upMs = 180_000
/** Who asked for what, and was it granted. */
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: ["system:serviceaccount:spillway:spillway-controller", "system:serviceaccount:spillway:spillway-edge"]
- level: None
`

const archive = process.env['SPILLWAY_IMAGE']
const skip = lacksCluster() || (archive === undefined && 'SPILLWAY_IMAGE names no archive of the image spillway/spillway:dev')

if (skip === false) {
  const folder = await mkdtemp(join(process.env['KUBE_DIR'] ?? tmpdir(), 'node-'))
  const audit = await mkdtemp(join(tmpdir(), 'audit-'))
  const [policy, log] = [join(audit, 'policy.yaml'), join(audit, 'audit.log')]
  await writeFile(policy, auditPolicy)
  const up = process.env['KUBE_UP']!
  const beside = (name: string): string => up.replace(/up$/, name)
  try {
    const flags = `--audit-policy-file=${policy} --audit-log-path=${log} --audit-log-mode=blocking`
    await run(up, ['--node', folder], { timeout: upMs, env: { ...process.env, APISERVER_FLAGS: flags } })
    await run(beside('image'), [folder, archive!], { timeout: upMs })
    const inside = spawn(beside('in'), [folder, process.execPath, join(import.meta.dirname, 'inCluster.ts')], {
      // Its results are this file's.
      stdio: 'inherit',
      env: { ...process.env, AUDIT_LOG: log },
    })
    const [code] = (await once(inside, 'exit')) as [number | null]
    process.exitCode = code ?? 1
  } finally {
    await run(beside('down'), [folder], { timeout: upMs })
    await rm(audit, { recursive: true, force: true })
  }
} else {
  const { default: t } = await import('tap')
  t.test('a release inside a cluster', { skip }, () => undefined)
}
