// What is in flight at a backend is counted where it was sent, whatever the table in use says by the time that it fails.
import t from 'tap'
import { carrying } from '../../../src/edge/carrying.ts'
import { defaultLimits, defaultResilience, defaultTimeouts, policyOf } from '../../../src/edge/config.ts'
import { Context } from '../../../src/edge/context.ts'
import { at, backendBlockCells, workerBlockCells } from '../../../src/edge/counters.ts'
import type { EndpointPool } from '../../../src/edge/endpoints.ts'
import { type Downstream, Exchange, type Upstream } from '../../../src/edge/exchange.ts'
import { openRetryBudget } from '../../../src/edge/health/retryBudget.ts'
import { RequestHead } from '../../../src/edge/http1/requestHead.ts'
import type { BackendTarget, Table } from '../../../src/edge/table.ts'

const settings = {
  listeners: [],
  admin: { address: { host: '127.0.0.1', port: 0 } },
  trustedProxies: [],
  limits: defaultLimits,
  timeouts: defaultTimeouts,
  resilience: defaultResilience,
}
const policy = policyOf(settings)

/** A kept connection, of which only that it is there is of interest. */
const upstream = {
  connected: true,
  served: 1,
  deadlineMs: 0,
  socket: { write: () => true },
  carry: () => undefined,
  destroy: () => undefined,
} as unknown as Upstream

const endpoint = { inFlight: 0, take: () => upstream, failed: () => undefined } as unknown as EndpointPool<Exchange>

/** A backend with counters of its own, as one that comes back after its series were forgotten, and the table that has it. */
function tableWithBackend(): { readonly table: Table<Exchange>; readonly backend: BackendTarget<Exchange> } {
  const endpoints = { all: [endpoint], usable: [endpoint], warming: false }
  const block = new Float64Array(backendBlockCells)
  const backend = { split: 'main', name: 'only', block, endpoints, retryBudget: openRetryBudget(0) } as unknown as BackendTarget<Exchange>
  const table = { policy, limits: settings.limits, timeouts: settings.timeouts, splits: new Map([['main', { backends: [backend] }]]) }
  return { table: table as unknown as Table<Exchange>, backend }
}

t.test('a request that is tried again under another table leaves the gauge that it joined', async (t) => {
  const [before, after] = [tableWithBackend(), tableWithBackend()]
  const context = new Context(before.table, new Float64Array(workerBlockCells), 'test', '00')
  const client = { socket: { pause: () => undefined }, deadlineMs: 0 } as unknown as Downstream
  const exchange = new Exchange(before.table, context, client, new RequestHead(settings.limits))
  exchange.policy = policy
  exchange.backend = before.backend
  exchange.endpoint = endpoint
  exchange.attach(upstream)
  t.equal(before.backend.block[at.inFlight], 1)
  context.use(after.table)
  carrying.failed(exchange, 'reset')
  t.equal(exchange.retries, 1, 'it is tried again')
  t.equal(before.backend.block[at.inFlight], 0, 'the backend that it was sent to has none in flight')
  t.equal(after.backend.block[at.inFlight], 1, 'the one that it is sent to has one')
  t.equal(after.backend.block[at.retries], 1, 'which counts the retry')
  t.equal(endpoint.inFlight, 1)
})
