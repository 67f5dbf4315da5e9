import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function sandboxCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
  return command
    .description('run a Kubernetes cluster in this process, on loopback, for kubectl and any client')
    .option('--data <folder>', 'keep the cluster here, and go on with it next time; else it ends with the process')
    .option('--port <port>', 'where its API server listens; 0 for any free one (default: 6443)')
    .option('--kubeconfig <file>', 'where to write the kubeconfig (default: in the data folder, or in a temporary one)')
    .option('--image <pattern=command>', 'which program stands for an image; may be given often', collect)
    .addHelpText(
      'after',
      `
Each option but --image may come from the environment instead: SPILLWAY_DATA, SPILLWAY_PORT, SPILLWAY_KUBECONFIG.

Examples:
  ${name} sandbox
  ${name} sandbox --data ~/.spillway/sandbox
  ${name} sandbox --image 'shop:*=node shop.js' --port 0

Then, in another terminal, as it says:
  export KUBECONFIG=...
  kubectl get pods -A

Its kubeconfig holds an administrator's token, and nobody but you may read it.
SIGTERM or Ctrl-C: ends the cluster and everything it started.`,
    )
    .action(action)
}
