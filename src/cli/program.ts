import type { Command } from 'commander'
import { benchCommand } from './bench.ts'
import { controllerCommand } from './controller.ts'
import { demoCommand } from './demo.ts'
import { edgeCommand } from './edge.ts'
import { sandboxCommand } from './sandbox.ts'
import type { Flags, Run } from './verb.ts'
import { versionCommand } from './version.ts'

export type Verbs = { readonly controller: Run; readonly edge: Run; readonly bench: Run; readonly demo: Run; readonly sandbox: Run }

type ProgramOptions = {
  /** As the user calls it: `spillway`, or `kubectl spillway`. */
  readonly name: string
  readonly version: string
  readonly verbs: Verbs
}

/** Carries out one command line (without interpreter and script) and tells the exit code. */
export async function runProgram(args: readonly string[], { name, version, verbs }: ProgramOptions): Promise<number> {
  const { Command, CommanderError } = await import('commander')
  let exitCode = 0
  const settle =
    (run: Run) =>
    async (flags: Flags): Promise<void> => {
      exitCode = await run(flags)
    }
  const make = (verb: string): Command => program.createCommand(verb).helpOption('-h, --help', 'show this help').exitOverride()
  const program = new Command(name)
    .description('Sends exact shares of live traffic to each version of a service, and counts what each answers.')
    .helpOption('-h, --help', 'show this help')
    .version(version, '-V, --version', 'show the version')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError(`Try \`${name} --help\`.`)
    .exitOverride()
    .addHelpText('after', examples(name))
  program.addCommand(edgeCommand(make('edge'), name, settle(verbs.edge)))
  program.addCommand(controllerCommand(make('controller'), name, settle(verbs.controller)))
  program.addCommand(benchCommand(make('bench'), name, settle(verbs.bench)))
  program.addCommand(demoCommand(make('demo'), name, settle(verbs.demo)))
  program.addCommand(sandboxCommand(make('sandbox'), name, settle(verbs.sandbox)))
  program.addCommand(versionCommand(make('version'), version))
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

function examples(name: string): string {
  return `
Examples:
  ${name} demo                              see two versions share live traffic, and play with them
  ${name} edge --config edge.yaml --check   is this file right? Says where and how to mend it
  ${name} edge --config edge.yaml           split live traffic as the file says; edit it any time
  ${name} controller                        look after the Rollouts of a Kubernetes cluster
  ${name} bench --split shop                compare the versions under load
  ${name} sandbox                           a Kubernetes cluster to try things in

  # what runs, and what it was sent
  curl http://127.0.0.1:9901/v1/splits
  curl http://127.0.0.1:9901/metrics

Exit codes: 0 done, 1 failed, 2 wrong usage.`
}
