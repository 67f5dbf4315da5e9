import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type CertificateFiles, makeCertificate, tlsCipher } from '../measure/certificate.ts'
import { freePorts } from '../measure/ports.ts'
import { type Contender, type Job, targetOf, untilAnswers, usualWeights } from './contender.ts'
import { versions } from './programs.ts'

export const haproxy: Contender = {
  name: 'haproxy',
  // Smooth weighted round-robin in one thread is exact; the readiness probes before shift it by a few.
  tolerance: 3,
  obstacle: async () => (versions.haproxy() ? undefined : 'haproxy is not installed'),
  async start(job, { directory, core, children, signal }) {
    const [port, statusPort, tlsPort] = (await freePorts(3)) as [number, number, number]
    const tls = job.hasTls === true ? { ...makeCertificate(directory), port: tlsPort } : undefined
    const file = join(directory, 'haproxy.cfg')
    writeFileSync(join(directory, 'routes.map'), routeMap(job))
    writeFileSync(file, haproxyConfig({ job, directory, port, statusPort, tls }))
    const child = children.start({ name: 'haproxy', command: 'haproxy', args: ['-db', '-f', file], core, env: tls?.env })
    await untilAnswers(child, port, targetOf(job.routes), signal)
    return {
      name: 'haproxy',
      pid: child.pid,
      port,
      tlsPort,
      stop: child.stop,
      setWeights: ({ stable, canary }) =>
        command(join(directory, 'admin.sock'), `set server split/stable weight ${stable}; set server split/canary weight ${canary}`),
    }
  },
}

export type HaproxySetup = {
  readonly job: Job
  readonly directory: string
  readonly port: number
  readonly statusPort: number
  readonly tls?: (CertificateFiles & { readonly port: number }) | undefined
}

export function haproxyConfig({ job, directory, port, statusPort, tls }: HaproxySetup): string {
  const options = `ssl crt ${tls?.both} ssl-min-ver TLSv1.3 ciphersuites ${tlsCipher} alpn http/1.1`
  const { stablePort, canaryPort } = job.origin
  const isMapped = job.routes.some(({ host }) => host !== undefined)
  // `no strict-limits`: it counts two descriptors per client connection, which an idle one never needs.
  return `global
  maxconn ${job.connections + 1000}
  no strict-limits
  nbthread ${job.workers}
  stats socket ${directory}/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 3s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  http-reuse always
  option forwardfor
frontend status
  bind 127.0.0.1:${statusPort}
  stats enable
  stats uri /status
frontend front
  bind 127.0.0.1:${port} backlog 4096${tls ? `\n  bind 127.0.0.1:${tls.port} backlog 4096 ${options}` : ''}
  use_backend canary if { req.hdr(x-canary) -m str true }
  ${isMapped ? `use_backend %[base,map_beg(${directory}/routes.map)]` : 'default_backend split'}
backend split
  balance roundrobin
  server stable 127.0.0.1:${stablePort} weight ${usualWeights.stable}
  server canary 127.0.0.1:${canaryPort} weight ${usualWeights.canary}
backend canary
  server canary 127.0.0.1:${canaryPort}
`
}

/** `map_beg` finds the longest prefix of host and path in a tree. */
function routeMap({ routes }: Job): string {
  return routes.map(({ host = '', path }) => `${host}${path} split\n`).join('')
}

/** One line to the runtime socket; an answer other than blank lines is a refusal. */
function command(socketPath: string, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(socketPath)
    socket.setEncoding('utf8')
    socket.setTimeout(2_000, () => socket.destroy(new Error('haproxy does not answer on its runtime socket')))
    socket.on('error', reject)
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('close', () => (answer.trim() === '' ? resolve() : reject(new Error(`haproxy refused: ${answer.trim()}`))))
    socket.write(`${line}\n`)
  })
}
