import { readFileSync } from 'node:fs'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { images, shell, waits } from './programs.ts'
import { isReady, startTestNode } from './testNode.ts'

const keyed = (name: string, data: Readonly<Record<string, string>>): KubeObject => ({ metadata: { name, namespace: 'default' }, data }) as KubeObject

t.test('a container waits for what it is configured with', async (t) => {
  const node = await startTestNode(t, { images })
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }]
  node.create({ name: 'noconfig', spec: { containers: [shell(`echo "$A"; ${waits}`, { env })] } })
  const { status } = await node.untilPod(
    'noconfig',
    'waiting',
    (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
  )
  t.equal(status!.containerStatuses![0]!.state!.waiting!.message, 'configmap "late" not found')
  node.cluster.create('configmaps', keyed('late', { a: 'it came' }))
  await node.untilPod('noconfig', 'ready', isReady)
  await node.untilLog('noconfig', /it came/)
  await node.untilNews('noconfig', 'Started')
  t.match(node.news('noconfig'), [
    /Scheduled/,
    /Pulled/,
    'Warning Failed [spec.containers{app}] Error: configmap "late" not found',
    /Created/,
    /Started/,
  ])
})

t.test('a pod waits for what it mounts, and sees it change', async (t) => {
  const node = await startTestNode(t, { images })
  const volumes = [
    { name: 'conf', configMap: { name: 'conf' } },
    { name: 'work', emptyDir: {} },
  ]
  const volumeMounts = [
    { name: 'conf', mountPath: '/etc/shop' },
    { name: 'work', mountPath: '/work' },
  ]
  const script = `cat /etc/shop/a > /work/seen; echo "$VOLUME_CONF"; ${waits}`
  node.create({ name: 'web', spec: { containers: [shell(script, { volumeMounts })], volumes } })
  await node.untilNews('web', 'Warning FailedMount MountVolume.SetUp failed for volume "conf" : configmap "conf" not found')
  const conf = node.cluster.create<KubeObject & { data: object }>('configmaps', keyed('conf', { a: 'one' }) as KubeObject & { data: object })
  const pod = await node.untilPod('web', 'ready', isReady)
  const folder = `${node.directory}/pods/${pod.metadata.uid}/volumes`
  const holds = (file: string, text: string) => (): true | undefined => {
    try {
      return readFileSync(file, 'utf8') === text || undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
  await node.eventually('it has read its file', holds(`${folder}/work/seen`, 'one'))
  node.cluster.update('configmaps', { ...conf, data: { a: 'two' } })
  await node.eventually('the file has changed', holds(`${folder}/conf/a`, 'two'))
  t.match(await node.logs('web'), /\/volumes\/conf\n$/)
})

t.test('an image that no program stands for', async (t) => {
  const node = await startTestNode(t, { images })
  node.create({ name: 'shop', spec: { containers: [{ name: 'app', image: 'shop:v1' }] } })
  const { status } = await node.untilPod(
    'shop',
    'backing off',
    (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
  )
  t.match(
    status!.containerStatuses![0]!.state!.waiting!.message,
    /^Back-off pulling image "shop:v1": ErrImagePull: no program stands for .* --image 'shop:\*=node shop.js'$/,
  )
  await node.untilNews('shop', 'Error: ImagePullBackOff')
  t.match(node.news('shop').slice(1), [
    'Normal Pulling [spec.containers{app}] Pulling image "shop:v1"',
    /^Warning Failed \[spec.containers{app}\] Failed to pull image "shop:v1": no program/,
    'Warning Failed [spec.containers{app}] Error: ErrImagePull',
    'Normal BackOff [spec.containers{app}] Back-off pulling image "shop:v1"',
    'Warning Failed [spec.containers{app}] Error: ImagePullBackOff',
  ])
})

t.test('a program that cannot be run', async (t) => {
  const node = await startTestNode(t, { images })
  node.create({ name: 'no', spec: { containers: [{ name: 'app', image: 'sh:1', command: ['nothing-here'] }] } })
  const because = 'unable to start process: exec: "nothing-here": executable file not found in $PATH'
  await node.untilPod('no', 'failing again and again', (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff')
  const ended = `app waiting:RunContainerError(${because}) id image last=terminated:StartError:128(${because})`
  await node.eventually('it has tried', () => node.scenes('no').some((scene) => scene.includes('| Running |') && scene.endsWith(ended)))
  await node.untilNews('no', `Warning Failed [spec.containers{app}] Error: ${because}`)
})

t.test('what a program is told', async (t) => {
  const node = await startTestNode(t, { images })
  const env = [{ name: 'SAID', value: '$(HOST) $(PORT) $(IMAGE_TAG) $(HOSTNAME)' }]
  const ports = [{ containerPort: 53, protocol: 'UDP' as const }, { containerPort: 8080 }]
  node.create({ name: 'p', spec: { containers: [shell(`echo "$SAID"; ${waits}`, { image: 'sh:v7', env, ports })] } })
  await node.untilLog('p', /p\n/)
  t.equal(await node.logs('p'), `${node.pod('p')!.status!.podIP} 8080 v7 p\n`)
})

t.test('tokens and a kubeconfig', async (t) => {
  const asked: string[] = []
  const node = await startTestNode(t, {
    images,
    access: {
      mintToken: ({ pod, serviceAccount, audience, expirationSeconds }) => `${pod.metadata.name}/${serviceAccount}/${audience}/${expirationSeconds}`,
      kubeconfig: ({ serviceAccount }) => {
        asked.push(serviceAccount)
        return 'a kubeconfig'
      },
    },
  })
  for (const name of ['default', 'quiet'])
    node.cluster.create('serviceaccounts', {
      metadata: { name, namespace: 'default' },
      ...(name === 'quiet' && { automountServiceAccountToken: false }),
    })
  const volumes = [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'shop', expirationSeconds: 600 } }] } }]
  const script = `cat "$VOLUME_TOKEN/token"; echo; cat "$KUBECONFIG"; echo; ${waits}`
  node.create({
    name: 'with',
    spec: { serviceAccountName: 'default', containers: [shell(script, { volumeMounts: [{ name: 'token', mountPath: '/t' }] })], volumes },
  })
  node.create({ name: 'without', spec: { serviceAccountName: 'quiet', containers: [shell(`echo "[$KUBECONFIG]"; ${waits}`)] } })
  await node.untilLog('with', /a kubeconfig/)
  t.equal(await node.logs('with'), 'with/default/shop/600\na kubeconfig\n')
  await node.untilLog('without', /\[\]/)
  t.same(asked, ['default'])
})
