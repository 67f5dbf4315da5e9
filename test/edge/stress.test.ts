// Everything at once, against an edge of its own process: sound and ill-behaved clients, upstreams that break any rule, configurations that change
// (promises E1, E2, E5, E16–E18, E26, E29). Afterwards nothing must be left: no count, no connection, no descriptor.
import { readdirSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startEdgeProcess } from './http/edgeProcess.ts'
import { fileDeadlineMs, randomFrom } from './http/harness.ts'
import { type Received, startUpstream, write } from './http/upstream.ts'
import { misconduct } from './stress/misconduct.ts'
import { type Scene, session } from './stress/sessions.ts'

const loadMs = Number(process.env['STRESS_MS'] ?? 6_000)
const lanes = 24
const settleMs = 15_000
const residentMaximum = 400 * 1024 * 1024
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)

const received = new Map<string, number>()
const misled: string[] = []
const script = async (request: Received): Promise<void> => {
  const [method, target = ''] = request.request.startLine.split(' ')
  const nonce = target.split('/')[2] ?? ''
  const times = (received.get(nonce) ?? 0) + 1
  received.set(nonce, times)
  if (times > (method === 'POST' ? 1 : 2)) misled.push(`${request.request.startLine} came ${times} times`)
  for (const upstream of upstreams) upstream.received.delete(nonce)
  await misconduct(request, random)
}
const upstreams = await Promise.all(['one', 'two', 'three'].map((name) => startUpstream(name, { script })))

function configuration(weight: number, hosts: number): string {
  const [one, two, three] = upstreams.map((upstream) => `"127.0.0.1:${upstream.port}"`)
  const routes = Array.from({ length: hosts }, (_, index) => `  - {host: "h${index}.example", path: /, split: main}\n`).join('')
  return `listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
timeouts: {responseHead: 3s, bodyIdle: 3s, upstreamIdle: 500ms, keepAlive: 5s, drain: 1s}
routes:
${routes}  - {path: /, split: main}
splits:
  main:
    totalWeight: 100
    backends:
      stable: {weight: ${100 - weight}, endpoints: [${hosts % 2 === 0 ? `${one}, ${three}` : one}]}
      canary: {weight: ${weight}, endpoints: [${two}]}
`
}

let complaints = ''
const edge = await startEdgeProcess(configuration(5, 0), 2, {
  onComplaint: (text) => {
    complaints += text
  },
})
const admin = `http://${edge.admin.host}:${edge.admin.port}`
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await edge.close()
  await Promise.all(upstreams.map((upstream) => upstream.close()))
})

async function metrics(): Promise<(name: string) => number> {
  const page = await (await fetch(`${admin}/metrics`)).text()
  const lines = page.split('\n')
  return (name) =>
    lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

function descriptors(): number {
  return readdirSync(`/proc/${edge.pid}/fd`).length
}

let lastNonce = 0
const scene: Scene = {
  address: edge.addresses[0]!,
  random,
  nextNonce: () => `n${String(++lastNonce).padStart(7, '0')}`,
  answerEarly(nonce) {
    const run = ({ connection }: Received): void => write(connection, `HTTP/1.1 401 No\r\nX-Nonce: ${nonce}\r\nContent-Length: 2\r\n\r\nno`)
    for (const upstream of upstreams) upstream.scripts.set(nonce, { when: 'head', run })
  },
}

async function changeConfigurations(over: () => boolean): Promise<void> {
  while (!over()) {
    const change = random(8)
    const text = change === 0 ? 'listeners: [{address: nowhere}]\n' : configuration(random(101), random(6))
    // As editors do: whole or not at all.
    await writeFile(`${edge.file}.new`, text)
    await rename(`${edge.file}.new`, edge.file)
    await delay(100)
  }
}

async function patch(over: () => boolean, refused: number[]): Promise<void> {
  while (!over()) {
    const canary = random(101)
    const { status, body } = await fetch(`${admin}/v1/splits/main`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify({ weights: { stable: 100 - canary, canary } }),
    })
    await body?.cancel()
    if (status !== 200) refused.push(status)
    await delay(30)
  }
}

void t.test('E29 misconduct on all sides leaves no wrong answer behind, and nothing else', async (t) => {
  t.comment(`seed ${seed}`)
  await metrics()
  const descriptorsBefore = descriptors()
  const until = performance.now() + loadMs
  const wrong: string[] = []
  const refused: number[] = []
  let sessions = 0
  const over = (): boolean => performance.now() > until || wrong.length > 5
  const lane = async (): Promise<void> => {
    while (!over()) {
      const problem = await session(scene)
      sessions++
      if (problem !== undefined) wrong.push(problem)
    }
  }
  await Promise.all([...Array.from({ length: lanes }, lane), changeConfigurations(over), patch(over, refused), patch(over, refused)])
  t.comment(`${sessions} connections with ${lastNonce} requests`)
  t.same(wrong, [], 'every answer is the one that was asked for, whole or visibly broken')
  t.same(misled, [], 'no request that must not be repeated came twice')
  t.same(
    upstreams.flatMap((upstream) => upstream.malformed),
    [],
    'the upstreams were sent nothing malformed',
  )
  t.same(refused, [], 'every change of weights was taken')

  const gauges = ['requests_in_flight', 'tunnels_open', 'connections_open', 'upstream_connections_open'].map((name) => `spillway_edge_${name}`)
  const deadline = performance.now() + settleMs
  let value = await metrics()
  while (gauges.some((name) => value(name) !== 0) && performance.now() < deadline) {
    await delay(200)
    value = await metrics()
  }
  for (const name of gauges) t.equal(value(name), 0, name)
  t.equal(value('spillway_edge_workers_replaced_total'), 0, 'no worker died')
  t.equal(value('spillway_edge_workers_serving'), 2)
  t.same(
    complaints.split('\n').filter((line) => line !== '' && !line.includes('refused, the table in use stays')),
    [],
    'it complains of refused configurations alone',
  )
  t.ok(value('spillway_edge_config_rejected_total') > 0, 'some configurations were refused')
  t.ok(edge.residentBytes() < residentMaximum, `${Math.round(edge.residentBytes() / 1024 / 1024)} MiB in memory`)
  // Connections to the admin server are kept.
  t.ok(descriptors() <= descriptorsBefore + 8, `${descriptors()} descriptors open, ${descriptorsBefore} before`)
})
