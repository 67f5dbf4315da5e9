import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type CertificateFiles, makeCertificate, tlsVersion } from '../measure/certificate.ts'
import { exchange } from '../measure/exchange.ts'
import { freePorts } from '../measure/ports.ts'
import { type Contender, type Job, type Place, type Running, targetOf, untilAnswers, usualWeights, type Weights } from './contender.ts'

const repository = join(import.meta.dirname, '..', '..')

export const spillway: Contender = spillwayAt(repository)

/** The Spillway whose sources lie in this folder. */
export function spillwayAt(root: string): Contender {
  // Error diffusion: any run of picks is within 1 of exact.
  return { name: 'spillway', tolerance: 1, obstacle: () => buildDist(root), start: (job, place) => start(root, job, place) }
}

async function start(root: string, job: Job, { directory, core, children, signal }: Place): Promise<Running> {
  const [port, adminPort, tlsPort] = (await freePorts(3)) as [number, number, number]
  const tls = job.hasTls === true ? { ...makeCertificate(directory), port: tlsPort } : undefined
  const file = join(directory, 'edge.yaml')
  writeFileSync(file, stringify(spillwayConfig({ job, port, adminPort, tls })))
  const args = [join(root, 'dist', 'main.js'), 'edge', '--config', file, '--workers', String(job.workers)]
  const child = children.start({ name: 'spillway', command: process.execPath, args, core, cwd: directory, env: tls?.env })
  await untilAnswers(child, port, targetOf(job.routes), signal)
  return { name: 'spillway', pid: child.pid, port, tlsPort, stop: child.stop, setWeights: weightSetter(adminPort, signal) }
}

/** Measured is what is in the tree now: built anew before each run, as an operator would get it. */
async function buildDist(root: string): Promise<string | undefined> {
  const build = spawn(process.execPath, [join(root, 'scripts', 'build.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}` },
  })
  let output = ''
  build.stdout.on('data', (text) => (output += String(text)))
  build.stderr.on('data', (text) => (output += String(text)))
  const code = await new Promise((resolve) => build.once('error', () => resolve(-1)).once('close', resolve))
  return code === 0 ? undefined : `npm run build fails: ${output.trim().split('\n').slice(0, 3).join(' / ')}`
}

export type SpillwaySetup = {
  readonly job: Job
  readonly port: number
  readonly adminPort: number
  readonly tls?: (CertificateFiles & { readonly port: number }) | undefined
}

export function spillwayConfig({ job, port, adminPort, tls }: SpillwaySetup): object {
  const secured = tls && {
    address: `127.0.0.1:${tls.port}`,
    tls: { certificates: [{ cert: tls.cert, key: tls.key }], minVersion: tlsVersion },
  }
  return {
    listeners: [{ address: `127.0.0.1:${port}` }, ...(secured ? [secured] : [])],
    admin: { address: `127.0.0.1:${adminPort}` },
    routes: job.routes.map((route) => ({ ...route, split: 'shop' })),
    splits: {
      shop: {
        totalWeight: usualWeights.stable + usualWeights.canary,
        backends: {
          stable: { weight: usualWeights.stable, endpoints: [`127.0.0.1:${job.origin.stablePort}`] },
          canary: { weight: usualWeights.canary, endpoints: [`127.0.0.1:${job.origin.canaryPort}`] },
        },
        routes: [{ name: 'qa', match: [{ headers: [{ name: 'X-Canary', exact: 'true' }] }], backend: 'canary' }],
        fallback: 'none',
        ...(job.isSticky === true ? { stickiness: { kind: 'cookie', ttl: '1h' } } : {}),
      },
    },
    // Idle connections are to stay for the whole scenario, as the peers are told in their own words.
    timeouts: { keepAlive: '1h' },
  }
}

/** Changes weights as an operator's script would: with the version that it last saw. */
function weightSetter(adminPort: number, signal: AbortSignal): (weights: Weights) => Promise<void> {
  const where = { port: adminPort, path: '/v1/splits/shop', timeoutMs: 2_000, signal }
  let etag: string | undefined
  return async (weights) => {
    etag ??= (await exchange(where)).headers.etag
    const headers = { 'If-Match': etag ?? '', 'Content-Type': 'application/json', Host: `127.0.0.1:${adminPort}` }
    const reply = await exchange({ ...where, method: 'PATCH', headers }, JSON.stringify({ weights }))
    etag = reply.headers.etag
    if (reply.status !== 200) throw new Error(`PATCH ${where.path}: ${reply.status} ${reply.body.trim()}`)
  }
}
