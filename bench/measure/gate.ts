import { exchange, keepAliveAgent } from './exchange.ts'
import type { Target } from './wrk.ts'

export type GateRun = {
  readonly port: number
  readonly target: Target
  /** Of 1,000 requests: by how many the canary's count may differ from 200. */
  readonly tolerance: number
  readonly signal: AbortSignal
}

const clients = 8
const timeoutMs = 5_000

/**
 * Throws, with what is wrong, unless the contender does the whole job that it is measured for: 1,000 requests split 80 to 20, `X-Canary: true`
 * reaches the canary every time, `X-Forwarded-For` is added, and connections to the origin are kept.
 */
export async function checkContender(run: GateRun): Promise<void> {
  const agent = keepAliveAgent(clients)
  const ask = async (path: string, headers: Readonly<Record<string, string>>): Promise<Record<string, unknown>> => {
    const { host } = run.target
    const reply = await exchange({ port: run.port, path, agent, timeoutMs, signal: run.signal, headers: { host, ...headers } })
    if (reply.status !== 200) throw new Error(`status ${reply.status} for ${host}${path}`)
    return reply.headers
  }
  try {
    const canary = await countCanary(1_000, () => ask(run.target.path, {}))
    if (Math.abs(canary - 200) > run.tolerance) throw new Error(`${canary} of 1,000 requests reached the canary instead of 200 (± ${run.tolerance})`)
    const chosen = await countCanary(50, () => ask(run.target.path, { 'X-Canary': 'true' }))
    if (chosen !== 50) throw new Error(`${chosen} of 50 requests with X-Canary: true reached the canary`)
    const seen = await ask('/seen', {})
    if (seen['x-seen-forwarded-for'] !== '127.0.0.1')
      throw new Error(`X-Forwarded-For arrives as ${seen['x-seen-forwarded-for'] ?? 'nothing'} at the origin`)
    if (!(Number(seen['x-seen-requests']) > 1)) throw new Error('connections to the origin are not kept')
  } finally {
    agent.destroy()
  }
}

async function countCanary(requests: number, ask: () => Promise<Record<string, unknown>>): Promise<number> {
  let left = requests
  let canary = 0
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const backend = (await ask())['x-backend']
      if (backend === 'canary') canary++
      else if (backend !== 'stable') throw new Error(`an answer that comes from neither version, but from ${backend ?? 'nowhere'}`)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return canary
}
