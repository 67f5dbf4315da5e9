import { dirname, resolve } from 'node:path'
import { fieldText } from '../../../core/routing/names.ts'
import type { EdgeConfig } from '../../config.ts'
import { loadCertificate } from '../../tls/certificateFiles.ts'
import { mentionsIn } from '../../tls/material.ts'
import type { Problem, Source, TableEvent } from '../source.ts'
import { type Content, readContent, sameContent } from './content.ts'
import { type Fault, readEdge } from './read.ts'
import { type WatchTimes, watchPath } from './watch.ts'

export type FileSource = Omit<Source, 'events'> & {
  events(signal: AbortSignal): AsyncIterable<TableEvent>
  /** Reads the file again now and applies it even if it is as before: what was changed by other means since, is undone. */
  reload(): void
}

const watchTimes: WatchTimes = { settleMs: 20, settleMaxMs: 200, pollMs: 5_000 }

/** The file at `path`, watched. An edit that leaves the bytes as they were is no event. */
export function fileSource(path: string, times: WatchTimes = watchTimes): FileSource {
  const reloads = new Set<() => void>()
  return {
    description: path,
    reload() {
      for (const reload of reloads) reload()
    },
    async *events(signal) {
      if (signal.aborted) return
      const watch = watchPath(resolve(path), times)
      let forced = false
      const reload = (): void => {
        forced = true
        watch.poke()
      }
      // Not in `finally` alone: a consumer that stopped asking leaves the generator suspended for ever.
      const stop = (): void => {
        reloads.delete(reload)
        watch.close()
      }
      signal.addEventListener('abort', stop, { once: true })
      reloads.add(reload)
      try {
        let present: Content | undefined
        while (!signal.aborted) {
          const always = forced
          forced = false
          const content = await readContent(path)
          if (signal.aborted) return
          if (always || !sameContent(present, content)) yield eventOf(path, content)
          present = content
          await watch.changed()
        }
      } finally {
        signal.removeEventListener('abort', stop)
        stop()
      }
    },
  }
}

/** Everything that is wrong with the file at `path`; empty: an edge would take it. */
export async function checkFile(path: string): Promise<readonly Problem[]> {
  const event = eventOf(path, await readContent(path))
  return event.kind === 'config' ? certificateProblems(path, event.config) : event.problems
}

/** The edge itself finds these when it applies a configuration; whoever checks a file has nothing else to ask. */
async function certificateProblems(where: string, config: EdgeConfig): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const { field, files } of mentionsIn(config)) {
    const outcome = await loadCertificate(files)
    if (outcome.kind === 'fault')
      problems.push({ where, field: `${field}.${outcome.part}`, message: `${outcome.file} ${outcome.message}`, fix: outcome.fix })
  }
  return problems
}

function eventOf(path: string, content: Content): TableEvent {
  if (content.kind === 'unreadable') return { kind: 'refused', problems: [unreadable(path, content.reason)] }
  const read = readEdge(content.bytes, dirname(resolve(path)))
  if (read.kind === 'config') return read
  return { kind: 'refused', problems: read.faults.map((fault) => problemOf(path, fault)) }
}

function problemOf(where: string, { line, column, path, message, fix }: Fault): Problem {
  return { where, line, column, field: fieldText(path), message, fix }
}

function unreadable(where: string, reason: string): Problem {
  const told = { where, field: '' }
  switch (reason) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { ...told, message: `there is no such file (${reason})`, fix: 'create it, or name another one' }
    case 'EACCES':
    case 'EPERM':
      return { ...told, message: `this user may not read it (${reason})`, fix: 'make it readable, as with chmod a+r' }
    default:
      return { ...told, message: `it cannot be read: ${reason}`, fix: 'name a file that can be read' }
  }
}
