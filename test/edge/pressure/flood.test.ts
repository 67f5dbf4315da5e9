// E14: more connections than one client should have, from one address and from many.
import t from 'tap'
import { defaultLimits } from '../../../src/edge/config.ts'
import { type Client, openClient } from '../http/client.ts'
import { fileDeadlineMs, startHarness } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { isFull } from '../promises/full.ts'
import { limited, metric, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)
const floodMs = isFull ? 30_000 : 2_500
const perAddress = 50
const address = (n: number): string => `127.0.${1 + Math.floor(n / 200)}.${1 + (n % 200)}`

for (const [from, addresses] of [
  ['one address', 1],
  ['200 addresses', 200],
] as const)
  t.test(`E14 connection flood from ${from}: newcomers are refused, those who are there are served`, async (t) => {
    const harness = await startHarness({
      limits: { ...defaultLimits, connectionsPerAddress: perAddress, connections: 500 },
      timeouts: { requestHeadMs: 2_000, drainMs: 500 },
    })
    t.teardown(() => harness.close())
    const stop = new AbortController()
    let answered = 0
    const good = runLoad({
      address: harness.address,
      connections: 8,
      stop: stop.signal,
      request: (index) => `GET /n${String(index).padStart(7, '0')} HTTP/1.1\r\nHost: a\r\n\r\n`,
      onAnswer: (_, { status }) => {
        if (status === 200) answered++
      },
      deadlineMs: 20_000,
    })
    await until(() => answered > 100, 'good clients under way')
    const flood: Client[] = []
    let opened = 0
    const endMs = performance.now() + floodMs
    while (performance.now() < endMs) {
      const batch = await Promise.all(
        Array.from({ length: 50 }, () => openClient(harness.address, address(opened++ % addresses)).catch(() => undefined)),
      )
      flood.push(...batch.filter((client) => client !== undefined))
      harness.forget()
    }
    const refused = (await limited(harness.edge, 'connections_per_address')) + (await limited(harness.edge, 'connections'))
    const open = await metric(harness.edge, 'spillway_edge_connections_open')
    const during = answered
    t.ok(opened > perAddress && refused > 0, `${opened} connections in ${floodMs} ms, ${refused} refused, ${open} open`)
    t.ok(open <= Math.min(500, addresses * perAddress + 10), 'no more open than the limits allow')
    for (const client of flood) client.socket.destroy()
    const overMs = performance.now()
    const sayHello = async (): Promise<boolean> => {
      const client = await openClient(harness.address, address(0))
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.until(() => client.text.endsWith('stable') || client.end !== 'open', 5_000)
      client.socket.destroy()
      return client.text.endsWith('stable')
    }
    await until(sayHello, 'full service for those who flooded')
    t.comment(`served again ${Math.round(performance.now() - overMs)} ms after the flood`)
    stop.abort()
    t.same(await good, [], `0 of ${answered} requests on kept connections failed, ${during} during the flood`)
  })
