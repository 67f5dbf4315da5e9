/** A release being played: looks at the cluster, lets the story go on, carries out keys, and says what there is to show. */
import type { KubeClient } from '../kube/client.ts'
import { explain } from '../lib/explain.ts'
import { look, type Seen } from './cluster.ts'
import type { Records } from './records.ts'
import { type Shown, shownOf } from './shown.ts'
import { type Chapter, keys, tell } from './story.ts'

export type Verb = (args: readonly string[]) => Promise<string>

export type Playing = {
  /** Looks, and does what is due; what does not work becomes a notice. */
  turn(signal: AbortSignal): Promise<void>
  shown(): Shown
  /** One after the other; false for a key that means nothing. */
  press(key: string): boolean
  readonly url: string | undefined
}

export type PlayingOptions = {
  readonly client: KubeClient
  readonly records: Records
  readonly isBad: boolean
  /** A verb of the command line; resolves to what it said. */
  readonly verb: Verb
}

const noticeMs = { info: 6_000, problem: 15_000 } as const
const nothing: Seen = { rollout: undefined, split: undefined, pods: [], url: undefined }

export function openPlaying({ client, records, isBad, verb }: PlayingOptions): Playing {
  const startedAt = performance.now()
  let seen = nothing
  let chapter: Chapter = { kind: 'opening' }
  let stage = ''
  let stageSince = startedAt
  let weights = ''
  let weightsSince = startedAt
  let notice: { readonly kind: 'info' | 'problem'; readonly text: string; readonly at: number } | undefined
  let wishes: Promise<void> = Promise.resolve()

  function say(kind: 'info' | 'problem', text: string): void {
    notice = { kind, text, at: performance.now() }
  }

  function wish(args: readonly string[], because?: string): void {
    wishes = wishes
      .then(() => verb(args))
      .then(
        (said) => say('info', because ?? said.trim()),
        (error: unknown) => say('problem', explain(error)),
      )
  }

  /** Since when it has been in this phase and step, and the weights what they are. */
  function compare({ rollout, split }: Seen): void {
    const now = performance.now()
    const { phase, currentStepIndex, currentPodHash } = rollout?.status ?? {}
    const present = `${phase} ${currentStepIndex} ${currentPodHash}`
    if (present !== stage) [stage, stageSince] = [present, now]
    const asked = JSON.stringify(split?.spec.services.map((service) => service.weights))
    if (asked !== weights) [weights, weightsSince] = [asked, now]
  }

  return {
    async turn(signal) {
      try {
        seen = await look(client, signal)
      } catch (error) {
        if (!signal.aborted) say('problem', `the cluster does not answer: ${explain(error)}`)
        return
      }
      compare(seen)
      const told = tell(chapter, seen.rollout, { sinceMs: performance.now() - stageSince, isBad })
      chapter = told.chapter
      if (told.move !== undefined) wish(told.move.args, told.move.because)
    },
    shown() {
      const now = performance.now()
      const said = notice !== undefined && now - notice.at < noticeMs[notice.kind] ? notice : undefined
      return shownOf(seen, { records, startedAt, now, weightsSince, wallMs: Date.now() }, said)
    },
    press(key) {
      const args = keys[key.toLowerCase()]
      if (args !== undefined) wish(args)
      return args !== undefined
    },
    get url() {
      return seen.url
    },
  }
}
