import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from './measure/children.ts'
import { exchange } from './measure/exchange.ts'
import { freePorts } from './measure/ports.ts'
import { until } from './measure/waiting.ts'

/** The two versions behind every contender: the same NGINX process, told apart by `X-Backend` in the answer. */
export type Origin = { readonly stablePort: number; readonly canaryPort: number }

export const smallReplyBytes = 1024
export const largeReplyBytes = 64 * 1024
export const largeReplyPath = '/large.bin'

export async function startOrigin(children: Children, parent: string, core: number, signal: AbortSignal): Promise<Origin> {
  const directory = join(parent, 'origin')
  mkdirSync(directory)
  writeFileSync(join(directory, 'large.bin'), 'y'.repeat(largeReplyBytes))
  const [stablePort, canaryPort] = (await freePorts(2)) as [number, number]
  writeFileSync(join(directory, 'nginx.conf'), originConfig(directory, stablePort, canaryPort))
  const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')]
  const child = children.start({ name: 'origin', command: 'nginx', args, core })
  const answers = async (): Promise<boolean> => {
    if (child.hasEnded()) throw new Error(`the origin ended: ${await child.ended}\n${child.complaint()}`)
    return exchange({ port: canaryPort, path: '/', timeoutMs: 500, signal }).then(
      (reply) => reply.headers['x-backend'] === 'canary',
      () => false,
    )
  }
  await until('start of the origin', answers, { deadlineMs: 5_000, signal })
  return { stablePort, canaryPort }
}

function originConfig(directory: string, stablePort: number, canaryPort: number): string {
  const version = (name: string, port: number): string => `
  server {
    listen 127.0.0.1:${port} backlog=4096;
    add_header X-Backend ${name};
    location / { default_type text/plain; return 200 "${name.padEnd(smallReplyBytes, '.')}"; }
    location = ${largeReplyPath} { root ${directory}; }
    location = /seen {
      add_header X-Backend ${name};
      add_header X-Seen-Forwarded-For $http_x_forwarded_for;
      add_header X-Seen-Requests $connection_requests;
      return 200 "";
    }
  }`
  return `daemon off;
master_process off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16 inactive=1h;
  open_file_cache_valid 1h;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;${version('stable', stablePort)}${version('canary', canaryPort)}
}
`
}
