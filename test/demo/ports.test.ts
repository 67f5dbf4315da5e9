import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { choosePort, portNote } from '../../src/demo/ports.ts'

const host = '127.0.0.1'

async function listenOn(port: number): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  return { port: address.port, server }
}

async function free(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** A free port whose second try is free as well. */
async function lowPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if ((await free(port)) && (await free(port + 10_000))) return port
  }
}

t.test('a free port is taken as wanted, without a note', async (t) => {
  const wanted = await lowPort()
  const choice = await choosePort(host, wanted)
  t.same(choice, { port: wanted, wanted, wasTaken: false })
  t.equal(portNote(choice), undefined)
})

t.test('a taken port is named, and the one 10000 above it used', async (t) => {
  const { port: wanted, server } = await listenOn(await lowPort())
  t.teardown(() => server.close())
  const choice = await choosePort(host, wanted)
  t.equal(choice.port, wanted + 10_000)
  t.equal(portNote(choice), `${wanted} is taken, using ${wanted + 10_000} instead`)
})

t.test('with that one taken too, the system chooses', async (t) => {
  const { port: wanted, server } = await listenOn(await lowPort())
  const second = await listenOn(wanted + 10_000)
  t.teardown(() => server.close())
  t.teardown(() => second.server.close())
  const choice = await choosePort(host, wanted)
  t.ok(choice.wasTaken)
  t.notOk([wanted, wanted + 10_000].includes(choice.port))
  t.ok(await free(choice.port))
})

t.test('a port that this demo has chosen before is taken', async (t) => {
  const wanted = await lowPort()
  t.equal((await choosePort(host, wanted, new Set([wanted]))).port, wanted + 10_000)
})

t.test('port 0 is not worth a note', async (t) => {
  t.equal(portNote(await choosePort(host, 0)), undefined)
})
