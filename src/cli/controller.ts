import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function controllerCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
  return command
    .description('look after the Rollouts of a Kubernetes cluster: release step by step what their users write')
    .option('--kubeconfig <file>', 'how to reach the cluster (default: as kubectl does, or as the pod it is)')
    .option('--context <name>', 'which context of the kubeconfig (default: the current one)')
    .option('--namespace <name>', 'where it is at home: its lease, and its edges (default: as the context or the pod has it)')
    .option('--namespaced', 'look after the Rollouts of that namespace alone; else of all')
    .option('--instance-id <id>', 'look after Rollouts with this controller-instance-id label alone; else after those without one')
    .option('--default-router <router>', 'edge: the edges also carry out Rollouts that do not ask for them by name (default: none)')
    .option('--edge-namespace <name>', 'where the Services in front of the edges are; may be given often (default: its own)', collect)
    .option('--edge <url>', 'the admin address of one more edge; may be given often', collect)
    .option('--edge-token-file <file>', 'the token by which edges know it, read again as it changes')
    .option('--leader-elect [bool]', 'work only while it holds the lease spillway-controller (default: true)')
    .option('--workers <number>', 'how many Rollouts are looked after at the same time (default: 10)')
    .option('--qps <number>', 'requests to the API server a second (default: 40)')
    .option('--burst <number>', 'how many of them may come at once (default: 80)')
    .option('--metrics-port <port>', 'where /metrics is; 0 for any free one (default: 8090)')
    .option('--health-port <port>', 'where /healthz and /readyz are; 0 for any free one (default: 8080)')
    .option('--json', 'log as JSON lines on a terminal too')
    .option('--log-level <level>', 'error, warn or info (default: info)')
    .addHelpText(
      'after',
      `
Each option may come from the environment instead: SPILLWAY_KUBECONFIG, SPILLWAY_DEFAULT_ROUTER and so on; lists with commas.

Examples:
  ${name} controller --default-router edge
  ${name} controller --kubeconfig ~/.kube/config --edge http://127.0.0.1:9901
  ${name} controller --namespace shop --namespaced

The cluster must know what Rollouts are first:
  kubectl apply -f charts/spillway/crds

Of several that run, one works and the others wait. It does not work beside Argo Rollouts' own controller.
SIGTERM or Ctrl-C: finishes what it has begun, gives the lease back, and exits 0. Traffic goes on as it is.`,
    )
    .action(action)
}
