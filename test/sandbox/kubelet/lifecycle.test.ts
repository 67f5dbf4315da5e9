import t from 'tap'
import { hasPhase, isReady, startTestNode } from './testNode.ts'

const sh = (script: string) => ({ name: 'app', image: 'sh:1', args: ['-c', script] })

t.test('a pod runs, is asked to end, and goes', async (t) => {
  const node = await startTestNode(t)
  node.create({ name: 'web', spec: { containers: [sh(`trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done`)] } })
  const pod = await node.untilPod('web', 'ready', isReady)
  t.match(pod.status, { phase: 'Running', hostIP: '127.0.0.1', podIP: /^127\.(6[4-9]|[7-9]\d|1[012]\d)\./, startTime: /Z$/ })
  t.match(await node.logs('web'), 'hello\n')
  node.cluster.delete('pods', { namespace: 'default', name: 'web' })
  await node.untilGone('web')
  t.same(node.news('web'), [
    'Normal Scheduled Successfully assigned default/web to sandbox',
    'Normal Pulled [spec.containers{app}] Container image "sh:1" already present on machine',
    'Normal Created [spec.containers{app}] Created container: app',
    'Normal Started [spec.containers{app}] Started container app',
    'Normal Killing [spec.containers{app}] Stopping container app',
  ])
})

t.test('one that crashes is started again, later each time', async (t) => {
  const node = await startTestNode(t)
  node.create({ name: 'crash', spec: { containers: [sh('echo run; exit 3')] } })
  await node.untilPod('crash', 'three starts', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 3)
  t.match(node.scenes('crash').join('\n'), /waiting:CrashLoopBackOff\(back-off 600ms restarting failed container=app pod=crash_default\(UID\)\)/)
  t.match(node.scenes('crash').join('\n'), /back-off 1.2s/)
  await node.untilNews('crash', 'Warning BackOff [spec.containers{app}] Back-off restarting failed container app in pod crash_default(UID)')
  t.equal(await node.logs('crash', { previous: true }), 'run\n')
})

t.test('one that is done stays', async (t) => {
  const node = await startTestNode(t)
  node.create({ name: 'done', spec: { restartPolicy: 'Never', containers: [sh('exit 0')] } })
  node.create({ name: 'failed', spec: { restartPolicy: 'Never', containers: [sh('exit 4')] } })
  await node.untilPod('done', 'succeeded', hasPhase('Succeeded'))
  await node.untilPod('failed', 'failed', hasPhase('Failed'))
})
