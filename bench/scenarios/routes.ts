import type { RouteEntry, Running } from '../contenders/contender.ts'
import type { Target } from '../measure/wrk.ts'
import { measureLoad, usualLoad } from './loads.ts'
import { type Scenario, usualInstance } from './scenario.ts'

const hosts = Array.from({ length: 500 }, (_, index) => `shop-${String(index).padStart(3, '0')}.example`)
const thousandRoutes: readonly RouteEntry[] = hosts.flatMap((host) => [
  { host, path: '/' },
  { host, path: '/api' },
])

/** One request for each route, neighbours far apart in the table: 379 is coprime to 1,000. */
const targets: readonly Target[] = thousandRoutes.map((_, index) => {
  const { host = '', path } = thousandRoutes[(index * 379) % thousandRoutes.length] as RouteEntry
  return { host, path: path === '/' ? '/products/2871' : '/api/basket/items' }
})

/** Both processes get the same requests, one right after the other and by turns first, so that the ratio holds only what the table costs. */
export const routes1000: Scenario = {
  name: 'routes-1000',
  what: '1,000 routes (500 hosts with two paths each) against one route, same requests',
  instances: [usualInstance, { ...usualInstance, routes: thousandRoutes }],
  startsAnew: false,
  cost: { loadRuns: 2, otherSeconds: 0.4 },
  async measure(running, tools) {
    const [one, thousand] = running as [Running, Running]
    const load = { ...usualLoad, targets }
    const isOneFirst = tools.round % 2 === 0
    const first = await measureLoad(isOneFirst ? one : thousand, load, tools)
    const second = await measureLoad(isOneFirst ? thousand : one, load, tools)
    const [few, many] = isOneFirst ? [first, second] : [second, first]
    const fewCpu = few.cpuMicrosPerRequest ?? Number.NaN
    return {
      ...many,
      errors: few.errors + many.errors,
      extras: { ...many.extras, oneRouteCpuMicrosPerRequest: fewCpu, ratioToOneRoute: (many.cpuMicrosPerRequest ?? Number.NaN) / fewCpu },
    }
  },
}
