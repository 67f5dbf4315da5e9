// E27: clients that ask for much and read nothing, until memory is short: requests are turned away, then connections; the process lives.
import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { ask, type Client, openClient } from '../http/client.ts'
import { startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { startUpstream } from '../http/upstream.ts'
import { isFull } from '../promises/full.ts'
import { limited, metric, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)
const MiB = 2 ** 20
const runs = isFull ? 10 : 1
/** What the edge may use beside what it has at rest. */
const room = 80 * MiB
/** Memory is looked at by the event loop: where others take the processor, a look comes late, and what was under way by then is let in. */
const late = 1.15
const large = Buffer.alloc(4 * MiB, 'x')
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

const upstream = await startUpstream('upstream', {
  script: ({ request, connection }) => {
    const isLarge = request.startLine.includes(' /large')
    connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${isLarge ? large.length : 2}\r\n\r\n`)
    connection.socket.write(isLarge ? large : 'ok')
  },
})
t.teardown(() => upstream.close())

function configuration(memoryBytes: number): string {
  return `listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
timeouts: {bodyIdle: 30s, drain: 1s}
limits: {memoryBytes: ${memoryBytes}, upstreamConnections: 5000}
routes: [{path: /, split: main}]
splits: {main: {backends: {only: {weight: 1, endpoints: ["127.0.0.1:${upstream.port}"]}}}}
`
}

for (let run = 1; run <= runs; run++)
  t.test(`E27 memory pressure: sheds, and lives (run ${run})`, async (t) => {
    const edge = await startEdgeProcess(configuration(0))
    t.teardown(() => edge.close())
    const address = edge.addresses[0]!
    const status = async (): Promise<number | undefined> => {
      const answer = await ask(address, get('/small'), 10_000).catch(() => undefined)
      return answer && statusOf(answer)
    }
    for (let n = 0; n < 20; n++) t.equal(await status(), 200)
    const memoryBytes = edge.residentBytes() + room
    await writeFile(edge.file, configuration(memoryBytes))
    await until(async () => (await metric(edge, 'spillway_edge_config_generation')) === 2, 'the limit')
    t.equal(await limited(edge, 'memory'), 0, 'nothing is turned away at rest')
    const readers: Client[] = []
    let most = 0
    await until(
      async () => {
        const more = await Promise.all(Array.from({ length: 10 }, () => openClient(address).catch(() => undefined)))
        for (const client of more.filter((client) => client !== undefined)) {
          readers.push(client)
          client.socket.pause()
          client.write(get('/large'))
        }
        most = Math.max(most, edge.residentBytes())
        return (await limited(edge, 'memory')) > 20 || readers.length > 5_000
      },
      'shedding',
      60_000,
    )
    const turnedAway = await status()
    t.ok(turnedAway === 503 || turnedAway === undefined, `a request is turned away: ${turnedAway}`)
    for (let n = 0; n < 50; n++) {
      await status()
      most = Math.max(most, edge.residentBytes())
    }
    t.ok(most <= memoryBytes * late, `${Math.round(most / MiB)} of ${Math.round(memoryBytes / MiB)} MiB at most, with ${readers.length} readers`)
    for (const client of readers) client.socket.destroy()
    const goneMs = performance.now()
    await until(async () => (await status()) === 200, 'service, once they have gone', 30_000)
    t.comment(`served again after ${Math.round(performance.now() - goneMs)} ms, with ${Math.round(edge.residentBytes() / MiB)} MiB`)
    for (let n = 0; n < 20; n++) t.equal(await status(), 200)
    t.equal(await metric(edge, 'spillway_edge_workers_replaced_total'), 0, 'the same worker')
  })
