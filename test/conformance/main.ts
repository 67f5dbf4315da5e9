// Runs the script by hand. Usage: node test/conformance/main.ts record|compare|twice KUBECONFIG|sandbox [TOPIC…]
//   record   writes down what a real server answers
//   compare  prints how a server's answers differ from what is written down, but for what is explained
//   twice    prints how a server's answers differ from its own
// `sandbox` starts one. A real server's kube-controller-manager must stand still (kill -STOP), but for topics with controllers.
import { compare, table } from './compare.ts'
import { type Connection, connect, serverOf } from './connect.ts'
import { unexplained } from './explained.ts'
import { normalise, type Recorded } from './normalise.ts'
import { readRecording, writeRecording } from './recorded.ts'
import { runTopic } from './run.ts'
import { startSandbox } from './sandbox.ts'
import type { Topic } from './script.ts'
import { topics } from './topics.ts'

const [action = '', target = '', ...names] = process.argv.slice(2)

async function ask(topic: Topic, connection: Connection): Promise<readonly Recorded[]> {
  const run = Math.random().toString(36).slice(2, 7)
  return normalise(await runTopic(topic, connection, run), run)
}

const sandbox = target === 'sandbox' ? await startSandbox() : undefined
const connection = connect(sandbox?.server ?? serverOf(target))
const { text } = await connection.send({ method: 'GET', path: '/version', headers: {} })
const { gitVersion } = JSON.parse(text) as { readonly gitVersion: string }
let count = 0
for (const topic of topics.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const startedAt = performance.now()
  const records = await ask(topic, connection)
  count += records.length
  for (const { rule, request, failed } of records) if (failed !== undefined) console.log(`${topic.name}: ${rule}: ${request}: ${failed}`)
  if (action === 'record') writeRecording(topic.name, { kubernetes: gitVersion, records })
  if (action === 'compare') console.log(table(unexplained(compare(topic.name, readRecording(topic.name).records, records))))
  if (action === 'twice') console.log(table(compare(topic.name, records, await ask(topic, connection))))
  console.log(`${topic.name}: ${records.length} requests in ${Math.round(performance.now() - startedAt)} ms`)
}
console.log(`${count} requests`)
connection.close()
await sandbox?.stop()
