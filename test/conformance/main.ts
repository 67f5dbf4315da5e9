// Runs the script by hand. Usage: node test/conformance/main.ts record|compare|twice FOLDER|sandbox [TOPIC…]
//   record   writes down what a real server answers
//   compare  prints how a server's answers differ from what is written down, but for what is explained
//   twice    prints how a server's answers differ from its own
// FOLDER is where $KUBE_UP has started a control plane; `sandbox` starts a sandbox for each topic.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, askSandbox } from './ask.ts'
import { compare, table } from './compare.ts'
import { type Connection, connect, serverOf } from './connect.ts'
import { unexplained } from './explained.ts'
import type { Recorded } from './normalise.ts'
import { readRecording, writeRecording } from './recorded.ts'
import type { Topic } from './script.ts'
import { topics } from './topics.ts'

const [action = '', target = '', ...names] = process.argv.slice(2)
const connection = target === 'sandbox' ? undefined : connect(serverOf(join(target, 'kubeconfig')))

async function answers(topic: Topic): Promise<readonly Recorded[]> {
  if (connection === undefined) return askSandbox(topic)
  const controllers = Number(readFileSync(join(target, 'kube-controller-manager.pid'), 'utf8'))
  process.kill(controllers, topic.controllers === 'still' ? 'SIGSTOP' : 'SIGCONT')
  return ask(topic, connection)
}

async function versionOf(server: Connection): Promise<string> {
  const { text } = await server.send({ method: 'GET', path: '/version', headers: {} })
  return (JSON.parse(text) as { readonly gitVersion: string }).gitVersion
}

async function actOn(topic: Topic): Promise<readonly Recorded[]> {
  const records = await answers(topic)
  for (const { rule, request, failed } of records) if (failed !== undefined) console.log(`${topic.name}: ${rule}: ${request}: ${failed}`)
  switch (action) {
    case 'record':
      if (connection === undefined) throw new Error('a sandbox is not what is recorded')
      writeRecording(topic.name, { kubernetes: await versionOf(connection), records })
      break
    case 'compare':
      console.log(table(unexplained(compare(topic.name, readRecording(topic.name).records, records))))
      break
    case 'twice':
      console.log(table(compare(topic.name, records, await answers(topic))))
      break
    default:
      throw new Error(`${action} is none of record, compare, twice`)
  }
  return records
}

let count = 0
for (const topic of topics.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const startedAt = performance.now()
  const { length } = await actOn(topic)
  count += length
  console.log(`${topic.name}: ${length} requests in ${Math.round(performance.now() - startedAt)} ms`)
}
console.log(`${count} requests`)
connection?.close()
