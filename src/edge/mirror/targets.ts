import { type CompiledMatch, compileMatch } from '../../core/routing/compile.ts'
import type { Backend, CompileRegex, Mirror, Split } from '../../core/routing/types.ts'
import { backendBlockCells } from '../counters.ts'
import { type EndpointPool, Endpoints } from '../endpoints.ts'
import type { EndpointSet } from '../health/endpointSet.ts'
import type { Notice } from '../health/notices.ts'
import { type Copy, copying } from './copy.ts'
import { MirrorLoad } from './load.ts'

/** What the mirrors of a worker share: connections of their own, and the worker's counters. */
export type Mirroring = { readonly endpoints: Endpoints<Copy>; readonly counters: Float64Array }

/** `counters`: the worker's block. */
export function newMirroring(counters: Float64Array, notice: Notice): Mirroring {
  const endpoints = new Endpoints<Copy>(copying, (level, message, fields) => notice(level, message, { ...fields, for: 'mirrors' }))
  return { endpoints, counters }
}

/** For what endpoint sets count of their health: that of a backend is what its requests find, not what copies do. */
const uncounted = new Float64Array(backendBlockCells)

/** One of a split's mirrors, compiled. */
export type MirrorTarget = {
  readonly name: string
  readonly matches: readonly CompiledMatch[]
  /** The counters of the backend that gets the copies. */
  readonly block: Float64Array
  readonly endpoints: EndpointSet<EndpointPool<Copy>>
  readonly load: MirrorLoad
  /** The header line by which services tell a copy. */
  readonly line: string
  readonly percentage: number
  /** What is owed to it, in hundredths of a copy: 0 <= owed < 100 between requests. */
  owed: number
}

type MirrorsInput = {
  readonly split: Split
  readonly mirroring: Mirroring
  readonly regex: CompileRegex
  /** Those of the table in use: what they are owed, and what they hold, lives on. */
  readonly before: readonly MirrorTarget[] | undefined
  /** In [0, 1). */
  readonly phaseOf: (key: string) => number
  readonly blockOf: (backend: string) => Float64Array
}

/** Undefined where there are none. */
export function mirrorsOf(input: MirrorsInput): readonly MirrorTarget[] | undefined {
  const { mirrors = [] } = input.split
  return mirrors.length === 0 ? undefined : mirrors.map((mirror) => targetOf(mirror, input))
}

function targetOf(mirror: Mirror, { split, mirroring, regex, before, phaseOf, blockOf }: MirrorsInput): MirrorTarget {
  const earlier = before?.find(({ name }) => name === mirror.name)
  const backend: Backend = split.backends.find(({ name }) => name === mirror.backend)!
  return {
    name: mirror.name,
    matches: mirror.match.map((match) => compileMatch(match, regex)),
    block: blockOf(mirror.backend),
    endpoints: mirroring.endpoints.set(backend.endpoints, uncounted, 0, false),
    load: earlier?.load ?? new MirrorLoad(mirroring.counters),
    line: `X-Spillway-Mirror: ${mirror.name}\r\n`,
    percentage: mirror.percentage,
    owed: earlier?.owed ?? 100 * phaseOf(`${split.name} ${mirror.name}`),
  }
}

/** Whether the next request is copied: by error diffusion, so that of any n requests in a row the share is exact to within one. */
export function isDue(target: MirrorTarget): boolean {
  target.owed += target.percentage
  if (target.owed < 100) return false
  target.owed -= 100
  return true
}
