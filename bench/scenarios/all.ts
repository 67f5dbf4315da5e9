import { idle10000 } from './idle.ts'
import { loadScenarios } from './loads.ts'
import { overload } from './overload/overload.ts'
import { routes1000 } from './routes.ts'
import type { Scenario } from './scenario.ts'
import { sticky } from './sticky.ts'
import { tlsScenarios } from './tls.ts'
import { weightChange } from './weightChange.ts'
import { workerMemory } from './workerMemory.ts'

export const scenarios: readonly Scenario[] = [...loadScenarios, sticky, ...tlsScenarios, routes1000, idle10000, weightChange, workerMemory, overload]
