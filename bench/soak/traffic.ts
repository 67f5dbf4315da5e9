import { setTimeout as delay } from 'node:timers/promises'
import { type Address, type Client, openClient } from '../../test/edge/http/client.ts'
import type { Random } from '../../test/edge/stress/misconduct.ts'
import { type Scene, session } from '../../test/edge/stress/sessions.ts'
import { openSecure } from '../../test/edge/tls/client.ts'
import { download, slowRead, upload } from './bulk.ts'
import type { Ledger } from './ledger.ts'
import type { ScriptedService } from './services.ts'
import { secureName } from './setup.ts'
import { failing, unfinishedBody, unfinishedHead, visit, webSocket } from './visits.ts'

export type Ground = {
  readonly clear: Address
  readonly secure: Address
  readonly ledger: Ledger
  readonly random: Random
}

/** Does one thing as a client; resolves to what was wrong with what came of it. */
export type Deed = (ground: Ground) => Promise<string | undefined>

type Lane = { readonly name: string; readonly deed: Deed; readonly lanes: number; readonly pauseMs: number }

/** What goes on at the same time, all the time: how many do each, and how long they pause at most. */
function lanesOf(scripted: readonly ScriptedService[]): readonly Lane[] {
  return [
    { name: 'sessions of mixed requests, in the clear', deed: sessions(scripted, false), lanes: 10, pauseMs: 40 },
    { name: 'sessions of mixed requests, by TLS', deed: sessions(scripted, true), lanes: 4, pauseMs: 60 },
    { name: 'returning clients with sticky cookies', deed: visit, lanes: 3, pauseMs: 50 },
    { name: 'requests that a service answers with 503', deed: failing, lanes: 1, pauseMs: 100 },
    { name: 'WebSockets', deed: webSocket, lanes: 4, pauseMs: 200 },
    { name: 'large uploads', deed: upload, lanes: 1, pauseMs: 300 },
    { name: 'large downloads', deed: download, lanes: 1, pauseMs: 300 },
    { name: 'slow readers', deed: slowRead, lanes: 3, pauseMs: 100 },
    { name: 'clients that never finish a head', deed: unfinishedHead, lanes: 2, pauseMs: 100 },
    { name: 'clients that never finish a body', deed: unfinishedBody, lanes: 2, pauseMs: 100 },
  ]
}

export type Traffic = {
  /** How often each deed was done. */
  readonly done: ReadonlyMap<string, number>
  /** Resolves when all have come to an end after `isOver` says so. */
  readonly ended: Promise<void>
}

export function startTraffic(
  ground: Ground,
  scripted: readonly ScriptedService[],
  { isOver, complain }: { readonly isOver: () => boolean; readonly complain: (problem: string) => void },
): Traffic {
  const done = new Map<string, number>()
  const run = async ({ name, deed, pauseMs }: Lane): Promise<void> => {
    while (!isOver()) {
      const problem = await deed(ground).catch((error: unknown) => String(error))
      done.set(name, (done.get(name) ?? 0) + 1)
      if (problem !== undefined) complain(`${name}: ${problem}`)
      await delay(ground.random(pauseMs + 1))
    }
  }
  const lanes = lanesOf(scripted).flatMap((lane) => Array.from({ length: lane.lanes }, () => run(lane)))
  return { done, ended: Promise.all(lanes).then(() => undefined) }
}

/** GET, HEAD and POST with lengths and in chunks, pipelined, in pieces, broken off, half-closed; tunnels; noise. */
function sessions(scripted: readonly ScriptedService[], isSecure: boolean): Deed {
  return ({ clear, secure, ledger, random }) => {
    const scene: Scene = {
      address: clear,
      random,
      nextNonce: ledger.begin,
      answerEarly(nonce) {
        for (const service of scripted) service.answerEarly(nonce)
      },
      open: () => (isSecure ? openSecured(secure) : openClient(clear)),
      mayFail: ({ nonce, method }) => ledger.excuse(nonce, method !== 'POST') !== undefined,
    }
    return session(scene)
  }
}

async function openSecured(address: Address): Promise<Client> {
  const client = await openSecure(address, { servername: secureName }, 10_000)
  // What lies below TLS cannot be reset from here.
  return Object.assign(client, { reset: () => client.secured.destroy() })
}
