// Heads that are made to cost more than they weigh: refused, closed, and forgotten.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ask, openClient, responsesOf } from '../http/client.ts'
import { startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { inParallel } from '../http/rows.ts'
import { startUpstream } from '../http/upstream.ts'
import { figure } from './full.ts'

const connections = figure(1_000, 100)
const atOnce = 50
/** Envoy calls 100 an amplification; ours is to be a fifth of it. */
const growthPerByte = 20
/** Of a heap that has not been collected yet, whatever was sent. */
const slackBytes = 8 * 1024 * 1024
t.setTimeout(fileDeadlineMs)

const start = 'GET / HTTP/1.1\r\nHost: a\r\n'
const bombs = [
  { name: 'one header of 1 MiB', bytes: `${start}X-Bomb: ${'x'.repeat(1_048_576)}\r\n\r\n` },
  { name: '10,000 headers of 1 byte', bytes: `${start}${'a:b\r\n'.repeat(10_000)}\r\n` },
  { name: '10,000 headers of 1 byte, each of another name', bytes: `${start}${Array.from({ length: 10_000 }, (_, i) => `${i}:b\r\n`).join('')}\r\n` },
  { name: '2,000 headers of 8 bytes, then Content-Length', bytes: `${start}${'a: 2345\r\n'.repeat(2_000)}Content-Length: 5\r\n\r\nhello` },
  { name: '101 headers, then Content-Length', bytes: `${start}${'a: 2345\r\n'.repeat(101)}Content-Length: 5\r\n\r\nhello` },
]

const upstream = await startUpstream('here')
const edge = await startEdgeProcess(`listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
timeouts: {requestHead: 5s}
routes: [{path: /, split: main}]
splits: {main: {backends: {here: {weight: 1, endpoints: ["127.0.0.1:${upstream.port}"]}}}}
`)
const address = edge.addresses[0]!
t.teardown(async () => {
  await edge.close()
  await upstream.close()
})

/** What was wrong with how the edge took it; undefined: nothing. */
async function drop(bytes: string): Promise<string | undefined> {
  const client = await openClient(address)
  client.write(bytes)
  await client.until(() => client.end !== 'open', 8_000)
  const [answer] = responsesOf(client, ['GET']).responses
  client.socket.destroy()
  if (client.end === 'open') return 'still open'
  // Sent on after the refusal, the last bytes may meet a closed socket: a reset overtakes the answer then.
  if (answer === undefined) return client.end === 'reset' ? 'reset before the answer' : `no answer: ${JSON.stringify(client.text.slice(0, 100))}`
  return statusOf(answer) === 431 ? undefined : answer.startLine
}

async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = edge.residentBytes()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, edge.residentBytes())
  }, 20)
  await work()
  clearInterval(watch)
  return Math.max(most, edge.residentBytes()) - before
}

for (const { name, bytes } of bombs)
  void t.test(`E15 header bombs: ${name}`, async (t) => {
    await inParallel(Array.from({ length: 2 * atOnce }), atOnce, async () => void (await drop(bytes)))
    const problems: string[] = []
    const growth = await growthDuring(() =>
      inParallel(Array.from({ length: connections }), atOnce, async () => {
        const problem = await drop(bytes)
        if (problem !== undefined) problems.push(problem)
      }),
    )
    t.same(problems.slice(0, 5), [], `431 and the end, ${connections} times`)
    const sent = atOnce * bytes.length
    t.ok(growth <= growthPerByte * sent + slackBytes, `grew by ${(growth / 1024).toFixed(0)} KiB for ${(sent / 1024).toFixed(0)} KiB at a time`)
    t.equal(upstream.received.size, 0, 'nothing reached an upstream')
  })

void t.test('E15 header bombs: heads that never end cost little more than their bytes', async (t) => {
  const head = `${start}X-Long: ${'x'.repeat(15_000)}`
  const clients = await Promise.all(Array.from({ length: 400 }, () => openClient(address)))
  const growth = await growthDuring(async () => {
    for (const client of clients) client.write(head)
    await delay(1_000)
  })
  const sent = clients.length * head.length
  t.ok(growth <= growthPerByte * sent, `grew by ${(growth / sent).toFixed(1)} bytes for each byte of ${(sent / 1024).toFixed(0)} KiB`)
  await Promise.all(clients.map((client) => client.until(() => client.end !== 'open', 8_000)))
  t.same([...new Set(clients.map((client) => `${client.end} ${client.text.slice(0, 12)}`))], ['fin HTTP/1.1 408'], 'each is told at the deadline')
  t.equal((await ask(address, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'))?.body, 'here', 'and the edge serves on')
  for (const client of clients) client.socket.destroy()
})
