import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from '../../lib/explain.ts'
import { compileRegex } from '../../lib/regex.ts'
import type { Flags } from '../verb.ts'
import { judge } from './judge.ts'
import { readManifests } from './manifests.ts'
import { inOrder, type Reported, reportedFinding, reportedMistake, reportedText, summaryText } from './report.ts'

type Streams = {
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

type Source = { readonly name: string; readonly text: string }

/** Tells the exit code. */
export async function runLint(flags: Flags, { stdin, stdout, stderr }: Streams): Promise<number> {
  const { output } = flags
  if (output !== undefined && output !== 'json') {
    stderr.write(`lint: -o ${String(output)}: give json, or leave it out\n`)
    return 2
  }
  const sources: Source[] = []
  try {
    for (const path of [flags['filename'] ?? []].flat()) sources.push(...(await sourcesAt(String(path), stdin)))
  } catch (error) {
    stderr.write(`lint: ${explain(error)}\n`)
    return 1
  }
  const read = sources.map(({ name, text }) => readManifests(name, text))
  const manifests = read.flatMap((each) => each.manifests)
  const all = [...read.flatMap((each) => each.mistakes).map(reportedMistake), ...judge(manifests, compileRegex).map(reportedFinding)]
  const reported = sources.flatMap(({ name }) => all.filter(({ file }) => file === name).sort(inOrder))
  if (output === 'json') stdout.write(`${JSON.stringify(reported, null, 2)}\n`)
  else for (const each of reported) stdout.write(`${reportedText(each)}\n`)
  const hasErrors = reported.some(({ severity }) => severity === 'error')
  if (output !== 'json') tell(reported, manifests.length)
  return hasErrors || manifests.length === 0 ? 1 : 0

  function tell(findings: readonly Reported[], objects: number): void {
    if (objects === 0 && findings.length === 0) stderr.write('lint: there are no manifests\n')
    else stderr.write(`${summaryText(findings, objects)}\n`)
  }
}

const extensions = /\.(ya?ml|json)$/

async function sourcesAt(path: string, stdin: Streams['stdin']): Promise<readonly Source[]> {
  if (path === '-') {
    const chunks: Uint8Array[] = []
    for await (const chunk of stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    return [{ name: '-', text: Buffer.concat(chunks).toString('utf8') }]
  }
  if (!statSync(path).isDirectory()) return [{ name: path, text: readFileSync(path, 'utf8') }]
  const files = readdirSync(path).filter((file) => extensions.test(file))
  return files.sort().map((file) => ({ name: join(path, file), text: readFileSync(join(path, file), 'utf8') }))
}
