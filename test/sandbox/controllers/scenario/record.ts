// Plays the scenarios on a real cluster and writes down what its controller-manager does. Usage: KUBECONFIG=… node test/sandbox/controllers/scenario/record.ts KIND
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { boundScenarios, watchedByBounds } from './bounds.ts'
import { deletionScenarios, watchedByDeletions } from './deletions.ts'
import { deploymentScenarios, watchedByDeployments } from './deployments.ts'
import { play, type Recorded, type Scenario } from './driver.ts'
import { jobScenarios, watchedByJobs } from './jobs.ts'
import { kubectlDriver } from './kubectl.ts'
import { namespaceScenarios, watchedByNamespaces } from './namespaces.ts'
import { serviceScenarios, watchedByServices } from './services.ts'

const kinds: Readonly<Record<string, { readonly scenarios: readonly Scenario[]; readonly watched: readonly string[]; readonly restMs?: number }>> = {
  bounds: { scenarios: boundScenarios, watched: watchedByBounds },
  deployments: { scenarios: deploymentScenarios, watched: watchedByDeployments },
  deletions: { scenarios: deletionScenarios, watched: watchedByDeletions },
  jobs: { scenarios: jobScenarios, watched: watchedByJobs },
  namespaces: { scenarios: namespaceScenarios, watched: watchedByNamespaces, restMs: 10_000 },
  services: { scenarios: serviceScenarios, watched: watchedByServices },
}

const kind = process.argv[2] ?? ''
const { scenarios, watched, restMs = 1_000 } = kinds[kind]!
const { serverVersion } = JSON.parse(execFileSync('kubectl', ['version', '-o', 'json'], { encoding: 'utf8' }))
const recorded: Record<string, Recorded[string]> = {}
for (const scenario of scenarios) {
  const namespace = `controllers-${Date.now().toString(36)}`
  execFileSync('kubectl', ['create', 'namespace', namespace])
  try {
    const driver = kubectlDriver(namespace, watched, restMs)
    recorded[scenario.name] = await play(scenario, driver)
    scenario.end?.(driver)
  } finally {
    execFileSync('kubectl', ['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found'])
  }
}
const file = new URL(`recorded/${kind}.json`, import.meta.url)
writeFileSync(file, `${JSON.stringify({ server: serverVersion.gitVersion, recorded }, undefined, 2)}\n`)
