import type { Command } from 'commander'
import { addClusterFlags } from './flags/clusterFlags.ts'
import { normalized } from './flags/normalize.ts'
import { Misuse } from './misuse.ts'
import type { Surroundings } from './session.ts'
import { type DefineContext, type Runs, type Verb, verbs } from './verbs.ts'

type ProgramOptions = {
  /** As the user calls it: `spillway`, `kubectl spillway`, `kubectl argo rollouts`. */
  readonly name: string
  readonly version: string
  readonly runs: Runs
  readonly surroundings: Surroundings
}

/** Carries out one command line (without interpreter and script) and tells the exit code. */
export async function runProgram(given: readonly string[], options: ProgramOptions): Promise<number> {
  const args = normalized(given)
  const { name, surroundings } = options
  if (args[0] === '__complete') {
    const { complete } = await import('./completion/complete.ts')
    return complete(args.slice(1), () => openProgram(options, verbs), options)
  }
  const { CommanderError } = await import('commander')
  try {
    // A word that is no verb costs the reading of a file at most.
    const { program, exitCode } = await openProgram(
      options,
      verbs.filter((verb) => args.includes(verb.name)),
    )
    await program.parseAsync([...args], { from: 'user' })
    return exitCode()
  } catch (error) {
    if (error instanceof Misuse) {
      surroundings.stderr.write(`${name}: ${error.message}\n`)
      return 2
    }
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

export type OpenProgram = { readonly program: Command; exitCode(): number }

/** `wanted`: the verbs that are to be whole; of the others, the name and a line of help are enough. */
async function openProgram({ name, version, runs, surroundings }: ProgramOptions, wanted: readonly Verb[]): Promise<OpenProgram> {
  const { Command } = await import('commander')
  let exitCode = 0
  const settle = async (work: Promise<number>): Promise<void> => {
    exitCode = await work
  }
  const context: DefineContext = {
    program: name,
    version,
    runs,
    surroundings,
    settle,
    action: (run) => (flags) => settle(run(flags)),
    sub: (command, verb) => addClusterFlags(command.command(verb), { isHidden: false }),
  }
  const program = new Command(name)
    .description(description(name))
    .helpOption('-h, --help', 'show this help')
    .version(version, '-V, --version', 'show the version')
    .helpCommand('help [command]', 'show the help of a command')
    .commandsGroup('About:')
    .showHelpAfterError(`Try \`${name} --help\`.`)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
    })
    .addHelpText('after', isArgo(name) ? releaseExamples(name) : `${releaseExamples(name)}${otherExamples(name)}${ending}`)
  addClusterFlags(program, { isHidden: true })
  for (const verb of verbs) {
    const made = program.createCommand(verb.name).copyInheritedSettings(program).summary(verb.summary).helpGroup(verb.group)
    const isGroup = ['get', 'list', 'set', 'retry', 'terminate'].includes(verb.name)
    if (verb.isOnCluster === true) addClusterFlags(made, { isHidden: isGroup })
    const command = wanted.includes(verb) ? await verb.define(made, context) : made
    program.addCommand(command, { hidden: isArgo(name) && verb.group !== 'Releases:' && verb.group !== 'About:' })
  }
  return { program, exitCode: () => exitCode }
}

function isArgo(name: string): boolean {
  return name.endsWith('argo rollouts')
}

function description(name: string): string {
  return isArgo(name)
    ? 'Looks after Rollouts in a Kubernetes cluster: releases that go on step by step. By Spillway.'
    : 'Releases new versions step by step: sends exact shares of live traffic to each, and counts what each answers.'
}

function releaseExamples(name: string): string {
  return `
A release, step by step:
  ${name} set image shop app=shop:v2    begin it
  ${name} get rollout shop -w           watch it: pods, steps, traffic of each version
  ${name} promote shop                  let it go on, where it waits for you
  ${name} abort shop                    take all traffic back, at once
  ${name} status shop --timeout 10m     in scripts: wait until it ended well (0) or badly (1)
`
}

function otherExamples(name: string): string {
  return `
The edge alone, without Kubernetes:
  ${name} demo                              watch a whole release, and play with it
  ${name} edge --config edge.yaml --check   is this file right? Says where and how to mend it
  ${name} edge --config edge.yaml           split live traffic as the file says; edit it any time
  ${name} bench --split shop                compare the versions under load
  curl http://127.0.0.1:9901/v1/splits      what runs, and what it was sent

A cluster:
  ${name} sandbox                           a Kubernetes cluster to try things in
  ${name} controller                        look after the Rollouts of a Kubernetes cluster
`
}

const ending = `
Verbs on a cluster take kubectl's flags: -n, --context, --kubeconfig, --as, --request-timeout …

Exit codes: 0 done, 1 failed, 2 wrong usage.`
