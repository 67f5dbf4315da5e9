/**
 * A worker that serves nothing: it keeps the protocol, tells on a channel what it was told, and counts and dies on command. What it refuses,
 * or does not survive, is named by the configuration: port 6 is refused by all, port 7 by worker 1 only; a split named `dies` ends the
 * thread at `apply`, `hangs` is never answered, `hangs-once`
 * not by a worker 1 that has a table already, `refused` is refused by worker 1, and with `forgotten` it forgets which table it has.
 */
import { BroadcastChannel, parentPort, threadId, workerData } from 'node:worker_threads'
import type { BackendBlocks, FromWorker, ToWorker, WorkerData } from '../../../src/edge/protocol.ts'
import { type StubCommand, type StubReport, stubChannel } from './stubProtocol.ts'

const { index, block } = workerData as WorkerData
const channel = new BroadcastChannel(stubChannel)
const main = parentPort!
let blocks: BackendBlocks = {}
let tableVersion = 0
let foundPort = 40_000

main.on('message', (message: ToWorker) => {
  // Shared memory cannot be sent to many.
  const told = message.kind === 'apply' ? { ...message, blocks: {} } : message
  channel.postMessage({ kind: 'told', worker: index, thread: threadId, message: told } satisfies StubReport)
  const answer = answerTo(message)
  if (answer !== undefined) main.postMessage(answer)
})

function answerTo(message: ToWorker): FromWorker | undefined {
  switch (message.kind) {
    case 'prepare': {
      const { version, listeners } = message
      if (listeners.some(({ port }) => port === 6 || (port === 7 && index === 1))) return { kind: 'refused', version, message: 'the port is no good' }
      const addresses = listeners.map(({ host, port }) => ({ host, port: port === 0 ? foundPort++ : port }))
      return { kind: 'bound', version, addresses }
    }
    case 'apply': {
      const { version, update } = message
      if (update.kind === 'delta' && update.base !== tableVersion) return { kind: 'behind', version }
      const names = (update.kind === 'whole' ? update.routing.splits : update.delta.splits.set).map((split) => split.name)
      if (names.includes('dies')) process.exit(1)
      if (names.includes('hangs')) return undefined
      if (names.includes('hangs-once') && index === 1 && tableVersion > 0) return undefined
      if (names.includes('refused') && index === 1) return { kind: 'refused', version, message: 'the table is no good' }
      blocks = { ...blocks, ...message.blocks }
      tableVersion = names.includes('forgotten') ? -1 : version
      return { kind: 'applied', version }
    }
    case 'drain':
      return { kind: 'drained' }
    case 'discard':
      return undefined
  }
}

channel.onmessage = (event: unknown) => {
  const { data: command } = event as { data: StubCommand }
  if (command.worker !== index) return
  if (command.kind === 'die') throw new Error('told to die')
  const cells = new Float64Array(command.kind === 'count' ? blocks[command.split]![command.backend]! : block)
  cells[command.cell]! += command.by
  channel.postMessage({ kind: 'counted', worker: index } satisfies StubReport)
}
