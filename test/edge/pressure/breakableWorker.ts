/** The worker as it is, that breaks on command: told by its index on a channel. */
import { BroadcastChannel, workerData } from 'node:worker_threads'
import type { WorkerData } from '../../../src/edge/protocol.ts'
import '../../../src/edge/worker.ts'
import { type Break, breakChannel } from './breaking.ts'

const { index } = workerData as WorkerData
const hoard: number[][] = []

new BroadcastChannel(breakChannel).onmessage = (event: unknown) => {
  const { worker, how } = (event as { readonly data: Break }).data
  if (worker === index) setImmediate(breaks[how])
}

const breaks: Readonly<Record<Break['how'], () => void>> = {
  throw: () => {
    throw new Error('told to throw')
  },
  reject: () => void Promise.reject(new Error('told to reject')),
  hoard: () => {
    for (;;) hoard.push(new Array<number>(100_000).fill(0.5))
  },
  exit: () => process.exit(3),
  pause: () => stand(1_500),
  stall: () => stand(Number.POSITIVE_INFINITY),
}

/** Nothing of the event loop turns meanwhile. */
function stand(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
}
