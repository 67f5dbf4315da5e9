import type { Command } from 'commander'

export function versionCommand(command: Command, version: string): Command {
  return command.description('show the version, and what it runs on').action(() => {
    console.log(`spillway ${version} (Node.js ${process.version}, ${process.platform}-${process.arch})`)
  })
}
