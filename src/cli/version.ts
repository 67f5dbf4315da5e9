import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function versionCommand(command: Command, version: string): Command {
  return command
    .description('show the version, and what it runs on')
    .option('--short', 'the number alone')
    .action(({ short }: Flags) => {
      console.log(short === true ? version : `spillway ${version} (Node.js ${process.version}, ${process.platform}-${process.arch})`)
    })
}
