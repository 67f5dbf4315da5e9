// One script, two servers: what a real Kubernetes answered is recorded, the sandbox must answer the same, and a real one, where there is one, still does.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { isKubeError } from '../../src/kube/errors.ts'
import { namespaces, serviceAccounts } from '../../src/kube/resource.ts'
import { type Cluster, lacksCluster, startCluster } from '../cluster/cluster.ts'
import { ask, askSandbox } from './ask.ts'
import { compare, type Difference, explains, table } from './compare.ts'
import { connect, serverOf } from './connect.ts'
import { explanations, unexplained } from './explained.ts'
import { readRecording } from './recorded.ts'
import { topics } from './topics.ts'

t.setTimeout(300_000)

t.test('the sandbox answers as a real server did', async (t) => {
  const all: Difference[] = []
  for (const topic of topics) {
    const { kubernetes, records } = readRecording(topic.name)
    const differences = compare(topic.name, records, await askSandbox(topic))
    all.push(...differences)
    const left = unexplained(differences)
    t.equal(left.length, 0, `${topic.name}: ${records.length} requests, as Kubernetes ${kubernetes}`, { differences: table(left) })
  }
  for (const explanation of explanations)
    t.ok(
      all.some((difference) => explains(explanation, difference)),
      `still needs the explanation: ${explanation.because}`,
    )
})

const wakeMs = 90_000
/** A controller that hears of things brings an account back in less. */
const hearMs = 3_000

/** Who stood still for a minute first finds its connections broken, those by which it hears of namespaces and those of accounts. */
async function atWork({ client }: Cluster): Promise<void> {
  const end = performance.now() + wakeMs
  for (let tries = 0; performance.now() < end; tries++) {
    const name = `awake-${tries}`
    const account = { namespace: name, name: 'default' }
    const isThere = async (untilMs: number): Promise<boolean> => {
      for (; performance.now() < untilMs; await delay(100)) {
        try {
          await client.get(serviceAccounts, account)
          return true
        } catch (error) {
          if (!isKubeError(error, 'notFound')) throw error
        }
      }
      return false
    }
    await client.create(namespaces, { metadata: { name } })
    if (!(await isThere(end))) break
    await client.delete(serviceAccounts, account)
    if (await isThere(performance.now() + hearMs)) return
  }
  throw new Error(`the controllers were not at work within ${wakeMs} ms`)
}

t.test('a real server answers as it did when it was recorded', { skip: lacksCluster() }, async (t) => {
  const cluster = await startCluster(['--etcd-compaction-interval=1s'])
  t.teardown(() => cluster.close())
  // Begun anew, it has forgotten its first versions.
  await cluster.killServer()
  await cluster.restartServer()
  const connection = connect(serverOf(cluster.kubeconfig))
  t.teardown(() => connection.close())
  for (const topic of topics) {
    cluster.setControllers(topic.controllers)
    if (topic.controllers === 'at work') await atWork(cluster)
    const { records } = readRecording(topic.name)
    const differences = compare(topic.name, records, await ask(topic, connection))
    t.equal(differences.length, 0, `${topic.name}: ${records.length} requests`, { differences: table(differences) })
  }
})
