/** Every verb: where it stands in the help, and the file that knows it, which is loaded when it is asked for. */
import type { Command } from 'commander'
import type { VerbContext } from './releases/context.ts'
import type { Flags, Run } from './verb.ts'

export type Verb = {
  readonly name: string
  readonly group: Group
  readonly summary: string
  /** Whether it takes kubectl's flags. */
  readonly isOnCluster?: boolean
  define(command: Command, context: DefineContext): Promise<Command>
}

export type Group = 'Releases:' | 'The edge:' | 'A cluster:' | 'About:'

export type DefineContext = VerbContext & {
  readonly version: string
  readonly runs: Runs
  /** Makes an action of what `main.ts` handed in. */
  action(run: Run): (flags: Flags) => Promise<void>
}

/** What needs more than this folder may know. */
export type Runs = { readonly controller: Run; readonly edge: Run; readonly bench: Run; readonly demo: Run; readonly sandbox: Run }

function release(name: string, summary: string, define: Verb['define']): Verb {
  return { name, group: 'Releases:', summary, isOnCluster: true, define }
}

export const verbs: readonly Verb[] = [
  release('get', 'show a rollout, its versions and their traffic; -w follows it', async (command, context) =>
    (await import('./releases/get.ts')).getCommand(command, context),
  ),
  release('list', 'list rollouts and their states', async (command, context) => (await import('./releases/list.ts')).listCommand(command, context)),
  release('status', 'wait until a release has ended well or badly', async (command, context) =>
    (await import('./releases/status.ts')).statusCommand(command, context),
  ),
  release('set', 'release another image', async (command, context) => (await import('./releases/set.ts')).setCommand(command, context)),
  release('promote', 'let a release go on; --full: to its end', async (command, context) =>
    (await import('./releases/promote.ts')).promoteCommand(command, context),
  ),
  release('pause', 'hold a release where it is', async (command, context) => (await import('./releases/pause.ts')).pauseCommand(command, context)),
  release('abort', 'take all traffic back to the stable version, at once', async (command, context) =>
    (await import('./releases/abort.ts')).abortCommand(command, context),
  ),
  release('retry', 'begin an aborted release again', async (command, context) =>
    (await import('./releases/retry.ts')).retryCommand(command, context),
  ),
  release('undo', 'go back to an earlier revision', async (command, context) => (await import('./releases/undo.ts')).undoCommand(command, context)),
  release('restart', 'replace the pods, a few at a time', async (command, context) =>
    (await import('./releases/restart.ts')).restartCommand(command, context),
  ),
  release('create', 'create rollouts and what belongs to them from files', async (command, context) =>
    (await import('./releases/create.ts')).createCommand(command, context),
  ),
  {
    name: 'lint',
    group: 'Releases:',
    summary: 'say what is wrong with manifests, before a cluster has to',
    define: async (command, context) => (await import('./lint.ts')).lintCommand(command, context),
  },
  release('terminate', 'end an analysis run or an experiment early', async (command, context) =>
    (await import('./releases/terminate.ts')).terminateCommand(command, context),
  ),
  {
    name: 'edge',
    group: 'The edge:',
    summary: 'split live traffic between the versions of services',
    define: async (command, { program, action, runs }) => (await import('./edge.ts')).edgeCommand(command, program, action(runs.edge)),
  },
  {
    name: 'bench',
    group: 'The edge:',
    summary: 'compare the versions behind an edge under load',
    define: async (command, { program, action, runs }) => (await import('./bench.ts')).benchCommand(command, program, action(runs.bench)),
  },
  {
    name: 'demo',
    group: 'The edge:',
    summary: 'play with a canary on this machine',
    define: async (command, { program, action, runs }) => (await import('./demo.ts')).demoCommand(command, program, action(runs.demo)),
  },
  {
    name: 'controller',
    group: 'A cluster:',
    summary: 'carry out the Rollouts of a cluster',
    define: async (command, { program, action, runs }) =>
      (await import('./controller.ts')).controllerCommand(command, program, action(runs.controller)),
  },
  {
    name: 'sandbox',
    group: 'A cluster:',
    summary: 'a Kubernetes cluster in this process, to try things in',
    define: async (command, { program, action, runs }) => (await import('./sandbox.ts')).sandboxCommand(command, program, action(runs.sandbox)),
  },
  {
    name: 'completion',
    group: 'About:',
    summary: 'a script that completes commands in bash, zsh or fish',
    define: async (command, context) => (await import('./completion/completionVerb.ts')).completionCommand(command, context),
  },
  {
    name: 'version',
    group: 'About:',
    summary: 'show the version, and what it runs on',
    define: async (command, context) => (await import('./version.ts')).versionCommand(command, context.version),
  },
]
