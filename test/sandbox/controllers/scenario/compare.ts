import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Controller } from '../../../../src/sandbox/controllers/runner.ts'
import { play, type Recorded, type Scenario } from './driver.ts'
import { sandboxDriver } from './sandbox.ts'

/** Plays the scenarios here; what is seen after each step must be what was recorded of a real cluster. */
export function compareWithRecorded(kind: string, scenarios: readonly Scenario[], controllers: () => readonly Controller[]): void {
  const file = new URL(`recorded/${kind}.json`, import.meta.url)
  const { server, recorded } = JSON.parse(readFileSync(file, 'utf8')) as { readonly server: string; readonly recorded: Recorded }
  for (const scenario of scenarios)
    t.test(`${scenario.name}, as on Kubernetes ${server}`, async (t) => {
      const driver = sandboxDriver('shop', controllers())
      t.teardown(driver.stop)
      const seen = await play(scenario, driver)
      for (const [step, wanted] of Object.entries(recorded[scenario.name]!)) t.same(seen[step], wanted, step)
    })
}
