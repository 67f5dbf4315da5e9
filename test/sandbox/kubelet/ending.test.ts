import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import type { Pod } from '../../../src/api/pod.ts'
import { markedProcesses } from '../../../src/sandbox/kubelet/processes/marked.ts'
import { containerVariable } from '../../../src/sandbox/kubelet/processes/processes.ts'
import { atTerm, images, shell, waits } from './programs.ts'
import { isReady, memoryCluster, startTestNode } from './testNode.ts'

const idOf = ({ status }: Pod): string => status!.containerStatuses![0]!.containerID!.replace('process://', '')
const runs = (pod: Pod): boolean => markedProcesses(`${containerVariable}=${idOf(pod)}`).length > 0
const containersOf = ({ spec }: Pod) => [...(spec.initContainers ?? []), ...spec.containers]
const drop = { namespace: 'default', name: 'p' }

t.test('one that does not want to end is killed when its time is over', async (t) => {
  const node = await startTestNode(t, { images })
  node.create({ name: 'p', spec: { terminationGracePeriodSeconds: 1, containers: [shell(atTerm('echo no'))] } })
  await node.untilLog('p', /up/)
  const pod = node.pod('p')!
  const begun = performance.now()
  node.cluster.delete('pods', drop)
  t.ok(runs(node.pod('p')!), 'it has some time')
  await node.untilGone('p')
  const ms = performance.now() - begun
  t.ok(ms > 900 && ms < 4_000, `${ms} ms`)
  t.notOk(runs(pod))
  t.match(node.scenes('p').at(-1), /\| Failed \|.*app terminated:Error:137/)
})

t.test('less time may be asked for later, and none', async (t) => {
  const node = await startTestNode(t, { images })
  const stubborn = { terminationGracePeriodSeconds: 600, containers: [shell(atTerm(''))] }
  node.create({ name: 'p', spec: stubborn })
  node.create({ name: 'q', spec: stubborn })
  await Promise.all(['p', 'q'].map((name) => node.untilLog(name, /up/)))
  const q = node.pod('q')!
  node.cluster.delete('pods', drop)
  await node.untilPod('p', 'ending', ({ metadata }) => metadata.deletionTimestamp !== undefined)
  node.cluster.delete('pods', drop, { gracePeriodSeconds: 1 })
  await node.untilGone('p')
  node.cluster.delete('pods', { namespace: 'default', name: 'q' }, { gracePeriodSeconds: 0 })
  t.equal(node.pod('q'), undefined, 'it is forgotten at once')
  await node.eventually('its process ends all the same', () => !runs(q))
  await node.eventually('nothing is left of it', () => !existsSync(`${node.directory}/pods/${q.metadata.uid}`))
})

t.test('hooks', async (t) => {
  const node = await startTestNode(t, { images })
  const exec = (command: string) => ({ exec: { command: ['sh', '-c', command] } })
  const at = `${node.directory}/hooks`
  const lifecycle = { postStart: exec(`echo begun >> ${at}`), preStop: exec(`echo asked >> ${at}`) }
  const script = atTerm(`echo told >> ${at}; exit 0`)
  node.create({ name: 'p', spec: { terminationGracePeriodSeconds: 5, containers: [shell(script, { lifecycle })] } })
  await node.untilPod('p', 'ready', isReady)
  for (const { name } of containersOf(node.pod('p')!)) await node.untilLog('p', /up/, name)
  node.cluster.delete('pods', drop)
  await node.untilGone('p')
  t.equal(readFileSync(at, 'utf8'), 'begun\nasked\ntold\n')
  t.match(node.scenes('p').at(-1), /\| Succeeded \|/)
})

t.test('sidecars end last', async (t) => {
  const node = await startTestNode(t, { images })
  const at = `${node.directory}/order`
  const told = (name: string) => atTerm(`echo ${name} >> ${at}; exit 0`)
  const side = (name: string) => shell(told(name), { name, restartPolicy: 'Always' })
  node.create({ name: 'p', spec: { terminationGracePeriodSeconds: 5, initContainers: [side('one'), side('two')], containers: [shell(told('app'))] } })
  await node.untilPod('p', 'ready', isReady)
  for (const { name } of containersOf(node.pod('p')!)) await node.untilLog('p', /up/, name)
  node.cluster.delete('pods', drop)
  await node.untilGone('p')
  t.equal(readFileSync(at, 'utf8'), 'app\ntwo\none\n')
})

t.test('a pod has its time', async (t) => {
  const node = await startTestNode(t, { images })
  node.create({ name: 'p', spec: { activeDeadlineSeconds: 1, containers: [shell(waits)] } })
  const { status } = await node.untilPod('p', 'failed', (pod) => pod.status?.phase === 'Failed')
  t.match(status, { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' })
})

t.test('the next kubelet goes on', async (t) => {
  const cluster = memoryCluster()
  const directory = `${tmpdir()}/spillway-again-${process.pid}`
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const first = await startTestNode(t, { images, cluster, directory })
  first.create({ name: 'p', spec: { containers: [shell(`echo run; ${waits}`)] } })
  first.create({ name: 'done', spec: { restartPolicy: 'Never', containers: [shell('exit 0')] } })
  const before = await first.untilPod('p', 'ready', isReady)
  await first.untilPod('done', 'done', ({ status }) => status?.phase === 'Succeeded')
  await first.kubelet.stop()
  t.notOk(runs(before), 'nothing runs without a kubelet')
  t.ok(isReady(first.pod('p')!), 'though it seems to')
  const second = await startTestNode(t, { images, cluster, directory })
  const after = await second.untilPod('p', 'ready again', (pod) => isReady(pod) && pod.status!.containerStatuses![0]!.restartCount === 1)
  t.match(after.status!.containerStatuses![0]!.lastState, { terminated: { exitCode: 255, reason: 'Unknown' } })
  t.equal(second.pod('done')!.status!.phase, 'Succeeded')
  t.equal(await second.logs('p', { previous: true }), 'run\n')
})
