import type { Recorded } from './normalise.ts'

export type Difference = {
  readonly topic: string
  readonly rule: string
  readonly request: string
  /** Dotted, below the record: `body.metadata.name`, `events.0.type`; empty where the answer as a whole is another. */
  readonly path: string
  readonly real: unknown
  readonly ours: unknown
}

/** A difference that is meant to be. Each part that is given must match. */
export type Explanation = {
  readonly topic?: string
  readonly rule?: RegExp
  readonly request?: RegExp
  readonly path?: RegExp
  readonly because: string
}

export function compare(topic: string, real: readonly Recorded[], ours: readonly Recorded[]): readonly Difference[] {
  const found: Difference[] = []
  for (let i = 0; i < Math.max(real.length, ours.length); i++) {
    const { rule, request } = (real[i] ?? ours[i])!
    // Answers of two kinds differ in everything: told once.
    const isAnother = real[i]?.status !== ours[i]?.status || real[i]?.failed !== ours[i]?.failed
    const all: readonly Differing[] = isAnother ? [['', answerOf(real[i]), answerOf(ours[i])]] : differing(real[i], ours[i], '')
    for (const [path, a, b] of all) found.push({ topic, rule, request, path, real: a, ours: b })
  }
  return found
}

function answerOf(record: Recorded | undefined): unknown {
  return record === undefined ? undefined : (record.failed ?? [record.status, record.body])
}

type Differing = readonly [path: string, a: unknown, b: unknown]

function differing(a: unknown, b: unknown, path: string): readonly Differing[] {
  if (a === b) return []
  if (!isNode(a) || !isNode(b) || Array.isArray(a) !== Array.isArray(b)) return [[path, a, b]]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return keys.flatMap((key) => differing(a[key], b[key], path === '' ? key : `${path}.${key}`))
}

function isNode(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

export function explains({ topic, rule, request, path }: Explanation, difference: Difference): boolean {
  return (
    (topic === undefined || topic === difference.topic) &&
    (rule?.test(difference.rule) ?? true) &&
    (request?.test(difference.request) ?? true) &&
    (path?.test(difference.path) ?? true)
  )
}

/** One line for each difference, below the rule and request that it belongs to. */
export function table(differences: readonly Difference[]): string {
  const lines: string[] = []
  let above = ''
  for (const { topic, rule, request, path, real, ours } of differences) {
    const head = `${topic}: ${rule}\n  ${request}`
    if (head !== above) lines.push(head)
    above = head
    lines.push(`    ${path || 'the answer'}`, `      real ${short(real)}`, `      ours ${short(ours)}`)
  }
  return lines.join('\n')
}

function short(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}
