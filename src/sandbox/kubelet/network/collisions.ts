import type { Told } from '../../events.ts'
import type { RunningContainer } from '../pod/context.ts'
import { allAddresses, socketsOfGroups, type TcpListener, tcpListeners } from './listeners.ts'

/** Looks where programs listen, some time after they have started: one that takes all addresses takes them from every other pod. */
export type CollisionWatch = { add(container: RunningContainer): void; remove(container: RunningContainer): void; stop(): void }

/** Most programs listen soon; some take their time. */
const looksAfterMs = [300, 1_000, 3_000, 10_000, 30_000]

export function watchCollisions(): CollisionWatch {
  const watched = new Map<RunningContainer, { looks: number; dueAt: number }>()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function arm(): void {
    clearTimeout(timer)
    if (isStopped || watched.size === 0) return
    const dueAt = Math.min(...[...watched.values()].map((each) => each.dueAt))
    timer = setTimeout(look, Math.max(0, dueAt - performance.now()))
    timer.unref()
  }

  function look(): void {
    const now = performance.now()
    const due = [...watched].filter(([, { dueAt }]) => dueAt <= now).map(([container]) => container)
    const listeners = tcpListeners()
    const sockets = socketsOfGroups(new Set(due.map(({ group }) => group)))
    for (const container of due) {
      const mark = watched.get(container)
      if (mark === undefined) continue
      const own = listeners.filter(({ inode }) => sockets.get(inode) === container.group)
      const wrong = own.find(({ address }) => isElsewhere(address, container.ip))
      if (wrong !== undefined) container.tell(collision(container, wrong))
      const next = looksAfterMs[++mark.looks]
      if (wrong !== undefined || next === undefined) watched.delete(container)
      else mark.dueAt = now + next
    }
    arm()
  }

  return {
    add(container) {
      if (process.platform !== 'linux') return
      watched.set(container, { looks: 0, dueAt: performance.now() + looksAfterMs[0]! })
      arm()
    },
    remove(container) {
      watched.delete(container)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** All addresses, or that of another pod; what a program keeps to itself on localhost is its own affair. */
function isElsewhere(address: string, own: string): boolean {
  if (allAddresses.includes(address)) return true
  return address !== own && /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address)
}

/** What the user reads of a program that listens where it should not, and how to put it right. */
export function collision({ name, ip, port }: Pick<RunningContainer, 'name' | 'ip' | 'port'>, found: Pick<TcpListener, 'address' | 'port'>): Told {
  const where = `${found.address.includes(':') ? `[${found.address}]` : found.address}:${found.port}`
  const what = allAddresses.includes(found.address)
    ? `all addresses of this machine (${where}), those of every other pod included`
    : `${where}, the address of another pod`
  const should = port === undefined ? `$HOST (${ip})` : `$HOST:$PORT (${ip}:${port})`
  return {
    type: 'Warning',
    reason: 'AddressCollision',
    message: `Container ${name} listens on ${what}. Pods are processes here and share them: let it listen on ${should} instead`,
  }
}

/** What stands in the way of a container before it starts: a port that its user may not have. */
export function privilegedPort(name: string, port: number | undefined, lowestPort: number): Told | undefined {
  if (port === undefined || port >= lowestPort) return undefined
  return {
    type: 'Warning',
    reason: 'PrivilegedPort',
    message: `Container ${name} wants port ${port}, and this user may only listen from ${lowestPort} on. Give it a higher containerPort; the Service's port may stay ${port}, with targetPort set`,
  }
}
