import type { KubeObject } from '../../../../src/api/meta.ts'

export type Any = KubeObject & { readonly [field: string]: unknown }

/** A cluster on which controllers run, as a scenario uses it: the one in memory, or a real one. All is in one namespace. */
export type Driver = {
  readonly namespace: string
  create(resource: string, object: Any): void
  change(resource: string, name: string, change: (object: Any) => Any, subresource?: 'status'): void
  /** `now`: what a kubelet does at the end of a pod. */
  remove(resource: string, name: string, how?: 'Foreground' | 'Background' | 'Orphan' | 'now'): void
  list(resource: string): readonly Any[]
  nowMs(): number
  /** Until the controllers have nothing more to do now. */
  rest(): Promise<void>
  pass(seconds: number): Promise<void>
}

export type Step = { readonly name: string; do(driver: Driver): void | Promise<void> }
export type Scenario = {
  readonly name: string
  readonly steps: readonly Step[]
  snapshot(driver: Driver): unknown /** Takes away what is left on a real cluster. */
  end?(driver: Driver): void
}

export type Recorded = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What is to be seen after each step. */
export async function play({ steps, snapshot }: Scenario, driver: Driver): Promise<Readonly<Record<string, unknown>>> {
  const seen: Record<string, unknown> = {}
  for (const step of steps) {
    await step.do(driver)
    await driver.rest()
    seen[step.name] = JSON.parse(JSON.stringify(snapshot(driver)))
  }
  return seen
}
