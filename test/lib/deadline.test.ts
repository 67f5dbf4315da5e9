import { getEventListeners } from 'node:events'
import t from 'tap'
import { openDeadline, unlessAborted } from '../../src/lib/deadline.ts'

t.test('a deadline aborts in time, or with another signal, and leaves nothing behind', async (t) => {
  const outer = new AbortController()
  const short = openDeadline(5, outer.signal)
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.ok(short.isOver() && short.signal.aborted && !outer.signal.aborted)
  t.equal(short.signal.reason.name, 'TimeoutError')
  const long = openDeadline(60_000, outer.signal)
  t.ok(long.leftMs() > 59_000)
  outer.abort(new Error('enough'))
  t.match(long.signal.reason, { message: 'enough' })
  t.notOk(long.isOver())
  t.ok(openDeadline(1_000, outer.signal).signal.aborted, 'of one that has aborted already')
  const many = new AbortController()
  for (let i = 0; i < 1_000; i++) openDeadline(60_000, many.signal).release()
  t.equal(getEventListeners(many.signal, 'abort').length, 0)
})

t.test('work is waited for until the signal aborts', async (t) => {
  const stop = new AbortController()
  t.equal(await unlessAborted(stop.signal, Promise.resolve(7)), 7)
  const waiting = unlessAborted(stop.signal, new Promise(() => undefined))
  stop.abort(new Error('enough'))
  await t.rejects(waiting, { message: 'enough' })
  await t.rejects(unlessAborted(stop.signal, Promise.resolve(7)), { message: 'enough' })
  t.equal(getEventListeners(stop.signal, 'abort').length, 0)
})
