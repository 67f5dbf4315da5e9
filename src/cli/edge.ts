import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function edgeCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  return command
    .description('stand in front of the versions of a service and split live traffic between them')
    .option('--config <file>', 'routes, splits and addresses, in YAML; watched, and applied whole or not at all. Without it: what a cluster says')
    .option('--check', 'only say whether the file is right')
    .option('--workers <number>', 'threads that carry traffic, or auto: one per core (default: 1)')
    .option('--json', 'log as JSON lines on a terminal too; with --check: the problems as JSON')
    .option('--log-level <level>', 'error, warn or info (default: info)')
    .option('--kubeconfig <file>', 'of the cluster (default: as kubectl, or the pod it runs in)')
    .option('--context <name>', 'a context of the kubeconfig (default: its current one)')
    .option('--namespace <name>', 'serve this namespace only; may be repeated (default: all)', collect)
    .option('--ingress-class <name>', 'the Ingresses to serve (default: spillway)')
    .option('--http-address <address>', 'where requests come in (default: :8080)')
    .option('--https-address <address>', 'and those by TLS, once there is a certificate (default: :8443)')
    .option('--admin-address <address>', 'health, metrics and reports (default: :9901)')
    .option('--admin-token-file <file>', 'a bearer token that opens the admin API')
    .option('--trust-controller <user>', 'whose tokens open the admin API, as system:serviceaccount:NAMESPACE:NAME; may be repeated', collect)
    .option('--snapshot <folder>', 'keeps the table in use there, to serve it after a start without the cluster')
    .option('--service-domain <domain>', 'reach Services of Rollouts by their DNS names too, as with cluster.local')
    .option('--redirect-https', 'send requests that came in the clear to https')
    .option('--key-file <file>', 'keys that sign sticky cookies, the same for all edges')
    .option('--trusted-proxies <cidr>', 'peers whose X-Forwarded-* fields are believed; may be repeated', collect)
    .option('--drain-delay <time>', 'how long to go on accepting after SIGTERM (default: 5s)')
    .option('--drain <time>', 'how long requests in flight may take after that (default: 30s)')
    .addHelpText(
      'after',
      `
Each option may come from the environment instead: SPILLWAY_CONFIG, SPILLWAY_WORKERS, SPILLWAY_LOG_LEVEL and so on.
An address without a host means that of the variable HOST, or all there are.

Examples:
  ${name} edge --config edge.yaml --check
  ${name} edge --config edge.yaml --workers auto
  ${name} edge --config edge.yaml 2>edge.log &    then edit edge.yaml
  ${name} edge --context kind-kind                the Ingresses of a cluster

The smallest file:
  listeners: [{address: 127.0.0.1:8080}]
  routes: [{path: /, split: shop}]
  splits:
    shop:
      totalWeight: 100
      backends:
        stable: {weight: 95, endpoints: ["127.0.0.1:9001"]}
        canary: {weight: 5, endpoints: ["127.0.0.1:9002"]}

SIGTERM or Ctrl-C: finishes what is in flight, then exits 0. A second one: exits at once.
SIGHUP: reads the file again, also to undo what was set by the admin API.`,
    )
    .action(action)
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** What the verb needs of the edge, handed in because this folder may not know it. */
export type EdgeParts<P> = {
  checkFile(path: string): Promise<readonly P[]>
  formatProblem(problem: P): string
}
type Output = { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream }

/** Says what is wrong with a configuration file, or that nothing is; tells the exit code. */
export async function check<P>(path: string, json: boolean, { checkFile, formatProblem }: EdgeParts<P>, { stdout, stderr }: Output): Promise<number> {
  const problems = await checkFile(path)
  if (json) stdout.write(`${JSON.stringify(problems, null, 2)}\n`)
  else if (problems.length === 0) stdout.write(`${path} is fine\n`)
  else for (const problem of problems) stderr.write(`${formatProblem(problem)}\n`)
  return problems.length === 0 ? 0 : 1
}
