import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** An address that answers no connection, not even with a refusal: a listener that is stopped, its backlog full. */
export type BlackHole = {
  readonly port: number
  /** Accepts from now on, and closes whatever comes. */
  open(): void
  close(): Promise<void>
}

const program = `require('net').createServer((socket) => socket.on('error', () => {}).resume())
  .listen(0, '127.0.0.1', 1, function () { console.log(this.address().port) })`

export async function startBlackHole(): Promise<BlackHole> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line)
  child.kill('SIGSTOP')
  const fill: Socket[] = []
  while (await accepts(port, fill));
  return {
    port,
    open() {
      for (const socket of fill) socket.destroy()
      child.kill('SIGCONT')
    },
    async close() {
      for (const socket of fill) socket.destroy()
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function accepts(port: number, fill: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  fill.push(socket)
  return Promise.race([once(socket, 'connect').then(() => true), delay(200, false)])
}
