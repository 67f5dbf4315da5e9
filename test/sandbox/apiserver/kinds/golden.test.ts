import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
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
      t.same(
        answerOf(kind, () => created(kind, each.object), atMs),
        golden.created,
        each.name,
      )
      const { patch, status, readAs } = each
      if (patch !== undefined) {
        t.same(
          answerOf(kind, () => patched(kind, created(kind, each.object), patch), atMs),
          golden.patched,
          `${each.name}, patched`,
        )
      }
      if (readAs !== undefined) {
        const other = kindOf({ ...each.object, apiVersion: readAs })
        t.same(
          answerOf(other, () => readIn(other, kind, created(kind, each.object)), atMs),
          golden.readAs,
          `${each.name}, read as ${readAs}`,
        )
      }
      if (status !== undefined) {
        t.same(
          answerOf(kind, () => withStatus(kind, created(kind, each.object), status), atMs),
          golden.withStatus,
          `${each.name}, with a status`,
        )
      }
    }
  })
}
