import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function edgeCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  return command
    .description('stand in front of the versions of a service and split live traffic between them')
    .option('--config <file>', 'routes, splits and addresses, in YAML; watched, and applied whole or not at all')
    .option('--check', 'only say whether the file is right')
    .option('--workers <number>', 'threads that carry traffic, or auto: one per core (default: 1)')
    .option('--json', 'log as JSON lines on a terminal too; with --check: the problems as JSON')
    .option('--log-level <level>', 'error, warn or info (default: info)')
    .addHelpText(
      'after',
      `
Each option may come from the environment instead: SPILLWAY_CONFIG, SPILLWAY_WORKERS, SPILLWAY_LOG_LEVEL.

Examples:
  ${name} edge --config edge.yaml --check
  ${name} edge --config edge.yaml --workers auto
  ${name} edge --config edge.yaml 2>edge.log &    then edit edge.yaml

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
