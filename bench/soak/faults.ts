import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CertificateFiles } from '../../src/edge/config.ts'
import type { Address } from '../../test/edge/http/client.ts'
import type { EdgeProcess } from '../../test/edge/http/edgeProcess.ts'
import type { Random } from '../../test/edge/stress/misconduct.ts'
import type { Service } from './services.ts'
import { configurationOf, type Fleet, replace, replaceByCopy, type Setup } from './setup.ts'

export type FaultGround = {
  readonly edge: EdgeProcess
  readonly fleet: Fleet
  readonly setup: Setup
  readonly directory: string
  readonly certificates: readonly CertificateFiles[]
  readonly random: Random
  readonly complain: (problem: string) => void
}

type Fault = { readonly name: string; readonly happen: (ground: FaultGround) => Promise<void> }

const badEdits = ['listeners: [{address: nowhere}]\n', 'routes: [', 'splits: {main: {totalwieght: 7}}\n', '']

const faults: readonly Fault[] = [
  { name: 'services killed and restarted', happen: (ground) => killAndRestart(ground, pairsOf(ground.fleet)[ground.random(3)]!) },
  { name: 'the service behind the mirror killed and restarted', happen: ({ fleet, random }) => outage(fleet.shadow, random) },
  { name: 'services that stall for a moment', happen: async ({ fleet, random }) => all(fleet)[random(7)]!.stall(200 + random(800)) },
  { name: 'endpoints removed and added again', happen: removeAndAdd },
  {
    name: 'weights changed in the file',
    async happen(ground) {
      ground.setup.canaryWeight = ground.random(101)
      edit(ground)
    },
  },
  { name: 'weights changed by the admin API', happen: patch },
  {
    name: 'hosts added or removed',
    async happen(ground) {
      ground.setup.hosts = ground.random(50)
      edit(ground)
    },
  },
  {
    name: 'bad edits of the file',
    async happen(ground) {
      replace(ground.edge.file, badEdits[ground.random(badEdits.length)]!)
      await delay(200)
      edit(ground)
    },
  },
  {
    name: 'certificates renewed',
    async happen({ certificates, random, directory }) {
      install(certificates[random(certificates.length)]!, directory)
    },
  },
  {
    name: 'certificates broken, then mended',
    async happen({ certificates, random, directory }) {
      replace(join(directory, 'tls.crt'), random(2) === 0 ? '' : 'no PEM\n')
      await delay(500)
      install(certificates[random(certificates.length)]!, directory)
    },
  },
  { name: 'key files rotated', happen: async ({ directory }) => rotateKeys(directory) },
  { name: 'SIGHUP', happen: async ({ edge }) => edge.signal('SIGHUP') },
  {
    name: 'disk full for the access log',
    async happen(ground) {
      ground.setup.isDiskFull = true
      edit(ground)
      await delay(1_000)
      ground.setup.isDiskFull = false
      edit(ground)
    },
  },
]

export type Faults = { readonly happened: ReadonlyMap<string, number>; readonly ended: Promise<void> }

/** One after the other, `everyMs` on average; each kind comes once before any comes twice. When it has ended, all is well again. */
export function startFaults(ground: FaultGround, everyMs: number, isOver: () => boolean): Faults {
  const happened = new Map<string, number>(faults.map(({ name }) => [name, 0]))
  const run = async (): Promise<void> => {
    let ahead: Fault[] = []
    while (!isOver()) {
      if (ahead.length === 0) ahead = [...faults]
      const [fault] = ahead.splice(ground.random(ahead.length), 1)
      await fault!.happen(ground).catch((error: unknown) => ground.complain(`${fault!.name}: ${String(error)}`))
      happened.set(fault!.name, happened.get(fault!.name)! + 1)
      await delay(ground.random(2 * everyMs))
    }
  }
  return { happened, ended: run() }
}

function pairsOf({ stable, canary, bulk }: Fleet): readonly (readonly [Service, Service])[] {
  return [stable, canary, bulk]
}

function all({ stable, canary, bulk, shadow }: Fleet): readonly Service[] {
  return [...stable, ...canary, ...bulk, shadow]
}

function killAndRestart({ random, setup }: FaultGround, pair: readonly [Service, Service]): Promise<void> {
  const [victim, other] = random(2) === 0 ? pair : [pair[1], pair[0]]
  if (setup.removed.has(other.name)) throw new Error('the last endpoint of a backend was to be killed')
  return outage(victim, random)
}

async function outage(service: Service, random: Random): Promise<void> {
  await service.kill()
  await delay(100 + random(2_000))
  await service.restart()
}

async function removeAndAdd(ground: FaultGround): Promise<void> {
  const { fleet, setup, random } = ground
  const { name } = pairsOf(fleet)[random(3)]![random(2)]!
  setup.removed.add(name)
  edit(ground)
  await delay(200 + random(1_000))
  setup.removed.delete(name)
  edit(ground)
}

export function edit({ edge, setup, fleet, directory }: Pick<FaultGround, 'edge' | 'setup' | 'fleet' | 'directory'>): void {
  replace(edge.file, configurationOf(setup, fleet, directory))
}

async function patch({ edge, random, complain }: FaultGround): Promise<void> {
  const canary = random(101)
  const { status, text } = await patchWeights(edge.admin, { stable: 100 - canary, canary })
  if (status !== 200) complain(`PATCH of the weights: ${status} ${text}`)
}

async function patchWeights({ host, port }: Address, weights: object): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${host}:${port}/v1/splits/main`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify({ weights }),
    signal: AbortSignal.timeout(10_000),
  })
  return { status: response.status, text: await response.text() }
}

/** The pair is not replaced in one step: for a moment the files do not fit, as when an operator copies them. */
export function install({ cert, key }: CertificateFiles, directory: string): void {
  replaceByCopy(join(directory, 'tls.crt'), cert)
  replaceByCopy(join(directory, 'tls.key'), key)
}

const keptKeys = 3
let keys: readonly string[] = []

/** A new key signs; those before still verify for some rotations. */
export function rotateKeys(directory: string): void {
  keys = [randomBytes(32).toString('base64'), ...keys].slice(0, keptKeys)
  replace(join(directory, 'keys'), `${keys.join('\n')}\n`)
}
