import type { Command } from 'commander'
import { parseDuration } from '../../api/duration.ts'
import type { Rollout } from '../../api/rollout.ts'
import { openInformers } from '../../kube/informers.ts'
import { openEnding } from '../cluster/ending.ts'
import { rollouts } from '../cluster/resources.ts'
import { Misuse } from '../misuse.ts'
import { formatOf, formatted } from '../output/format.ts'
import type { Opened } from '../session.ts'
import type { Flags } from '../verb.ts'
import { phaseOf, type ReadPhase } from '../views/phase.ts'
import { nextText } from '../views/steps.ts'
import { printable } from '../views/text.ts'
import { eachNamed, onCluster, type VerbContext } from './context.ts'

export function statusCommand(command: Command, context: VerbContext): Command {
  return command
    .argument('<rollout>', 'the name of a rollout')
    .description('wait until a release has ended well or badly, and say how it goes meanwhile')
    .option('-w, --watch', 'wait until it is Healthy or Degraded (default)')
    .option('--no-watch', 'only say how it is now; also --watch=false')
    .option('-t, --timeout <time>', 'wait so long at most, such as 10m (default: for ever)')
    .option('-o, --output <format>', "say it once, as json, yaml, name or jsonpath='{…}'")
    .addHelpText(
      'after',
      `
Exit codes: 0 healthy; 1 degraded, or not settled in time. Without waiting, paused and progressing are 0 too.

Examples:
  ${context.program} status shop
  ${context.program} status shop --timeout 10m
  ${context.program} status shop --watch=false`,
    )
    .action((name: string, flags: Flags) => {
      const format = formatOf(flags['output'])
      const timeoutMs = timeoutFrom(flags['timeout'])
      return context.settle(
        onCluster(context, command, async (session) => {
          let code = 0
          const failed = await eachNamed(session, rollouts, [name], async (name) => {
            const { client, namespace, surroundings } = session
            const rollout = await client.get<Rollout>(rollouts, { namespace, name })
            if (format.kind !== 'view') surroundings.stdout.write(await formatted(rollout, format))
            else if (flags['watch'] === false) code = tellOnce(session, rollout)
            else code = await waitFor(session, rollout, timeoutMs)
          })
          return failed || code
        }),
      )
    })
}

function timeoutFrom(flag: Flags[string]): number {
  if (flag === undefined) return 0
  const parsed = parseDuration(String(flag))
  if (!parsed.ok || parsed.ms < 0) throw new Misuse(`--timeout ${JSON.stringify(flag)}: give a time such as 30s or 10m`)
  return parsed.ms
}

function lineOf({ phase, message }: ReadPhase): string {
  return message === '' ? phase : `${phase} - ${printable(message)}`
}

function tellOnce({ say, note }: Opened, rollout: Rollout): number {
  const read = phaseOf(rollout)
  say(lineOf(read))
  if (read.phase !== 'Degraded') return 0
  note(`the rollout is in a degraded state with message: ${printable(read.message)}`)
  return 1
}

/** A line for each change, until it is settled. */
async function waitFor(session: Opened, first: Rollout, timeoutMs: number): Promise<number> {
  const { client, namespace, say, note, program, surroundings } = session
  const { name } = first.metadata
  const ending = openEnding(timeoutMs)
  const done = new AbortController()
  let newest: Rollout | undefined = first
  let said = ''
  const tell = (rollout: Rollout): void => {
    newest = rollout
    const read = phaseOf(rollout)
    const line = lineOf(read)
    if (line !== said) say(line)
    said = line
    if (read.phase === 'Healthy' || read.phase === 'Degraded') done.abort()
  }
  const informers = openInformers({ client, onFailure: (_, error, failures) => failures === 3 && note(printable(error.message)) })
  const { store } = informers.of<Rollout>({ resource: rollouts, namespace, fieldSelector: `metadata.name=${name}` })
  const end = store.subscribe((change) => {
    if (change.object.metadata.name !== name || done.signal.aborted) return
    if (change.kind === 'deleted') {
      newest = undefined
      done.abort()
    } else tell(change.object)
  })
  try {
    tell(first)
    if (!done.signal.aborted) await informers.run(AbortSignal.any([ending.signal, done.signal]))
  } finally {
    end()
    ending.release()
  }
  if (newest === undefined) {
    note(`rollout ${JSON.stringify(name)} was deleted`)
    return 1
  }
  const { phase, message } = phaseOf(newest)
  if (phase === 'Healthy') return 0
  if (phase === 'Degraded') {
    note(`the rollout is in a degraded state with message: ${printable(message)}`)
    return 1
  }
  if (ending.isOver()) {
    const next = nextText(newest, surroundings.now(), program)
    note(
      `rollout ${JSON.stringify(name)} is not settled in time: ${lineOf({ phase, message })}${next === undefined ? '' : `; next: ${printable(next)}`}`,
    )
  }
  return ending.exitCode(1)
}
