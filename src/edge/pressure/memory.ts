import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

/** What the process may use: `configured`, or where that is 0 what the system allows it (cgroup), or has. */
export function memoryLimitBytes(configured: number): number {
  if (configured > 0) return configured
  const constrained = process.constrainedMemory()
  // Without a constraint it is 0, or more than any machine has.
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem()
}

const MiB = 2 ** 20
/** For objects of all workers; the rest is for buffers, the main thread and the program. */
const objectsShare = 0.5
const leastMb = 32
/** 20,000 connections take 100 MB. */
const mostMb = 1024

/** How far the objects of one of `workers` may grow. */
export function oldGenerationMb(limitBytes: number, workers: number): number {
  return Math.max(leastMb, Math.min(mostMb, Math.floor((limitBytes * objectsShare) / workers / MiB)))
}

/** The share of memory in use: of this thread's heap, or of the whole process, whichever is higher. 1 µs and 9 µs. */
export function memoryShare(limitBytes: number): number {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics()
  return Math.max(used / most, process.memoryUsage.rss() / limitBytes)
}
