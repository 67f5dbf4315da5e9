import type { Command } from 'commander'
import type { VerbContext } from './releases/context.ts'
import type { Flags } from './verb.ts'

export function lintCommand(command: Command, { program: name, surroundings, settle }: VerbContext): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
  return command
    .description('say what is wrong with manifests, before a cluster has to')
    .requiredOption(
      '-f, --filename <file>',
      'a file with manifests in YAML or JSON, a folder of them, or - for standard input; may be given often',
      collect,
    )
    .option('-o, --output <format>', 'json: a list of findings, for programs')
    .addHelpText(
      'after',
      `
Rollouts, AnalysisTemplates, ClusterAnalysisTemplates, AnalysisRuns, Experiments and TrafficSplits are judged: unknown fields, values that cannot
be, and all that the controller would refuse. Services, Ingresses and templates in the same files are looked at together with them.
Other kinds are passed over.

Examples:
  ${name} lint -f shop.yaml
  ${name} lint -f deploy/ -f templates.yaml
  helm template shop | ${name} lint -f -

Exit codes: 0 no errors (warnings do not count), 1 errors, 2 wrong usage.`,
    )
    .action((flags: Flags) => settle(import('./lint/run.ts').then(({ runLint }) => runLint(flags, surroundings))))
}
