import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Address, ask } from '../http/client.ts'
import { statusOf } from '../http/message.ts'
import { reset } from '../http/reset.ts'

/** What stands behind a balancer: where connections go, and where it asks whether they may. */
export type Target = { readonly address: Address; readonly admin: Address }

/** A layer-4 balancer as clouds have them: whole connections to targets that are ready, in turn; nothing is retried, nothing is read. */
export type Balancer = {
  readonly address: Address
  add(target: Target): Promise<void>
  remove(target: Target): void
  /** Resolves when the last check of the target was negative: no new connection goes there any more. */
  untilUnready(target: Target): Promise<void>
  close(): Promise<void>
}

const checkEveryMs = 50
const noticedMs = 10_000

export async function startBalancer(): Promise<Balancer> {
  const ready = new Map<Target, boolean>()
  const sockets = new Set<Socket>()
  let turn = 0
  let closed = false

  function join(client: Socket): void {
    const open = [...ready].filter(([, isReady]) => isReady).map(([target]) => target)
    const target = open[turn++ % open.length]
    if (target === undefined) return reset(client)
    const server = connect({ ...target.address, noDelay: true, allowHalfOpen: true })
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one)
      let broken = false
      one.on('error', () => {
        broken = true
      })
      one.on('close', () => {
        sockets.delete(one)
        // An end that was passed on is an end; anything else looks to the other side as it did to this one.
        if (broken || !one.readableEnded) reset(other)
      })
      one.pipe(other)
    }
  }

  async function check(target: Target): Promise<boolean> {
    const answer = await ask(target.admin, 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 1_000).catch(() => undefined)
    return answer !== undefined && statusOf(answer) === 200
  }

  async function keepChecking(): Promise<void> {
    while (!closed) {
      await Promise.all(
        [...ready.keys()].map(async (target) => {
          const isReady = await check(target)
          if (ready.has(target)) ready.set(target, isReady)
        }),
      )
      await delay(checkEveryMs)
    }
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, join)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  const bound = server.address()
  const checking = keepChecking()
  return {
    address: { host: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0 },
    async add(target) {
      ready.set(target, await check(target))
    },
    remove: (target) => void ready.delete(target),
    async untilUnready(target) {
      for (const until = performance.now() + noticedMs; ready.get(target) === true; await delay(5))
        if (performance.now() > until) throw new Error('the balancer did not notice')
    },
    async close() {
      closed = true
      const ended = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await Promise.all([ended, checking])
    },
  }
}
