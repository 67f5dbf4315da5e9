// One script, two servers: what a real Kubernetes answered is recorded, the sandbox must answer the same, and a real one, where there is one, still does.
import t from 'tap'
import { lacksCluster, startCluster } from '../cluster/cluster.ts'
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
    const { records } = readRecording(topic.name)
    const differences = compare(topic.name, records, await ask(topic, connection))
    t.equal(differences.length, 0, `${topic.name}: ${records.length} requests`, { differences: table(differences) })
  }
})
