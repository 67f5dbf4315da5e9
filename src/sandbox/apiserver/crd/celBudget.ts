import type { ASTNode } from '@marcbachmann/cel-js'

/** What one evaluation may do: steps as the real server counts them, more or less, and time, for what steps do not tell. */
const maxSteps = 1_000_000
const maxMs = 1_000
/** The clock is not read at every step. */
const stepsPerLook = 64

/** An expression was stopped, worded as cel-go words it. */
export class CelCostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

let left = 0
let untilLook = 0
let deadlineMs = 0

/** Runs one evaluation, which ends by itself or with CelCostExceeded. Evaluations are synchronous, so that there is one at a time. */
export function withinBudget<T>(evaluate: () => T): T {
  left = maxSteps
  untilLook = stepsPerLook
  deadlineMs = performance.now() + maxMs
  const value = evaluate()
  // What a long last step has cost is too late to save, but not to tell.
  if (left < 0) throw new CelCostExceeded()
  return value
}

/** Charges the evaluation that is on its way. */
export function spend(steps: number): void {
  left -= steps
  untilLook -= 1
  if (left >= 0 && untilLook > 0) return
  untilLook = stepsPerLook
  if (left < 0 || performance.now() > deadlineMs) throw new CelCostExceeded()
}

/** For functions that read or make texts: ten characters to a step, as the real server counts. */
export function spendOnText(...lengths: readonly number[]): void {
  spend(1 + Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / 10))
}

type Loop = { condition?: (soFar: unknown) => boolean }

/** Makes `all`, `map` and their like charge each turn. The library asks a loop's condition before every one, where there is any. */
export function chargeLoops(nodes: readonly ASTNode[]): void {
  for (const node of nodes) {
    const { alternate } = (node as unknown as { readonly meta: { readonly alternate?: ASTNode } }).meta
    if (alternate?.op !== ('comprehension' as string)) continue
    const loop = alternate.args as unknown as Loop
    const { condition } = loop
    loop.condition = (soFar) => {
      spend(1)
      return condition === undefined || condition(soFar)
    }
  }
}
