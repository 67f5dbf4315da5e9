import type { Running } from '../contenders/contender.ts'
import { exchange } from '../measure/exchange.ts'
import type { Load } from '../measure/wrk.ts'
import { measureLoad, usualLoad } from './loads.ts'
import { type Instance, type Scenario, usualInstance } from './scenario.ts'

/** Each connection's share of the cookies is sent in turn, so that none can be answered from the memory of the one before. */
const clients = 64

export const stickyInstance: Instance = { ...usualInstance, isSticky: true }

/** Both processes get the same requests, each with a cookie that the sticky one has given, so that the ratio holds only what it makes of it. */
export const sticky: Scenario = {
  name: 'keepalive-get-sticky',
  what: 'keepalive-get with stickiness, each request with a valid cookie of one of 64 clients, against the same requests without stickiness',
  only: ['spillway'],
  instances: [usualInstance, stickyInstance],
  startsAnew: false,
  cost: { loadRuns: 2, otherSeconds: 0.4 },
  async measure(running, tools) {
    const [plain, sticky] = running as [Running, Running]
    const load = await stickyLoad(sticky, tools.signal)
    const isPlainFirst = tools.round % 2 === 0
    const first = await measureLoad(isPlainFirst ? plain : sticky, load, tools)
    const second = await measureLoad(isPlainFirst ? sticky : plain, load, tools)
    const [without, having] = isPlainFirst ? [first, second] : [second, first]
    const plainCpu = without.cpuMicrosPerRequest ?? Number.NaN
    return {
      ...having,
      errors: without.errors + having.errors,
      extras: { ...having.extras, plainCpuMicrosPerRequest: plainCpu, ratioToPlain: (having.cpuMicrosPerRequest ?? Number.NaN) / plainCpu },
    }
  },
}

/** The usual requests, by clients that the sticky edge knows. */
export async function stickyLoad({ port }: Pick<Running, 'port'>, signal: AbortSignal): Promise<Load> {
  const [target] = usualLoad.targets
  if (target === undefined) throw new Error('the usual load has no target')
  const cookies: string[] = []
  while (cookies.length < clients) {
    const reply = await exchange({ port, path: target.path, headers: { host: target.host }, timeoutMs: 2_000, signal })
    const cookie = reply.headers['set-cookie']?.[0]?.split(';')[0]
    if (cookie === undefined) throw new Error('an answer without a sticky cookie')
    cookies.push(cookie)
  }
  return { ...usualLoad, targets: cookies.map((cookie) => ({ ...target, cookie })) }
}
