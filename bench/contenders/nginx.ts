import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CertificateFiles, makeCertificate, tlsCipher } from '../measure/certificate.ts'
import { freePorts } from '../measure/ports.ts'
import { type Contender, type Job, type RouteEntry, targetOf, untilAnswers, usualWeights, type Weights } from './contender.ts'
import { versions } from './programs.ts'

/** How versions share the traffic: by a hash of each request's id, or by weighted servers of one upstream. */
type Splitting = 'clients' | 'weighted'

/** As its documentation has it for a share of requests: `split_clients` on the request's id, which it draws at random. */
export const nginx = contender('nginx', 'clients', 64)

/** Smooth weighted round-robin: exact within one worker, and cheaper by the random id. Readiness probes shift it by a few. */
export const nginxWeighted = contender('nginx-weighted', 'weighted', 3)

function contender(name: 'nginx' | 'nginx-weighted', splitting: Splitting, tolerance: number): Contender {
  return {
    name,
    tolerance,
    obstacle: async () => (versions.nginx() ? undefined : 'nginx is not installed'),
    async start(job, { directory, core, children, signal }) {
      const [port, statusPort, tlsPort] = (await freePorts(3)) as [number, number, number]
      const tls = job.hasTls === true ? { ...makeCertificate(directory), port: tlsPort } : undefined
      const file = join(directory, 'nginx.conf')
      const write = (weights: Weights): void => {
        writeFileSync(`${file}.new`, nginxConfig({ job, weights, splitting, directory, port, statusPort, tls }))
        renameSync(`${file}.new`, file)
      }
      write(usualWeights)
      const args = ['-p', directory, '-c', file, '-e', join(directory, 'error.log')]
      const child = children.start({ name, command: 'nginx', args, core, env: tls?.env })
      await untilAnswers(child, port, targetOf(job.routes), signal)
      return {
        name,
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
}

export type NginxSetup = {
  readonly job: Job
  readonly weights: Weights
  readonly splitting: Splitting
  readonly directory: string
  readonly port: number
  readonly statusPort: number
  readonly tls?: (CertificateFiles & { readonly port: number }) | undefined
}

/** Body buffers are sized so that nothing of these scenarios touches the disk. */
export function nginxConfig({ job, weights, splitting, directory, port, statusPort, tls }: NginxSetup): string {
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

${
  splitting === 'weighted'
    ? `  upstream split { ${weighted(stable, weights.stable)} ${weighted(canary, weights.canary)} ${kept} }`
    : `  upstream stable { server ${stable}; ${kept} }
  split_clients "$request_id" $split { ${weights.canary}% canary; * stable; }`
}
  upstream canary { server ${canary}; ${kept} }
  map $http_x_canary $version { "true" canary; default ${splitting === 'weighted' ? 'split' : '$split'}; }

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
