import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { Unstructured } from '../../../../src/sandbox/unstructured.ts'
import { answerOf, created, kindOf, patched, readIn, withStatus } from './accept.ts'
import type { Case, Golden } from './cases.ts'

// The goldens are a real kube-apiserver's answers (v1.34.4), written down by record.ts.
const folder = import.meta.dirname
for (const file of readdirSync(`${folder}/manifests`)) {
  const { cases } = (await import(`./manifests/${file}`)) as { readonly cases: readonly Case[] }
  const { answers } = JSON.parse(readFileSync(`${folder}/golden/${file.replace('.ts', '.json')}`, 'utf8')) as { answers: Record<string, Golden> }
  t.test(`${file} is answered as by the real server`, async (t) => {
    for (const each of cases) {
      const golden = answers[each.name]!
      const kind = kindOf(each.object)
      const atMs = Date.parse(golden.recordedAt)
      const made = (): Unstructured => created(kind, each.object)
      const warnings = (object: Unstructured, old?: Unstructured): readonly string[] => kind.strategy.warnings?.(object, old) ?? []
      t.same(answerOf(kind, made, atMs, warnings), golden.created, each.name)
      if (golden.created.object !== undefined) {
        const object = made()
        t.same(kind.strategy.defaults!(object), object, `${each.name}: defaults are written once`)
      }
      const { patch, status, readAs } = each
      if (patch !== undefined) {
        const answer = answerOf(
          kind,
          () => patched(kind, made(), patch),
          atMs,
          (object) => warnings(object, made()),
        )
        t.same(answer, golden.patched, `${each.name}, patched`)
      }
      if (readAs !== undefined) {
        const other = kindOf({ ...each.object, apiVersion: readAs })
        t.same(
          answerOf(other, () => readIn(other, kind, made()), atMs),
          golden.readAs,
          `${each.name}, read as ${readAs}`,
        )
      }
      if (status !== undefined) {
        t.same(
          answerOf(kind, () => withStatus(kind, made(), status), atMs),
          golden.withStatus,
          `${each.name}, with a status`,
        )
      }
    }
  })
}
