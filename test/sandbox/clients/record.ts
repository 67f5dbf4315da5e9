// Writes down what the commands of transcripts print with the Kubernetes API server that $KUBECONFIG names, and its controllers, but no node.
// Usage: node test/sandbox/clients/record.ts TRANSCRIPT…
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { kubeBin, openShell } from './shell.ts'
import { formatTranscript, parseTranscript, type Section } from './transcript.ts'

const kubeconfig = process.env['KUBECONFIG'] ?? ''
const kubectl = (...args: string[]): string => execFileSync(join(kubeBin, 'kubectl'), args, { encoding: 'utf8' })

for (const name of process.argv.slice(2)) {
  const path = new URL(`transcripts/${name}.txt`, import.meta.url)
  const namespace = `clients-${name.toLowerCase()}`
  const config = parse(readFileSync(kubeconfig, 'utf8'))
  config.contexts[0].context.namespace = namespace
  const own = `/tmp/${namespace}.kubeconfig`
  writeFileSync(own, stringify(config), { mode: 0o600 })
  kubectl('create', 'namespace', namespace)
  const shell = openShell(own, process.env['KUBECTL_BIN'] ?? kubeBin)
  try {
    kubectl('wait', '-n', namespace, '--for=create', 'serviceaccount/default', 'configmap/kube-root-ca.crt')
    const recorded: Section[] = []
    for (const { rule, steps } of parseTranscript(readFileSync(path, 'utf8'))) {
      const run = []
      for (const { command } of steps) run.push({ command, printed: await shell.run(command) })
      recorded.push({ rule, steps: run })
    }
    writeFileSync(path, formatTranscript(recorded))
  } finally {
    shell.close()
    rmSync(own)
    kubectl('delete', 'namespace', namespace, '--wait=false')
  }
}
