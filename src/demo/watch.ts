/** Joins what the admin API says with what the load saw, into the snapshot that the view shows. */
import { basename } from 'node:path'
import { readErrorRate, readSplit, type SplitState } from './admin.ts'
import type { Records } from './records.ts'
import type { RunningVersion } from './versions.ts'
import type { Snapshot } from './view.ts'

export type Notice = { readonly kind: 'info' | 'problem'; readonly text: string }

export type Scene = {
  readonly edgeUrl: string
  readonly adminUrl: string
  readonly split: string
  readonly configFile: string
  readonly canary: string
  /** By name; a version that is started again takes the place of its forerunner. */
  readonly versions: Map<string, RunningVersion>
}

export type Watch = {
  /** Asks the edge and the canary how things stand; what does not answer becomes a problem on the screen. */
  poll(): Promise<void>
  snapshot(now: number): Snapshot
  tell(kind: Notice['kind'], text: string): void
  state(): SplitState | undefined
  isCanaryFailing(): boolean
}

/** Figures look back so far, but never beyond the last change of weights: a mean over both sides of it would be true of neither. */
const windowMs = 10_000
const historySeconds = 60
const noticeMs = { info: 5_000, problem: 15_000 } as const

/** `startedAt`: of the load, on the clock of `performance.now()`. */
export function newWatch(scene: Scene, records: Records, startedAt: number): Watch {
  let state: SplitState | undefined
  let states: readonly { readonly at: number; readonly state: SplitState }[] = []
  let since = startedAt
  let errorRate = 0
  let silence: string | undefined
  let told: (Notice & { readonly at: number }) | undefined

  const notice = (now: number): Notice | undefined => {
    if (told !== undefined && now - told.at < noticeMs[told.kind]) return { kind: told.kind, text: told.text }
    for (const version of scene.versions.values()) {
      const end = version.ended()
      if (end === undefined) continue
      const remedy = version.name === scene.canary ? '; f starts it again' : ''
      return { kind: 'problem', text: `${version.name} (process ${version.pid}) ${end}: its share fails${remedy}` }
    }
    return silence === undefined ? undefined : { kind: 'problem', text: silence }
  }

  return {
    poll: async () => {
      try {
        const next = await readSplit(scene.adminUrl, scene.split)
        if (state !== undefined && weightsOf(state) !== weightsOf(next)) since = performance.now()
        // A refused edit is history as soon as another one has been taken.
        if (state !== undefined && state.etag !== next.etag && told?.kind === 'problem') told = undefined
        state = next
        const at = performance.now()
        states = [...states.filter((known) => known.at >= at - windowMs), { at, state }]
        silence = undefined
      } catch (error) {
        silence = `the admin API does not answer: ${reasonOf(error)}`
      }
      const canary = scene.versions.get(scene.canary)
      if (canary === undefined || canary.ended() !== undefined) return
      errorRate = await readErrorRate(canary.url).catch((error: unknown) => {
        silence ??= `${canary.name} does not answer on its own port: ${reasonOf(error)}`
        return errorRate
      })
    },
    snapshot: (now) => {
      const from = Math.max(since, now - windowMs)
      const seen = states.filter((known) => known.at >= from).map((known) => known.state)
      const { sent, failed } = records.totals()
      const said = notice(now)
      // Whole seconds since the start: with a sliding grid every frame would draw the past anew.
      const lastWholeSecond = startedAt + Math.floor((now - startedAt) / 1000) * 1000
      return {
        edgeUrl: scene.edgeUrl,
        adminUrl: scene.adminUrl,
        split: scene.split,
        configFile: scene.configFile,
        totalWeight: state?.totalWeight ?? 0,
        etag: state?.etag,
        canary: scene.canary,
        isCanaryFailing: errorRate > 0,
        versions: (state?.backends ?? []).map(({ name, weight, actualShare }) => {
          const url = scene.versions.get(name)?.url
          return {
            name,
            weight,
            actualShare,
            figures: { ...records.figures(name, from, now), successRate: successRateOf(name, seen) },
            history: records.history(name, historySeconds, lastWholeSecond),
            ...(url === undefined ? {} : { url }),
          }
        }),
        windowSeconds: Math.round((now - from) / 1000),
        elapsedSeconds: Math.floor((now - startedAt) / 1000),
        sent,
        failed,
        unanswered: records.figures('', from, now),
        ...(said === undefined ? {} : { notice: said }),
      }
    },
    tell: (kind, text) => {
      told = { kind, text, at: performance.now() }
    },
    state: () => state,
    isCanaryFailing: () => errorRate > 0,
  }
}

/** By the edge's count between the first and the last of `states`: unlike the load it knows for whom a 502 of its own stands. */
export function successRateOf(name: string, states: readonly SplitState[]): number | undefined {
  const [first, last] = [states[0], states.at(-1)].map((state) => state?.backends.find((backend) => backend.name === name))
  if (first === undefined || last === undefined) return undefined
  const requests = last.requests - first.requests
  return requests > 0 ? 1 - (last.failed - first.failed) / requests : undefined
}

function weightsOf(state: SplitState): string {
  return state.backends.map(({ name, weight }) => `${name}=${weight}`).join()
}

/** What a line of the edge's log says, JSON or not; paths shortened to the name of the file. */
export function messageIn(line: string, configFile: string): string {
  let text = line
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null && 'msg' in parsed && typeof parsed.msg === 'string') text = parsed.msg
  } catch {
    // A line for a person: taken as it is.
    text = line
  }
  return text.replaceAll(configFile, basename(configFile))
}

/** The innermost cause says most: `connect ECONNREFUSED 127.0.0.1:9901`, not `GET http://…`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}
