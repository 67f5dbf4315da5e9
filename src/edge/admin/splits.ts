import type { IncomingMessage } from 'node:http'
import type { Ledger } from '../blocks.ts'
import type { Crew } from '../crew.ts'
import type { Lane } from '../lane.ts'
import type { EdgeLog } from '../log.ts'
import type { EdgeState, SplitStatus, WeightsOutcome } from '../state.ts'
import { type AdminAnswer, json, problem } from './answer.ts'
import { readJson } from './body.ts'
import { type SplitView, viewSplit } from './splitView.ts'

/** `/v1/splits`: what is set and what happens; weights can be set. */
export type Splits = {
  list(): AdminAnswer
  show(name: string): AdminAnswer
  patch(name: string, request: IncomingMessage): Promise<AdminAnswer>
}

const example = '{"weights": {"stable": 80, "canary": 20}}'

export function openSplits(options: {
  readonly state: EdgeState
  readonly crew: Pick<Crew, 'status'>
  readonly ledger: Pick<Ledger, 'sum'>
  readonly lane: Lane
  readonly log: EdgeLog
}): Splits {
  const { state, crew, ledger, lane, log } = options

  function view(status: SplitStatus): SplitView {
    const cellsOf = (backend: string): Float64Array => ledger.sum(status.split.name, backend)
    return viewSplit({ status, version: state.status().version, workers: crew.status(), cellsOf })
  }

  function show(name: string): AdminAnswer {
    const status = state.status().splits.get(name)
    return status === undefined ? unknownSplit(name, [...state.status().splits.keys()]) : json(200, view(status), { ETag: status.etag })
  }

  function answerTo(outcome: WeightsOutcome, name: string): AdminAnswer {
    switch (outcome.kind) {
      case 'applied':
        return show(name)
      case 'unknown':
        return unknownSplit(name, outcome.known)
      case 'stale':
        return problem(
          412,
          {
            detail: `The split is now at ${outcome.etag}.`,
            fix: `GET /v1/splits/${encodeURIComponent(name)}, decide anew, and send that ETag as If-Match.`,
          },
          { ETag: outcome.etag },
        )
      case 'mistaken': {
        const mistakes = outcome.mistakes.map((mistake) => ({ ...mistake, path: mistake.path.join('.') }))
        return problem(400, {
          detail: mistakes.map((it) => `${it.path}: ${it.message}`).join('; '),
          fix: mistakes.map((it) => it.fix).join('; '),
          mistakes,
        })
      }
      case 'refused':
        return problem(503, {
          detail: `The workers did not take it: ${outcome.message}.`,
          fix: 'The weights are as before; look into the log, then try again.',
        })
    }
  }

  return {
    list: () => json(200, { version: state.status().version, splits: [...state.status().splits.values()].map(view) }),
    show,
    async patch(name, request) {
      if (state.status().config?.trafficSplits !== undefined) return unread(followsCluster(), request)
      const present = state.status().splits.get(name)
      if (present === undefined) return unread(unknownSplit(name, [...state.status().splits.keys()]), request)
      const matches = parseIfMatch(request.headers['if-match'])
      if (matches === 'absent' || matches === 'malformed') return unread(needsPrecondition(name, matches), request)
      const body = await readJson(request)
      if (body.kind === 'refused') return body.answer
      const weights = parseWeights(body.value)
      if ('status' in weights) return weights
      return lane(async () => {
        if (state.status().draining) return problem(503, { detail: 'The edge is shutting down.', fix: 'Send it to the instance that takes over.' })
        const outcome = await state.setWeights(name, weights.weights, matches)
        if (outcome.kind === 'applied') log.info('weights were set by admin', { split: name, ...prefixed(weights.weights) })
        return answerTo(outcome, name)
      })
    },
  }
}

/** A body that is not read would be taken for the next request on the connection. */
function unread(answer: AdminAnswer, request: IncomingMessage): AdminAnswer {
  return request.complete ? answer : { ...answer, headers: { ...answer.headers, Connection: 'close' } }
}

function followsCluster(): AdminAnswer {
  const fix = 'Promote, abort or pause the Rollout, or change its steps.'
  return problem(403, { detail: 'The weights of this edge are those of TrafficSplits, and cannot be set here.', fix })
}

function unknownSplit(name: string, known: readonly string[]): AdminAnswer {
  const names = known.length === 0 ? 'there are none' : `there are ${known.slice(0, 50).join(', ')}${known.length > 50 ? ' …' : ''}`
  return problem(404, { detail: `No split is named ${JSON.stringify(name)}.`, fix: `Name one that is configured: ${names}.` })
}

function needsPrecondition(name: string, found: 'absent' | 'malformed'): AdminAnswer {
  const fix = `GET /v1/splits/${encodeURIComponent(name)} and send its ETag as If-Match, so that nobody's change is overwritten unseen.`
  if (found === 'absent') return problem(428, { detail: 'If-Match is needed.', fix })
  return problem(400, { detail: 'If-Match is not a list of ETags.', fix: `${fix} The quotes belong to it.` })
}

/** Strong comparison (RFC 9110 §13.1.1): a weak tag never matches. */
export function parseIfMatch(header: string | undefined): ((etag: string) => boolean) | 'absent' | 'malformed' {
  if (header === undefined) return 'absent'
  if (header.trim() === '*') return () => true
  const tags = header.split(',').map((tag) => tag.trim())
  if (!tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag))) return 'malformed'
  return (etag) => tags.includes(etag)
}

function parseWeights(value: unknown): { readonly weights: Readonly<Record<string, number>> } | AdminAnswer {
  if (!isObject(value)) return problem(400, { detail: 'The body is not an object.', fix: `Send ${example}.` })
  const extra = Object.keys(value).filter((key) => key !== 'weights')
  if (extra.length > 0) {
    const names = extra.map((key) => JSON.stringify(key)).join(', ')
    return problem(400, {
      detail: `The body has ${names}; only weights can be changed here.`,
      fix: `Send ${example}; edit the file for everything else.`,
    })
  }
  if (!isObject(value['weights'])) return problem(400, { detail: 'weights is not an object of numbers.', fix: `Send ${example}.` })
  const wrong = Object.entries(value['weights']).find(([, weight]) => typeof weight !== 'number')
  if (wrong === undefined) return { weights: value['weights'] as Record<string, number> }
  const [name, weight] = wrong
  return problem(400, {
    detail: `weights.${name}: ${JSON.stringify(weight)} is not a number.`,
    fix: 'Write an integer from 0 to 1000000, without quotes.',
  })
}

/** As fields of a log line: `weight.stable` and so on. */
function prefixed(weights: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(weights).map(([backend, weight]) => [`weight.${backend}`, weight]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
