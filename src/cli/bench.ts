import type { Command } from 'commander'
import type { Flags } from './verb.ts'

export function benchCommand(command: Command, name: string, action: (flags: Flags) => Promise<void>): Command {
  return command
    .description('compare the versions of a split: load each through the edge, and say what differs, and how surely')
    .option('--split <name>', 'the split whose versions are compared')
    .option('--rate <number>', 'requests a second, of all versions together (default: 100)')
    .option('--duration <time>', 'how long to measure, such as 30s or 5m (default: 10s)')
    .option('--path <path>', 'what is asked for (default: /)')
    .option('--header <field>', "'Name: value', sent with every request; 'VERSION=Name: value': with those to one version", repeated)
    .option('--by-header <name>', 'a response header that names the version, for versions that no route leads to')
    .option('--url <url>', 'where the edge listens (default: http://127.0.0.1:8080)')
    .option('--admin <url>', "the edge's admin address (default: http://127.0.0.1:9901)")
    .option('--admin-token-file <file>', 'a file with the token of the admin API')
    .option('--concurrency <number>', 'connections at most (default: 256)')
    .option('--timeout <time>', 'how long an answer may take from when its request was due (default: 10s)')
    .option('--warmup <time>', 'load before that, which is not measured (default: 1s)')
    .option('--poisson', 'let requests come at random times, as from many users, instead of evenly')
    .option('--allow-remote', 'load an edge that is not on this machine')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  ${name} bench --split shop
  ${name} bench --split shop --rate 500 --duration 1m --path /cart
  ${name} bench --split shop --header 'Host: shop.example' --header 'canary=X-Canary: true'
  ${name} bench --split shop --by-header X-Version
  ${name} bench --split shop --json | jq .verdict

Each version is reached by a route of the split (the admin API tells which), by the --header given
for it, or by weight. Requests to all versions are interleaved, and are sent when they are due,
whatever became of the earlier ones; latency counts from then, so that no stall is left out.
Success is an answer of 2xx or 3xx in time. Ctrl-C prints what was measured so far.

Exit codes: 0 measured, 1 nothing could be reached, 2 wrong usage.`,
    )
    .action(action)
}

function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
