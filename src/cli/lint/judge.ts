/** What is wrong with manifests: each by itself, and those that name each other. */
import { validateAnalysis } from '../../core/analysis/validate/template.ts'
import type { CompileRegex } from '../../core/routing/types.ts'
import { child } from '../../core/spec/field.ts'
import { openFindings, type SpecMistake } from '../../core/spec/findings.ts'
import { checkSchema } from '../../core/spec/schemaCheck.ts'
import { type Judged, judgeRollout } from './judgeRollout.ts'
import { kindOf } from './kinds.ts'
import { isObject, type Manifest } from './manifests.ts'
import { checkMetadata } from './metadata.ts'
import { type Neighbours, neighboursOf } from './neighbours.ts'

export type Severity = 'error' | 'warning'
export type Finding = SpecMistake & { readonly severity: Severity; readonly manifest: Manifest }

const analysisKinds = ['AnalysisTemplate', 'ClusterAnalysisTemplate', 'AnalysisRun']

export function judge(manifests: readonly Manifest[], compileRegex: CompileRegex): readonly Finding[] {
  return manifests.flatMap((manifest, index) => judgeOne(manifest, () => neighboursOf(manifest, index, manifests), compileRegex))
}

function judgeOne(manifest: Manifest, neighbours: () => Neighbours, compileRegex: CompileRegex): readonly Finding[] {
  const { value } = manifest
  const found = (severity: Severity, mistakes: readonly SpecMistake[]): readonly Finding[] =>
    mistakes.map((mistake) => ({ ...mistake, severity, manifest }))
  if (!isObject(value)) return found('error', [{ path: [], message: 'is no object', fix: 'write apiVersion, kind, metadata and spec' }])
  const kind = kindOf(value['apiVersion'], value['kind'])
  if (kind.kind === 'foreign') return []
  if (kind.kind === 'mistaken') return found('error', [{ path: [kind.field], message: kind.message, fix: kind.fix }])
  const findings = openFindings()
  checkSchema({ path: [], value }, kind.known.schema, findings)
  checkMetadata(child({ path: [], value }, 'metadata'), findings)
  const bySchema = findings.mistakes
  const { errors, warnings } = byMeaning(value, neighbours, compileRegex)
  // What is of the wrong type is told once.
  const others = errors.filter(({ path }) => !bySchema.some((mistake) => isWithin(path, mistake.path)))
  return [...found('error', bySchema), ...found('error', others), ...found('warning', warnings)]
}

function byMeaning(value: Readonly<Record<string, unknown>>, neighbours: () => Neighbours, compileRegex: CompileRegex): Judged {
  if (value['kind'] === 'Rollout') return judgeRollout(value, neighbours(), compileRegex)
  return { errors: analysisKinds.includes(String(value['kind'])) ? validateAnalysis(value, compileRegex) : [], warnings: [] }
}

function isWithin(path: SpecMistake['path'], around: SpecMistake['path']): boolean {
  return around.every((part, index) => path[index] === part)
}
