/** A timeline: what happened in a cluster and how it stood then, as a table that people read and tests compare. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import type { RolloutStatus } from '../../src/api/rollout.ts'
import { decide } from '../../src/core/rollout/decide.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import type { Watcher } from './cluster/loop.ts'
import type { User } from './cluster/users.ts'
import { openWorld, type World, type WorldOptions } from './cluster/world.ts'
import { watchInvariants } from './invariants.ts'
import { eventRows } from './told.ts'
import { type Columns, clockText, columnsOf, type Words, wordsFor } from './words.ts'

export type Story = Omit<WorldOptions, 'decide' | 'watcher'> & {
  readonly title: string
  /** What the reader should know before. */
  readonly about: string
}

export type Stage = Omit<World, 'runFor'> & {
  runFor(ms: number): void
  /** A row of its own, for what someone else does. */
  says(text: string): void
  /** What was before is left out, and time starts here. */
  begins(): void
}

type Row = { readonly at: number; readonly text: string; readonly columns: Columns }

/** The file beside it, `golden/<title>.txt`, is the judge; UPDATE_TIMELINES=1 writes it anew. */
export function timeline(story: Story, play: (stage: Stage) => void): void {
  t.test(story.title, async (t) => {
    const { text, broken } = tell(story, play)
    t.strictSame(broken, [], 'every invariant holds at every instant')
    const path = new URL(`golden/${story.title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.txt`, import.meta.url)
    if (process.env['UPDATE_TIMELINES'] === '1') {
      mkdirSync(new URL('.', path), { recursive: true })
      writeFileSync(path, text)
    }
    const golden = existsSync(path) ? readFileSync(path, 'utf8') : ''
    t.equal(text, golden, `as ${path.pathname.replace(/^.*test\/timelines\//, '')} tells it`)
  })
}

export function tell(story: Story, play: (stage: Stage) => void): { readonly text: string; readonly broken: readonly string[] } {
  const rows: Row[] = []
  let start: number | undefined
  const invariants = watchInvariants(() => world)
  const says = (text: string): void => void rows.push({ at: world.clock.now() - (start ?? world.start), text, columns: columnsOf(world, words) })
  const recorder: Watcher = {
    onAction: (action, failure) => says(failure ? `${words.action(action)}: refused, ${failure.reason}` : words.action(action)),
    onStatus(was, status, executed) {
      for (const text of statusRows(was.status ?? {}, status)) says(words.plain(text))
      for (const text of eventRows(was, status, executed)) says(words.plain(text))
    },
  }
  const world = openWorld({
    ...story,
    watcher: both(invariants.watcher, recorder),
    decide: (rollout, observed, now) => decide(rollout, observed, now, compileRegex),
  })
  const words: Words = wordsFor(world.store, () => start ?? world.start)
  const ended = (): void => {
    says('')
    invariants.atInstantsEnd()
  }
  const begins = (): void => {
    rows.length = 0
    start = world.clock.now()
    says(' ')
  }
  play({ ...world, user: spoken(world.user, says), runFor: (ms) => world.runFor(ms, ended), says, begins })
  return { text: render(story, rows), broken: invariants.broken }
}

function both(a: Watcher, b: Watcher): Watcher {
  return {
    onPass: (pass) => a.onPass?.(pass),
    onAction(action, failure) {
      a.onAction?.(action, failure)
      b.onAction?.(action, failure)
    },
    onStatus(was, status, executed) {
      b.onStatus?.(was, status, executed)
      a.onStatus?.(was, status, executed)
    },
  }
}

const verbs: { readonly [K in keyof User]: string } = {
  setImage: 'sets the image to',
  promote: 'promotes',
  promoteFull: 'promotes --full',
  abort: 'aborts',
  retry: 'retries',
  pause: 'pauses the Rollout (spec.paused)',
  resume: 'resumes (spec.paused: false)',
  scale: 'scales to',
  restart: 'restarts the pods',
  undo: 'undoes',
  edit: 'edits the spec',
  delete: 'deletes the Rollout',
}

/** Each deed of the user is a row. */
function spoken(user: User, says: (text: string) => void): User {
  const entries = Object.entries(user).map(([name, deed]) => [
    name,
    (...values: readonly unknown[]) => {
      const shown = values.filter((value) => typeof value !== 'function').join(' ')
      ;(deed as (...values: readonly unknown[]) => void)(...values)
      says(`user ${verbs[name as keyof User]} ${shown}`.trim())
    },
  ])
  return Object.fromEntries(entries) as User
}

function statusRows(was: RolloutStatus, status: RolloutStatus): readonly string[] {
  const before = new Map((was.conditions ?? []).map((condition) => [condition.type, condition]))
  const turned = (status.conditions ?? []).filter(
    ({ type, status, reason }) => before.get(type)?.status !== status || before.get(type)?.reason !== reason,
  )
  const conditions = turned.map(({ type, status, reason }) =>
    reason === undefined || reason === type ? `${type} ${status}` : `${type} ${status} (${reason})`,
  )
  return [
    ...(conditions.length > 0 ? [`conditions: ${conditions.join(', ')}`] : []),
    ...((was.message ?? '') !== (status.message ?? '') ? [status.message ? `message: ${status.message}` : 'no message'] : []),
  ]
}

const headings: { readonly [K in keyof Columns]: string } = {
  phase: 'phase',
  step: 'step',
  pods: 'ready/wanted',
  wanted: 'the split',
  served: 'edges there',
}

function render({ title, about }: Story, rows: readonly Row[]): string {
  const keys = Object.keys(headings) as (keyof Columns)[]
  const used = keys.filter((key) => rows.some(({ columns }) => columns[key] !== ''))
  const lines: string[][] = [['time', ...used.map((key) => headings[key]), 'what happens']]
  let shown: Partial<Columns> = {}
  let shownAt: number | undefined
  for (const { at, text, columns } of rows) {
    const changed = used.filter((key) => (shown[key] ?? '') !== columns[key])
    if (text === '' && changed.length === 0) continue
    const cells = used.map((key) => (changed.includes(key) ? columns[key] || '–' : ''))
    lines.push([at === shownAt ? '' : clockText(at), ...cells, text.trim()])
    shown = columns
    shownAt = at
  }
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const table = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join(' │ ')
      .trimEnd(),
  )
  const rule = widths.map((width, column) => '─'.repeat(column === widths.length - 1 ? 12 : width)).join('─┼─')
  return `${title}\n\n${about.trim()}\n\n${[table[0], rule, ...table.slice(1)].join('\n')}\n`
}
