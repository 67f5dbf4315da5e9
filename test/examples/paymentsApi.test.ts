// The manifests that people would copy: right by our own judgement, and taken by an API server that knows our definitions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { judge } from '../../src/cli/lint/judge.ts'
import { readManifests } from '../../src/cli/lint/manifests.ts'
import { reportedFinding } from '../../src/cli/lint/report.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import { crdFolder } from '../api/customResourceChecks.ts'
import { lacksKubectl, serveNamespace } from '../sandbox/clients/replay.ts'
import { openShell } from '../sandbox/clients/shell.ts'

const folder = new URL('../../examples/payments-api/', import.meta.url).pathname
const files = readdirSync(folder).sort()
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8')

function told(texts: readonly string[]): readonly string[] {
  const read = texts.map((text, index) => readManifests(`${index}.yaml`, text))
  return judge(
    read.flatMap(({ manifests }) => manifests),
    compileRegex,
  )
    .map(reportedFinding)
    .filter(({ severity }) => severity === 'error')
    .map(({ field, message }) => `${field}: ${message}`)
}

t.test('nothing is wrong with them', async (t) => {
  t.strictSame(told(files.map(textOf)), [])
})

t.test('without the changes that they list, something would be', async (t) => {
  const steps = 'spec.strategy.canary.steps[7].analysis'
  const withoutArguments = textOf('canary.yaml').replace(/ {10}args:\n.*\n.*\n/, '')
  t.strictSame(told([withoutArguments, textOf('analysis.yaml')]), [
    `${steps}.args: lack the argument "service-name" of AnalysisTemplate "success-rate"`,
  ])
  const withoutCount = textOf('analysis.yaml').replace('    count: 5\n', '')
  const endless = 'the metric "success-rate" of AnalysisTemplate "success-rate" has an interval and no count: it would never end'
  t.strictSame(told([textOf('canary.yaml'), withoutCount]), [`${steps}.templates[0]: ${endless}`])
  t.strictSame(told([textOf('blue-green.yaml'), withoutCount]), [
    `spec.strategy.blueGreen.prePromotionAnalysis.templates[0]: ${endless}`,
    `spec.strategy.blueGreen.postPromotionAnalysis.templates[0]: ${endless}`,
  ])
  const withoutRouter = textOf('header-route.yaml').replace(/ {6}trafficRouting:\n(?: {8}.*\n)+/, '')
  t.strictSame(told([withoutRouter]), ['spec.strategy.canary.steps[0].setHeaderRoute: needs trafficRouting'])
})

t.test('an API server takes them', { skip: lacksKubectl() }, async (t) => {
  const served = await serveNamespace('production')
  const shell = openShell(served.kubeconfig)
  t.teardown(async () => {
    shell.close()
    await served.stop()
  })
  await shell.run(`kubectl apply -f ${crdFolder} && kubectl wait --for=condition=Established crd --all`)
  for (const file of files) {
    const said = await shell.run(`kubectl apply --validate=strict -f ${join(folder, file)}`)
    t.match(said, /(created|configured|unchanged)$/m, file)
    t.notMatch(said, /error|Error|exit|Warning/, said)
  }
  t.match(await shell.run('kubectl get hpa payments-api'), /Rollout\/payments-api/)
})
