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

/** Less is noise: a few pages come and go at all times. */
const rises = 1.01

/** The highest that the resident memory was, and how much of it the workers did not account for, at the least, since then. */
export type HighWater = { readonly residentBytes: number; readonly othersBytes: number }

/**
 * What of the resident memory is in use. The allocator keeps what workers give back, and hands it out again before it asks the system for more: what
 * they account for less than at the highest water is free, though resident. When the water rises again, there is nothing free.
 */
export function bytesInUse(before: HighWater, residentBytes: number, accountedBytes: number): { readonly bytes: number; readonly high: HighWater } {
  const othersBytes = residentBytes - accountedBytes
  if (residentBytes > before.residentBytes * rises) return { bytes: residentBytes, high: { residentBytes, othersBytes } }
  const least = Math.min(before.othersBytes, othersBytes)
  return { bytes: residentBytes - (othersBytes - least), high: { residentBytes: before.residentBytes, othersBytes: least } }
}

/** Watches the memory of this thread's heap, and of the whole process. 1 µs and 9 µs each time. */
export class MemoryGauge {
  readonly #all: Float64Array
  readonly #index: number
  #high: HighWater = { residentBytes: 0, othersBytes: 0 }

  /** `all`: what each worker accounts for; each writes its own. */
  constructor(all: Float64Array, index: number) {
    this.#all = all
    this.#index = index
  }

  /** The share in use of the heap, or of the process, whichever is higher. */
  share(limitBytes: number): number {
    const heap = getHeapStatistics()
    this.#all[this.#index] = heap.total_heap_size + heap.external_memory
    let accounted = 0
    for (const bytes of this.#all) accounted += bytes
    const { bytes, high } = bytesInUse(this.#high, process.memoryUsage.rss(), accounted)
    this.#high = high
    return Math.max(heap.used_heap_size / heap.heap_size_limit, bytes / limitBytes)
  }
}
