/** Preloaded into an edge: its main thread throws, or rejects, what nobody catches, on a signal. */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.on('SIGUSR2', () => {
    setImmediate(() => {
      throw new Error('thrown on a signal')
    })
  })
  process.on('SIGWINCH', () => void Promise.reject(new Error('rejected on a signal')))
}
