import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { within } from '../measure/waiting.ts'
import { type Contender, type ContenderName, targetOf, untilAnswers, usualWeights } from './contender.ts'
import { isAcknowledgement, isListening, type PeerSettings } from './peers/protocol.ts'

export const nodeHttpUndici = nodePeer('node-http-undici', 'undici.ts')
export const httpxy = nodePeer('httpxy', 'httpxy.ts')
export const httpProxy = nodePeer('http-proxy', 'httpProxy.ts')

/** A proxy written on a Node library, in a process of its own; weights are a variable in it, set through its message channel. */
function nodePeer(name: ContenderName, program: string): Contender {
  return {
    name,
    tolerance: 64,
    obstacle: async () => undefined,
    async start(job, { directory, core, children, signal }) {
      const settings: PeerSettings = { routes: job.routes, ...job.origin, weights: usualWeights }
      const file = join(directory, 'settings.json')
      writeFileSync(file, JSON.stringify(settings))
      const args = [join(import.meta.dirname, 'peers', program), file]
      const child = children.start({ name, command: process.execPath, args, core, isTalking: true })
      let acknowledged = (): void => undefined
      const port = await within(
        `start of ${name}`,
        new Promise<number>((resolve, reject) => {
          child.onMessage((message) => {
            if (isListening(message)) resolve(message.port)
            else if (isAcknowledgement(message)) acknowledged()
          })
          void child.ended.then((how) => reject(new Error(`${name} ended: ${how}\n${child.complaint()}`)))
        }),
        { deadlineMs: 10_000, signal },
      )
      await untilAnswers(child, port, targetOf(job.routes), signal)
      const setWeights: (weights: typeof usualWeights) => Promise<void> = (weights) => {
        const done = new Promise<void>((resolve) => {
          acknowledged = resolve
        })
        child.send({ weights })
        return within(`new weights of ${name}`, done, { deadlineMs: 2_000, signal })
      }
      return { name, pid: child.pid, port, stop: child.stop, setWeights }
    },
  }
}
