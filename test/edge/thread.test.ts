// Who is late: a worker that does not answer, and not one whose answer main was too slow to read.
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { startThread, type WorkerThread } from '../../src/edge/thread.ts'

const deadlineMs = 400
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** A worker that answers each question after it has stood still for so long; 0: at once, -1: never. */
function startAnswering(standsMs: number): { readonly thread: WorkerThread; readonly ended: Promise<void> } {
  const ended = Promise.withResolvers<void>()
  const code = `import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ version }) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, ${standsMs}))
      if (${standsMs} >= 0) parentPort.postMessage({ kind: 'applied', version })
    })`
  const thread = startThread({
    url: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    data: { index: 0, workers: 1, instanceId: 'test', block: new SharedArrayBuffer(8), memory: new SharedArrayBuffer(8) },
    maxOldGenerationSizeMb: 64,
    log: silent,
    accessLog: { write: () => Promise.resolve() } as never,
    onExit: ended.resolve,
  })
  return { thread, ended: ended.promise }
}

function question(version: number): Parameters<WorkerThread['ask']>[0] {
  return { kind: 'prepare', version, listeners: [] }
}

/** Nothing of this thread's event loop turns meanwhile. */
function stand(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function withThread(standsMs: number, test: (thread: WorkerThread) => Promise<void>): Promise<void> {
  const { thread, ended } = startAnswering(standsMs)
  try {
    await test(thread)
  } finally {
    await thread.terminate()
    await ended
  }
}

t.test('an answer that waited while main stood still is read before the worker counts as late', (t) =>
  withThread(0, async (thread) => {
    t.equal((await thread.ask(question(1), 10_000)).kind, 'applied', 'it has started')
    for (let version = 2; version < 5; version++) {
      // Then timers are next: in the turn in which messages are read, the answer would be among them.
      await setImmediate()
      const answer = thread.ask(question(version), deadlineMs)
      stand(2 * deadlineMs)
      t.same(await answer, { kind: 'applied', version })
    }
  }),
)

t.test('where the whole process stood still, the worker has its time afterwards', (t) =>
  withThread(2 * deadlineMs + deadlineMs / 4, async (thread) => {
    t.equal((await thread.ask(question(1), 10_000)).kind, 'applied', 'it has started')
    const answer = thread.ask(question(2), deadlineMs)
    stand(2 * deadlineMs)
    t.same(await answer, { kind: 'applied', version: 2 })
  }),
)

t.test('a worker that does not answer is late after its time', (t) =>
  withThread(-1, async (thread) => {
    const startedMs = performance.now()
    t.same(await thread.ask(question(1), deadlineMs), { kind: 'late', afterMs: deadlineMs })
    const passedMs = performance.now() - startedMs
    t.ok(passedMs >= deadlineMs && passedMs < 10 * deadlineMs, `${passedMs.toFixed(0)} ms`)
  }),
)
