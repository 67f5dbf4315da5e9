import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function demoCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  return command
    .description('play with a canary: two versions of a small app, an edge in front, a modest load, a live view')
    .option('--port <port>', 'where the edge listens; another one if it is taken (default: 8080)')
    .option('--admin-port <port>', "of the edge's admin address (default: 9901)")
    .option('--plain', 'print lines instead of a live view, as for a log')
    .addHelpText(
      'after',
      `
Examples:
  ${name} demo
  ${name} demo --port 9080 --admin-port 9081
  ${name} demo --plain | tee demo.log

Then, in another terminal:
  curl -H 'X-Canary: true' http://127.0.0.1:8080/api    always the canary
Ports may come from the environment too: SPILLWAY_PORT, SPILLWAY_ADMIN_PORT.
Ctrl-C ends everything that it started.`,
    )
    .action(action)
}
