import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Service } from './services.ts'

/** What the edge's file says, as far as the soak changes it. */
export type Setup = {
  canaryWeight: number
  /** Names of services that are out of the file for the moment. */
  readonly removed: Set<string>
  /** How many hosts have a route of their own. */
  hosts: number
  isDiskFull: boolean
}

export type Fleet = {
  /** Of these two backends each, so that one can always be missed. */
  readonly stable: readonly [Service, Service]
  readonly canary: readonly [Service, Service]
  readonly bulk: readonly [Service, Service]
  readonly shadow: Service
}

export const secureName = 'shop.example'

/** Deadlines are short, so that what runs into them comes to an end within the soak. */
const timeouts = { requestHead: '3s', responseHead: '3s', bodyIdle: '3s', keepAlive: '5s', upstreamIdle: '500ms', drain: '1s' }

export function configurationOf(setup: Setup, fleet: Fleet, directory: string): string {
  const endpoints = (services: readonly Service[], host = '127.0.0.1'): string[] =>
    services.filter(({ name }) => !setup.removed.has(name)).map(({ port }) => `${host}:${port}`)
  const versions = {
    stable: { weight: 100 - setup.canaryWeight, endpoints: endpoints(fleet.stable) },
    canary: { weight: setup.canaryWeight, endpoints: endpoints(fleet.canary) },
  }
  const hosts = Array.from({ length: setup.hosts }, (_, index) => ({ host: `h${index}.example`, path: '/', split: 'main' }))
  return stringify({
    listeners: [
      { address: '127.0.0.1:0' },
      { address: '127.0.0.2:0', tls: { certificates: [{ cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') }] } },
    ],
    admin: { address: '127.0.0.1:0' },
    timeouts,
    keyFile: join(directory, 'keys'),
    accessLog: { path: setup.isDiskFull ? '/dev/full' : join(directory, 'access.log') },
    metrics: { aliases: ['http', 'nginx', 'istio'] },
    routes: [...hosts, { host: 'club.example', path: '/', split: 'club' }, { path: '/bulk', split: 'bulk' }, { path: '/', split: 'main' }],
    splits: {
      main: {
        totalWeight: 100,
        backends: { ...versions, shadow: { weight: 0, endpoints: endpoints([fleet.shadow]) } },
        mirrors: [{ name: 'copy', backend: 'shadow', percentage: 20 }],
        fallback: 'stable',
      },
      club: { totalWeight: 100, backends: versions, stickiness: { kind: 'cookie', ttl: '1h', newSessionsOnly: true } },
      bulk: { backends: { all: { weight: 1, endpoints: endpoints(fleet.bulk, 'localhost') } } },
    },
  })
}

/** As editors and kubelets do: whole or not at all. */
export function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

export function replaceByCopy(file: string, from: string): void {
  copyFileSync(from, `${file}.new`)
  renameSync(`${file}.new`, file)
}
