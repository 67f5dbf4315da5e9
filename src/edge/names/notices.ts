import type { EdgeLog } from '../log.ts'
import type { Clock } from './clock.ts'
import type { Found } from './lookup.ts'
import type { LeftOut } from './routed.ts'

/** What the log is told of names, of each kind at most once a minute per name: a name that flaps fills no disk. */
export type Notices = {
  unanswered(name: string): void
  missed(name: string, found: Found, addresses: number): void
  found(name: string, addresses: number): void
  dropped(name: string, maxStaleMs: number): void
  leftOut(what: LeftOut): void
}

const everyMs = 60_000
/** Of notices whose time is remembered. */
const most = 10_000

export function openNotices(log: EdgeLog, clock: Clock): Notices {
  const toldAtMs = new Map<string, number>()

  function isTime(key: string): boolean {
    const nowMs = clock.nowMs()
    if (nowMs - (toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return false
    if (toldAtMs.size >= most) toldAtMs.clear()
    toldAtMs.set(key, nowMs)
    return true
  }

  return {
    unanswered(name) {
      if (isTime(`unanswered ${name}`)) log.warn('a name of endpoints has no addresses yet', { name })
    },
    missed(name, { outcome, detail }, addresses) {
      if (isTime(`missed ${name}`)) log.warn('a name of endpoints was not answered, the addresses in use stay', { name, outcome, detail, addresses })
    },
    found(name, addresses) {
      if (isTime(`found ${name}`)) log.info('a name of endpoints is answered again', { name, addresses })
    },
    dropped(name, maxStaleMs) {
      if (isTime(`dropped ${name}`)) log.error('a name of endpoints was not answered for too long, its addresses are dropped', { name, maxStaleMs })
    },
    leftOut({ written, address, refusal }) {
      if (isTime(`${refusal.reason} ${written}`))
        log.warn('an address of an endpoint is left out', { endpoint: written, address, reason: `it is ${refusal.is}`, fix: refusal.fix })
    },
  }
}
