// Several sockets on one address: all of them accept, and nobody else gets the address by mistake.
import { connect, createServer } from 'node:net'
import t from 'tap'
import { acceptInto, turnAway } from '../../../src/edge/arrival.ts'
import { type Doors, openDoors } from '../../../src/edge/doors.ts'
import { AcceptQueue } from '../../../src/edge/pressure/acceptQueue.ts'
import { until } from './scrape.ts'

const host = '127.0.0.1'
const onlyLinux = { skip: process.platform === 'linux' ? false : 'one door elsewhere' }

function close({ doors }: Doors): void {
  for (const door of doors) door.close()
}

async function open(t: { teardown(close: () => void): void }, workers: number, port = 0): Promise<Doors> {
  const doors = await openDoors({ host, port }, workers)
  t.teardown(() => close(doors))
  return doors
}

t.test('every door accepts', onlyLinux, async (t) => {
  const opened = await open(t, 1)
  t.ok(opened.doors.length > 1, `${opened.doors.length} doors`)
  const by = new Set<number>()
  let came = 0
  for (const [index, door] of opened.doors.entries())
    acceptInto(door, (arrival) => {
      came++
      by.add(index)
      turnAway(arrival)
    })
  for (let tries = 0; tries < 2_000 && by.size < opened.doors.length; tries++) {
    connect(opened.port, host).on('error', () => undefined)
    await until(() => came > tries, 'it is accepted')
  }
  t.equal(by.size, opened.doors.length)
})

t.test('fewer each where there are many workers', onlyLinux, async (t) => {
  t.equal((await open(t, 64)).doors.length, 2)
})

t.test('an address in use is told', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, host, resolve))
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  await t.rejects(openDoors({ host, port }, 1), { code: 'EADDRINUSE' }, 'by somebody')
  await t.rejects(openDoors({ host, port }, 2), { code: 'EADDRINUSE' }, 'by somebody, for two workers')
  const opened = await open(t, 1)
  await t.rejects(openDoors({ host, port: opened.port }, 1), { code: 'EADDRINUSE' }, 'by an edge like this one')
})

t.test('those who wait are counted, and no more than may', onlyLinux, async (t) => {
  const opened = await open(t, 1)
  const queue = new AcceptQueue()
  queue.watch(opened.doors)
  t.equal(queue.length(), 0)
  queue.limit(2)
  const sockets = Array.from({ length: 300 }, () => connect(opened.port, host).on('error', () => undefined))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  // They connect behind this line, and none is accepted before the event loop comes round: the system alone takes them.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  const most = opened.doors.length * 3
  t.ok(queue.length() > 0 && queue.length() <= most, `${queue.length()} of at most ${most}`)
})
