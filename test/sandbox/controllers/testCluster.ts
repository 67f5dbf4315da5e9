// The sandbox's own API server without its network, on a clock that a test turns: controllers do nothing but in settle() and advance().
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { ApiError } from '../../../src/sandbox/apiserver/apiError.ts'
import { clusterOf } from '../../../src/sandbox/apiserver/cluster.ts'
import { fieldMachinery } from '../../../src/sandbox/apiserver/fields.ts'
import { builtinKinds } from '../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { kindRegistry } from '../../../src/sandbox/apiserver/registry.ts'
import { openStore } from '../../../src/sandbox/apiserver/storage/store.ts'
import type { Cluster } from '../../../src/sandbox/cluster.ts'
import type { Clock } from '../../../src/sandbox/controllers/clock.ts'
import { type Controller, type Runner, startRunner } from '../../../src/sandbox/controllers/runner.ts'

export type TestCluster = {
  readonly cluster: Cluster
  readonly clock: Clock & { readonly startMs: number }
  /** Creations of these resources are refused with this. */
  readonly refusals: Map<string, ApiError>
  run(controllers: readonly Controller[]): Runner
  /** Until nobody has anything more to do now. */
  settle(): Promise<void>
  /** Turns the clock on, stopping wherever somebody wants to be woken. */
  advance(ms: number): Promise<void>
}

type Alarm = { readonly atMs: number; readonly run: () => void }
const turnsMaximum = 100_000

export function testCluster(): TestCluster {
  const alarms = new Set<Alarm>()
  const refusals = new Map<string, ApiError>()
  const failures: unknown[] = []
  const startMs = Date.UTC(2030, 0, 1)
  let nowMs = startMs

  const clock = {
    startMs,
    nowMs: () => nowMs,
    wakeAt(atMs: number, run: () => void) {
      const alarm = { atMs, run }
      alarms.add(alarm)
      return () => void alarms.delete(alarm)
    },
  }
  const kinds = kindRegistry(builtinKinds)
  const store = openStore({ history: { maxEvents: 1_000, maxAgeMs: 1_000 }, nowMs: clock.nowMs, onListenerError: (error) => failures.push(error) })
  const cluster = clusterOf(
    {
      store,
      kinds,
      fields: fieldMachinery(kinds),
      nowMs: clock.nowMs,
      random: randomBytes,
      admissions: [
        (object, { verb, kind }) => {
          const refusal = verb === 'create' ? refusals.get(kind.storedAs) : undefined
          if (refusal !== undefined) throw refusal
          return object
        },
      ],
    },
    'test',
  )

  async function settle(): Promise<void> {
    for (let turns = 0; turns < turnsMaximum; turns++) {
      if (failures.length > 0) throw new Error('a controller failed', { cause: failures[0] })
      if (store.told() < store.revision()) {
        await turn()
        continue
      }
      const [due] = [...alarms].filter(({ atMs }) => atMs <= nowMs)
      if (due === undefined) return
      alarms.delete(due)
      due.run()
    }
    throw new Error('it does not come to rest')
  }

  return {
    cluster,
    clock,
    refusals,
    run: (controllers) =>
      startRunner({
        cluster,
        controllers,
        clock,
        random: () => 0.5,
        onFailure: (name, key, cause) => failures.push(new Error(`${name}: ${key}`, { cause })),
      }),
    settle,
    async advance(ms) {
      const endMs = nowMs + ms
      for (;;) {
        await settle()
        const next = Math.min(...[...alarms].map(({ atMs }) => atMs))
        if (next > endMs) break
        nowMs = Math.max(next, nowMs)
      }
      nowMs = endMs
      await settle()
    },
  }
}
