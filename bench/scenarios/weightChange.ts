import { setTimeout as delay } from 'node:timers/promises'
import { type Running, usualWeights, type Weights } from '../contenders/contender.ts'
import { measureLoad, usualLoad } from './loads.ts'
import { type Scenario, usualInstance } from './scenario.ts'

const intervalMs = 100
const steps: readonly Weights[] = [{ stable: 50, canary: 50 }, { stable: 90, canary: 10 }, { stable: 20, canary: 80 }, usualWeights]

/** A run with weights at rest, then one while they change every 100 ms, on the same process. */
export const weightChange: Scenario = {
  name: 'weight-change',
  what: 'weights changed every 100 ms under load, against weights at rest',
  instances: [usualInstance],
  startsAnew: false,
  cost: { loadRuns: 2, otherSeconds: 0.6 },
  async measure([running], tools) {
    const contender = running as Running
    const steady = await measureLoad(contender, usualLoad, tools)
    const changing = changeWeights(contender, tools.signal)
    const loaded = measureLoad(contender, usualLoad, tools)
    // Either may fail; the changes are stopped in any case.
    const sample = await loaded.finally(changing.stop)
    const { changes, refused } = await changing.done
    await contender.setWeights(usualWeights)
    return {
      ...sample,
      errors: sample.errors + refused,
      extras: {
        ...sample.extras,
        steadyP99Ms: steady.p99Ms ?? Number.NaN,
        p99Ratio: (sample.p99Ms ?? Number.NaN) / (steady.p99Ms ?? Number.NaN),
        steadyCpuMicrosPerRequest: steady.cpuMicrosPerRequest ?? Number.NaN,
        steadyErrors: steady.errors,
        weightChanges: changes,
      },
    }
  },
}

type Changes = { readonly changes: number; readonly refused: number }

function changeWeights(contender: Running, signal: AbortSignal): { readonly stop: () => void; readonly done: Promise<Changes> } {
  let isOver = false
  const loop = async (): Promise<Changes> => {
    let changes = 0
    let refused = 0
    const begin = performance.now()
    for (let turn = 0; !isOver && !signal.aborted; turn++) {
      await contender.setWeights(steps[turn % steps.length] as Weights).then(
        () => changes++,
        () => refused++,
      )
      // By the clock, not by the end of the last change: a slow change does not make the next one rarer.
      await delay(Math.max(0, begin + (turn + 1) * intervalMs - performance.now()))
    }
    return { changes, refused }
  }
  return {
    stop: () => {
      isOver = true
    },
    done: loop(),
  }
}
