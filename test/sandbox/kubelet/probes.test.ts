import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import t from 'tap'
import { httpProbe, tcpProbe } from '../../../src/sandbox/kubelet/probes/network.ts'
import { newTally, type Outcome, tallied } from '../../../src/sandbox/kubelet/probes/threshold.ts'
import { images, shell, waits, web } from './programs.ts'
import { isReady, startTestNode } from './testNode.ts'

t.test('how often in a row', (t) => {
  const cases = [
    { probe: {}, seen: '+', is: 'success' },
    { probe: {}, seen: '--', is: undefined },
    { probe: {}, seen: '---', is: 'failure' },
    { probe: {}, seen: '--+--', is: 'success' },
    { probe: {}, seen: '+---', is: 'failure' },
    { probe: { successThreshold: 2 }, seen: '---+', is: 'failure' },
    { probe: { successThreshold: 2 }, seen: '---++', is: 'success' },
    { probe: { failureThreshold: 1 }, seen: '+-', is: 'failure' },
    { probe: {}, seen: '--?-', is: 'failure' },
    { probe: {}, seen: '+?', is: 'success' },
  ]
  const outcome = (sign: string): Outcome => (sign === '+' ? { kind: 'success' } : { kind: sign === '-' ? 'failure' : 'unknown', output: '' })
  for (const { probe, seen, is } of cases) {
    const tally = [...seen].reduce((before, sign) => tallied(before, outcome(sign), probe), newTally)
    t.equal(tally.verdict, is, `${seen} with ${JSON.stringify(probe)}`)
  }
  t.end()
})

t.test('over the network', async (t) => {
  const http = createServer((request, response) => {
    const path = request.url ?? ''
    if (path === '/slow') return
    if (path === '/cut') return void request.socket.destroy()
    if (path.startsWith('/to/')) response.setHeader('location', path.slice(3))
    if (path === '/away') response.setHeader('location', 'http://elsewhere.test/x')
    response.statusCode = path.startsWith('/to/') || path === '/away' ? 302 : Number(path.slice(1)) || 200
    response.end(request.headers['user-agent'])
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  const get = async (path: string, timeoutMs = 2_000): Promise<string> => {
    const outcome = await httpProbe({ scheme: 'http', host: '127.0.0.1', port, path, headers: {} }, timeoutMs)
    return outcome.kind === 'success' ? 'success' : outcome.output
  }
  const at = `"http://127.0.0.1:${port}`
  t.equal(await get('/'), 'success')
  t.equal(await get('/399'), 'success')
  t.equal(await get('/400'), 'HTTP probe failed with statuscode: 400')
  t.equal(await get('/503'), 'HTTP probe failed with statuscode: 503')
  t.equal(await get('/to/204'), 'success')
  t.equal(await get('/to/500'), 'HTTP probe failed with statuscode: 500')
  t.equal(await get('/away'), 'success', 'another host is not followed')
  t.equal(await get('/cut'), `Get ${at}/cut": EOF`)
  t.equal(await get('/slow', 100), `Get ${at}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`)
  const unused = createTcpServer().listen(0, '127.0.0.1')
  await once(unused, 'listening')
  const free = (unused.address() as AddressInfo).port
  unused.close()
  await once(unused, 'close')
  t.same(await tcpProbe('127.0.0.1', port, 1_000), { kind: 'success' })
  t.same(await tcpProbe('127.0.0.1', free, 1_000), { kind: 'failure', output: `dial tcp 127.0.0.1:${free}: connect: connection refused` })
})

t.test('readiness comes and goes', async (t) => {
  const node = await startTestNode(t, { images })
  const readinessProbe = { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1, failureThreshold: 1 }
  node.create({ name: 'web', spec: { containers: [web({ ports: [{ name: 'http', containerPort: 8080 }], readinessProbe })] } })
  const { status } = await node.untilPod('web', 'ready', isReady)
  const url = `http://${status!.podIP}:8080`
  t.match(await (await fetch(url)).text(), `${status!.podIP}:8080`)
  await fetch(`${url}/off`)
  await node.untilPod('web', 'not ready', (pod) => !isReady(pod))
  await node.untilNews('web', 'Warning Unhealthy [spec.containers{app}] Readiness probe failed: HTTP probe failed with statuscode: 503')
  await fetch(`${url}/on`)
  const again = await node.untilPod('web', 'ready again', isReady)
  t.equal(again.status!.containerStatuses![0]!.restartCount, 0)
})

t.test('who is not alive is started again; start-up comes first', async (t) => {
  const node = await startTestNode(t, { images })
  const exec = (command: string) => ({ exec: { command: ['sh', '-c', command] }, periodSeconds: 1 })
  const flag = `${node.directory}/flag`
  node.create({
    name: 'live',
    spec: {
      containers: [
        shell(`rm -f ${flag}; sleep 1; touch ${flag}; ${waits}`, {
          startupProbe: { ...exec(`test -f ${flag}`), failureThreshold: 20 },
          livenessProbe: { ...exec(`test -f ${flag} || { echo it is gone; exit 1; }`), failureThreshold: 1 },
        }),
      ],
    },
  })
  const early = await node.untilPod('live', 'running', ({ status }) => status?.phase === 'Running')
  t.match(early.status!.containerStatuses![0], { started: false, ready: false, restartCount: 0 })
  await node.untilPod('live', 'ready', isReady)
  rmSync(flag)
  await node.untilPod('live', 'started again', (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && isReady(pod))
  await node.untilNews('live', 'Warning Unhealthy [spec.containers{app}] Liveness probe failed: it is gone')
  await node.untilNews('live', 'Normal Killing [spec.containers{app}] Container app failed liveness probe, will be restarted')
})

t.test('what cannot be probed is told', async (t) => {
  const node = await startTestNode(t, { images })
  node.create({ name: 'grpc', spec: { containers: [shell(waits, { readinessProbe: { grpc: { port: 1 } } })] } })
  node.create({ name: 'exec', spec: { containers: [shell(waits, { readinessProbe: { exec: { command: ['no-such-program'] } } })] } })
  node.create({ name: 'late', spec: { containers: [shell(waits, { readinessProbe: { exec: { command: ['sleep', '9'] }, timeoutSeconds: 1 } })] } })
  await node.untilPod('grpc', 'ready all the same', isReady)
  await node.untilNews('grpc', 'readiness probes of type grpc do not exist in this sandbox')
  await node.untilNews('exec', 'Readiness probe errored and resulted in unknown state: exec: "no-such-program": executable file not found in $PATH')
  await node.untilNews('late', 'Readiness probe failed: command timed out: "sleep 9" timed out after 1s')
})
