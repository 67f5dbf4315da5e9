import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { firstFree, portNote, portTries } from '../../src/demo/ports.ts'
import { lowPort } from '../ports.ts'

const host = '127.0.0.1'

async function listenOn(t: Test, port: number): Promise<Server> {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return server
}

t.test('tried are the wanted one, the one 10000 above it, and what the system has', async (t) => {
  t.same(portTries(8080), [8080, 18_080, 0])
  t.same(portTries(8080, [18_080]), [8080, 0], 'but for those that this demo has chosen before')
  t.same(portTries(60_000), [60_000, 0], 'and for those that do not exist')
  t.same(portTries(0), [0])
})

t.test('the first that is free is used', async (t) => {
  const wanted = await lowPort(10_000)
  const tries = portTries(wanted)
  t.equal(await firstFree(host, tries), wanted)
  await listenOn(t, wanted)
  t.equal(await firstFree(host, tries), wanted + 10_000)
  await listenOn(t, wanted + 10_000)
  t.equal(await firstFree(host, tries), 0, 'left to the system')
})

t.test('another one than was wanted is worth a note', async (t) => {
  t.equal(portNote(8080, 18_080), '8080 is taken, using 18080 instead')
  t.equal(portNote(8080, 8080), undefined)
  t.equal(portNote(0, 43_210), undefined)
})
