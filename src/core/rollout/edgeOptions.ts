/** What a Rollout wants of the edges besides weights and routes: the stanza `trafficRouting.plugins['spillway/edge']`. */
import { parseDuration } from '../../api/duration.ts'
import { edgePlugin } from '../../api/rolloutLabels.ts'
import type { SplitStickiness } from '../../api/trafficSplit.ts'
import { shown, tokenComplaint } from '../routing/names.ts'
import {
  child,
  expectMap,
  flagIn,
  integerIn,
  isMap,
  isSet,
  listIn,
  reportRepeated,
  reportUnknown,
  requiredText,
  textIn,
  wrong,
} from '../spec/field.ts'
import { type Field, type Findings, openFindings } from '../spec/findings.ts'

export type EdgeOptions = {
  /** Services besides stableService whose requests are split too. */
  readonly services: readonly string[]
  readonly stickiness: SplitStickiness | undefined
  readonly fallback: 'stable' | 'none' | undefined
  /** How long requests to pods that leave may go on. */
  readonly drainSeconds: number
}

const defaultDrainSeconds = 30
const maxDrainSeconds = 86_400
const known = ['stickiness', 'fallback', 'drainSeconds', 'services']
/** Named by the design, and not there yet. */
const notYet = ['guard', 'mirror']

/** Of `trafficRouting.plugins`. What is wrong in it is left out: `readEdgeOptions` tells of it. */
export function edgeOptionsOf(plugins: unknown): EdgeOptions {
  return readEdgeOptions(child({ path: [], value: plugins }, edgePlugin), openFindings())
}

export function readEdgeOptions(stanza: Field, findings: Findings): EdgeOptions {
  expectMap(stanza, findings)
  for (const name of notYet)
    if (isSet(child(stanza, name))) findings.report(child(stanza, name), { message: 'is not supported yet', fix: 'leave it out' })
  reportUnknown(stanza, [...known, ...notYet], findings)
  const fallback = child(stanza, 'fallback')
  return {
    services: readServices(child(stanza, 'services'), findings),
    stickiness: readStickiness(child(stanza, 'stickiness'), findings),
    fallback: readOneOf(fallback, ['stable', 'none'] as const, findings),
    drainSeconds: integerIn(child(stanza, 'drainSeconds'), findings, { maximum: maxDrainSeconds }) ?? defaultDrainSeconds,
  }
}

function readServices(field: Field, findings: Findings): readonly string[] {
  const names = listIn(field, findings)
  reportRepeated(names, findings, 'name')
  const texts = names.map((name) => requiredText(name, findings, 'the name of a Service'))
  return [...new Set(texts.filter((text) => text !== undefined))]
}

function readOneOf<T extends string>(field: Field, values: readonly T[], findings: Findings): T | undefined {
  const text = textIn(field, findings)
  const value = values.find((each) => each === text)
  if (text !== undefined && value === undefined) findings.report(field, wrong(field, 'unknown', `write ${values.join(' or ')}`))
  return value
}

const kinds = ['none', 'cookie', 'header', 'clientAddress'] as const
const fieldsOf = {
  none: [],
  cookie: ['name', 'ttl', 'newSessionsOnly'],
  header: ['name'],
  clientAddress: [],
} as const satisfies Record<(typeof kinds)[number], readonly string[]>

function readStickiness(field: Field, findings: Findings): SplitStickiness | undefined {
  if (!isSet(field)) return undefined
  expectMap(field, findings)
  if (!isMap(field.value)) return undefined
  if (!isSet(child(field, 'kind'))) findings.report(child(field, 'kind'), { message: 'is missing', fix: `write ${kinds.join(' or ')}` })
  const kind = readOneOf(child(field, 'kind'), kinds, findings)
  if (kind === undefined) return undefined
  reportUnknown(field, ['kind', ...fieldsOf[kind]], findings)
  switch (kind) {
    case 'none':
    case 'clientAddress':
      return { kind }
    case 'header': {
      const name = requiredText(child(field, 'name'), findings, 'the name of a header')
      return name !== undefined && isToken(child(field, 'name'), name, 'a header name', findings) ? { kind, name } : undefined
    }
    case 'cookie':
      return readCookie(field, findings)
  }
}

function readCookie(field: Field, findings: Findings): SplitStickiness {
  const name = textIn(child(field, 'name'), findings)
  const hasName = name !== undefined && isToken(child(field, 'name'), name, 'a cookie name', findings)
  const ttl = readTtl(child(field, 'ttl'), findings)
  const newSessionsOnly = flagIn(child(field, 'newSessionsOnly'), findings)
  return { kind: 'cookie', ...(hasName && { name }), ...(ttl !== undefined && { ttl }), ...(newSessionsOnly && { newSessionsOnly }) }
}

function isToken(field: Field, name: string, what: string, findings: Findings): boolean {
  const complaint = tokenComplaint(name, what)
  if (complaint !== undefined) findings.report(field, complaint)
  return complaint === undefined
}

// Browsers keep no cookie for longer.
const maxTtlSeconds = 400 * 86_400

/** In whole seconds, whatever way it was written: edges need not know Go's syntax. */
function readTtl(field: Field, findings: Findings): string | undefined {
  const text = textIn(field, findings)
  if (text === undefined) return undefined
  const parsed = parseDuration(text)
  const fix = 'write a duration from 1s to 9600h, like 30m or 24h'
  if (!parsed.ok) findings.report(field, { message: `${shown(text)} ${parsed.message}`, fix })
  else if (parsed.ms < 1_000 || parsed.ms > maxTtlSeconds * 1_000) findings.report(field, wrong(field, 'too short or too long', fix))
  else return `${Math.ceil(parsed.ms / 1_000)}s`
  return undefined
}
