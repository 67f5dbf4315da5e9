import { type Connection, connect } from './connect.ts'
import { normalise, type Recorded } from './normalise.ts'
import { runTopic } from './run.ts'
import { startSandbox } from './sandbox.ts'
import type { Topic } from './script.ts'

/** What a server answers to a topic, made comparable. */
export async function ask(topic: Topic, connection: Connection): Promise<readonly Recorded[]> {
  const run = Math.random().toString(36).slice(2, 7).padEnd(5, '0')
  return normalise(await runTopic(topic, connection, run), run)
}

/** As `ask`, of a sandbox of its own. */
export async function askSandbox(topic: Topic): Promise<readonly Recorded[]> {
  const sandbox = await startSandbox(topic)
  const connection = connect(sandbox.server)
  try {
    return await ask(topic, connection)
  } finally {
    connection.close()
    await sandbox.stop()
  }
}
