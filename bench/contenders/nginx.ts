import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CertificateFiles, makeCertificate, tlsCipher } from '../measure/certificate.ts'
import { freePorts } from '../measure/ports.ts'
import { type Contender, type Job, type RouteEntry, targetOf, untilAnswers, usualWeights, type Weights } from './contender.ts'
import { versions } from './programs.ts'

export const nginx: Contender = {
  name: 'nginx',
  // Smooth weighted round-robin in one worker is exact; the readiness probes before shift it by a few.
  tolerance: 3,
  obstacle: async () => (versions.nginx() ? undefined : 'nginx is not installed'),
  async start(job, { directory, core, children, signal }) {
    const [port, statusPort, tlsPort] = (await freePorts(3)) as [number, number, number]
    const tls = job.hasTls === true ? { ...makeCertificate(directory), port: tlsPort } : undefined
    const file = join(directory, 'nginx.conf')
    const write = (weights: Weights): void => {
      writeFileSync(`${file}.new`, nginxConfig({ job, weights, directory, port, statusPort, tls }))
      renameSync(`${file}.new`, file)
    }
    write(usualWeights)
    const args = ['-p', directory, '-c', file, '-e', join(directory, 'error.log')]
    const child = children.start({ name: 'nginx', command: 'nginx', args, core })
    await untilAnswers(child, port, targetOf(job.routes), signal)
    return {
      name: 'nginx',
      pid: child.pid,
      port,
      tlsPort,
      stop: child.stop,
      async setWeights(weights) {
        if (child.hasEnded()) throw new Error('nginx has ended')
        write(weights)
        process.kill(child.pid, 'SIGHUP')
      },
    }
  },
}

export type NginxSetup = {
  readonly job: Job
  readonly weights: Weights
  readonly directory: string
  readonly port: number
  readonly statusPort: number
  readonly tls?: (CertificateFiles & { readonly port: number }) | undefined
}

/**
 * Weighted servers in one upstream rather than `split_clients`: exact, and cheaper by the random id per request. Body buffers are sized so
 * that nothing of these scenarios touches the disk.
 */
export function nginxConfig({ job, weights, directory, port, statusPort, tls }: NginxSetup): string {
  const stable = `127.0.0.1:${job.origin.stablePort}`
  const canary = `127.0.0.1:${job.origin.canaryPort}`
  const kept = 'keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h;'
  const weighted = (address: string, weight: number): string => `server ${address} ${weight > 0 ? `weight=${weight}` : 'down'};`
  return `daemon off;
worker_processes ${job.workers};
pid ${directory}/nginx.pid;
error_log ${directory}/error.log crit;
events { worker_connections ${job.connections + 1000}; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server_names_hash_max_size 8192;
  server_names_hash_bucket_size 128;

  upstream split { ${weighted(stable, weights.stable)} ${weighted(canary, weights.canary)} ${kept} }
  upstream canary { server ${canary}; ${kept} }
  map $http_x_canary $version { "true" canary; default split; }

  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_buffer_size 4k;
  proxy_buffers 8 16k;
  proxy_busy_buffers_size 64k;
  proxy_max_temp_file_size 0;

  server { listen 127.0.0.1:${statusPort}; location = /status { stub_status; } }
${servers(job.routes, port)}
${tls ? securedServer(tls) : ''}
}
`
}

function securedServer({ cert, key, port }: CertificateFiles & { readonly port: number }): string {
  return `  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    server_name _;
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites ${tlsCipher};
    location / { proxy_pass http://$version; }
  }`
}

/** One server block per host, as server names are found by hash; its locations are found in a tree. */
function servers(routes: readonly RouteEntry[], port: number): string {
  const byHost = new Map<string, string[]>()
  for (const { host = '_', path } of routes) byHost.set(host, [...(byHost.get(host) ?? []), path])
  return [...byHost]
    .map(([host, paths], index) => {
      const locations = paths.map((path) => `location ${path} { proxy_pass http://$version; }`).join(' ')
      return `  server { listen 127.0.0.1:${port}${index === 0 ? ' backlog=4096' : ''}; server_name ${host}; ${locations} }`
    })
    .join('\n')
}
