import { requestSeeds, responseSeeds } from './corpus.ts'
import { makeRequest, makeResponse } from './grammar.ts'
import { mutate } from './mutate.ts'
import { type Random, randomFor } from './random.ts'
import { judgeRequests, type Verdict } from './requests.ts'
import { judgeResponses } from './responses.ts'
import { shrink } from './shrink.ts'

export type Finding = { readonly input: number; readonly kind: 'request' | 'response'; readonly bytes: string; readonly problem: string }

export type Report = {
  readonly seed: number
  inputs: number
  /** Inputs that were a client's; the others were an upstream's. */
  requests: number
  /** Inputs of which at least one message was accepted. */
  acceptedInputs: number
  acceptedMessages: number
  bytes: number
  seconds: number
  readonly findings: Finding[]
}

export type Campaign = {
  readonly seed: number
  readonly inputs: number
  /** The number of the first input. */
  readonly from?: number
  /** No input starts after that many milliseconds. */
  readonly withinMs?: number
  readonly onProgress?: (report: Report) => void
}

const findingsMaximum = 20
const progressEvery = 20_000

/** Judges inputs until they are done, the time is over, or too many differ to go on. */
export function fuzz({ seed, inputs, from = 0, withinMs = Number.POSITIVE_INFINITY, onProgress }: Campaign): Report {
  const startedAt = performance.now()
  const report: Report = { seed, inputs: 0, requests: 0, acceptedInputs: 0, acceptedMessages: 0, bytes: 0, seconds: 0, findings: [] }
  for (let input = from; input < from + inputs && report.findings.length < findingsMaximum; input++) {
    judgeInput(seed, input, report)
    if (report.inputs % progressEvery === 0) onProgress?.(report)
    if (report.inputs % 64 === 0 && performance.now() - startedAt > withinMs) break
  }
  report.seconds = (performance.now() - startedAt) / 1000
  return report
}

function judgeInput(seed: number, input: number, report: Report): void {
  const random = randomFor(seed, input)
  const kind = random.oneIn(5) ? 'response' : 'request'
  const text = kind === 'request' ? requestInput(random) : responseInput(random)
  // Its own draws: the verdict on the same bytes must not hang on how they were made.
  const verdict = judge(kind, text, randomFor(seed, ~input))
  report.inputs++
  if (kind === 'request') report.requests++
  report.bytes += text.length
  report.acceptedMessages += verdict.accepted
  if (verdict.accepted > 0) report.acceptedInputs++
  const [problem] = verdict.problems
  if (problem === undefined) return
  const family = problem.replace(/[0-9"{].*$/s, '')
  if (report.findings.some((finding) => finding.problem.startsWith(family))) return
  const bytes = shrink(text, (shorter) => judge(kind, shorter, randomFor(seed, ~input)).problems.some((other) => other.startsWith(family)))
  const shrunk = judge(kind, bytes, randomFor(seed, ~input)).problems.find((other) => other.startsWith(family))
  report.findings.push({ input, kind, bytes, problem: shrunk ?? problem })
}

/** What is wrong with our reading of `text`, given as latin1; an exception is as wrong as a difference. */
export function judge(kind: 'request' | 'response', text: string, random: Random): Verdict {
  const bytes = Buffer.from(text, 'latin1')
  try {
    return kind === 'request' ? judgeRequests(bytes, random) : judgeResponses(bytes, random)
  } catch (error) {
    return { accepted: 0, problems: [`thrown ${error instanceof Error ? error.stack : String(error)}`] }
  }
}

function requestInput(random: Random): string {
  let text = random.oneIn(3) ? random.pick(requestSeeds) : makeRequest(random)
  for (let more = random.oneIn(4) ? 1 + random.int(3) : 0; more > 0; more--) text += random.oneIn(2) ? random.pick(requestSeeds) : makeRequest(random)
  return random.oneIn(6) ? text : mutate(text, requestSeeds, random)
}

function responseInput(random: Random): string {
  const text = random.oneIn(3) ? random.pick(responseSeeds) : makeResponse(random)
  return random.oneIn(6) ? text : mutate(text, responseSeeds, random)
}
