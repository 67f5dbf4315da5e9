import { randomBytes } from '../../lib/crypto.ts'
import type { AddressTrouble } from '../addresses.ts'
import type { EdgeConfig } from '../config.ts'
import type { EdgeLog } from '../log.ts'
import { readContent } from '../source/file/content.ts'
import { type Watch, type WatchTimes, watchPath } from '../source/file/watch.ts'
import { processKey, type StickyKeys } from './sticky.ts'

/** The keys of sticky cookies, by file; files are watched, so that keys are rotated by an edit. */
export type Keyring = {
  /** Reads the files that `config` names and that are not known yet. What is wrong with them; none: all keys are there. */
  prepare(config: EdgeConfig): Promise<readonly AddressTrouble[]>
  /** `config` is the one in use: its files are watched, others forgotten. */
  settle(config: EdgeConfig | undefined): void
  present(): StickyKeys
  close(): void
}

/** Shorter ones are guessed; `openssl rand -base64 32` makes 44 characters. */
const shortestKey = 32
const mostKeys = 16
const watchTimes: WatchTimes = { settleMs: 20, settleMaxMs: 200, pollMs: 5_000 }

/** `onRotated` is called when the keys of a file in use have changed. */
export function openKeyring(options: { readonly log: EdgeLog; onRotated(): void }): Keyring {
  const { log, onRotated } = options
  const keys = new Map<string, readonly string[]>()
  const watches = new Map<string, Watch>()
  let warned = false

  async function follow(file: string, watch: Watch): Promise<void> {
    for (let first = true; watches.get(file) === watch; first = false) {
      // What was written between `prepare` and the watch is seen by the first look.
      if (!first) await watch.changed()
      if (watches.get(file) !== watch) return
      const read = await readKeys(file)
      if (watches.get(file) !== watch) return
      if (read.kind === 'trouble') log.error(`the keys in use stay: ${read.message}`, { file })
      else if (read.keys.join('\n') !== keys.get(file)?.join('\n')) {
        keys.set(file, read.keys)
        log.info('the keys of sticky cookies were rotated', { file, keys: read.keys.length })
        onRotated()
      }
    }
  }

  function forget(file: string): void {
    const watch = watches.get(file)
    watches.delete(file)
    watch?.close()
    keys.delete(file)
  }

  function processOnly(): void {
    if (!keys.has(processKey)) keys.set(processKey, [randomBytes(32).toString('base64')])
    if (!warned)
      log.warn(
        'sticky cookies are signed with a key of this process: after a restart, and at other processes, clients are new. Set keyFile to keep them',
      )
    warned = true
  }

  return {
    async prepare(config) {
      const trouble: AddressTrouble[] = []
      for (const { file, field } of filesOf(config)) {
        if (file === processKey) processOnly()
        else if (!keys.has(file)) {
          const read = await readKeys(file)
          if (read.kind === 'keys') keys.set(file, read.keys)
          else
            trouble.push({ field, message: read.message, fix: 'write at least one line of 32 characters into it, as from `openssl rand -base64 32`' })
        }
      }
      return trouble
    },
    settle(config) {
      const used = new Set(config === undefined ? [] : filesOf(config).map(({ file }) => file))
      for (const file of [...keys.keys()]) if (!used.has(file) && file !== processKey) forget(file)
      for (const file of used) {
        if (file === processKey || watches.has(file)) continue
        const watch = watchPath(file, watchTimes)
        watches.set(file, watch)
        void follow(file, watch)
      }
    },
    present: () => Object.fromEntries(keys),
    close() {
      for (const file of [...watches.keys()]) forget(file)
    },
  }
}

function filesOf(config: EdgeConfig): { readonly file: string; readonly field: string }[] {
  return config.routing.splits.flatMap(({ name, stickiness }) =>
    stickiness?.kind === 'cookie' ? [{ file: stickiness.keyFile ?? processKey, field: `splits.${name}.stickiness.keyFile` }] : [],
  )
}

type ReadKeys = { readonly kind: 'keys'; readonly keys: readonly string[] } | { readonly kind: 'trouble'; readonly message: string }

/** Never shows what the file holds. */
async function readKeys(file: string): Promise<ReadKeys> {
  const content = await readContent(file)
  if (content.kind === 'unreadable') return { kind: 'trouble', message: `${file} cannot be read (${content.reason})` }
  const lines = new TextDecoder().decode(content.bytes).split('\n')
  const keys = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length === 0) return { kind: 'trouble', message: `${file} holds no key` }
  if (keys.length > mostKeys) return { kind: 'trouble', message: `${file} holds ${keys.length} keys, more than ${mostKeys}` }
  const short = keys.findIndex((key) => key.length < shortestKey)
  if (short >= 0) return { kind: 'trouble', message: `${file} holds a key of less than ${shortestKey} characters, the ${short + 1}. of them` }
  return { kind: 'keys', keys }
}
