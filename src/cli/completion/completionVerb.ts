import { Argument, type Command } from 'commander'
import { Misuse } from '../misuse.ts'
import type { VerbContext } from '../releases/context.ts'
import { type Shell, script, shells } from './scripts.ts'

export function completionCommand(command: Command, { program, surroundings, settle }: VerbContext): Command {
  return command
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .description('print a script that lets a shell complete verbs, flags, and names in the cluster')
    .addHelpText('after', help(program))
    .action((shell: Shell) => {
      if (program !== 'spillway')
        throw new Misuse(`kubectl completes plugins by itself, where it finds ${shimOf(program)} on the PATH (see: ${program} completion --help)`)
      surroundings.stdout.write(script(shell, program))
      return settle(Promise.resolve(0))
    })
}

function shimOf(program: string): string {
  return program.replace('kubectl ', 'kubectl_complete-').replaceAll(' ', '-')
}

function help(program: string): string {
  if (program !== 'spillway')
    return `
kubectl asks a program named ${shimOf(program)} for completions. It is this program under another name:
  ln -s "$(command -v spillway)" /usr/local/bin/${shimOf(program)}`
  return `
To load it now:
  bash   source <(spillway completion bash)
  zsh    source <(spillway completion zsh)
  fish   spillway completion fish | source

To load it in each new shell, put that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.`
}
