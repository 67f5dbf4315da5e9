import t from 'tap'
import type { Job } from '../../bench/contenders/contender.ts'
import { haproxyConfig } from '../../bench/contenders/haproxy.ts'
import { nginxConfig } from '../../bench/contenders/nginx.ts'
import { spillwayConfig } from '../../bench/contenders/spillway.ts'

const job: Job = {
  routes: [{ path: '/' }],
  origin: { stablePort: 7001, canaryPort: 7002 },
  connections: 500,
  workers: 1,
}
const manyRoutes: Job = {
  ...job,
  routes: [
    { host: 'a.example', path: '/' },
    { host: 'a.example', path: '/api' },
    { host: 'b.example', path: '/' },
  ],
}

t.test('NGINX: weights are those asked for, and 0 takes a server out, as a weight of 0 is refused', async (t) => {
  const config = (stable: number, canary: number): string =>
    nginxConfig({ job, weights: { stable, canary }, splitting: 'weighted', directory: '/d', port: 7100, statusPort: 7101 })
  t.match(config(80, 20), 'server 127.0.0.1:7001 weight=80; server 127.0.0.1:7002 weight=20;')
  t.match(config(100, 0), 'server 127.0.0.1:7002 down;')
})

t.test('NGINX: one server block per host holds its paths', async (t) => {
  const config = nginxConfig({
    job: manyRoutes,
    weights: { stable: 80, canary: 20 },
    splitting: 'weighted',
    directory: '/d',
    port: 7100,
    statusPort: 7101,
  })
  t.equal(config.match(/server_name /g)?.length, 2)
  t.match(config, /server_name a\.example; location \/ \{[^}]*\} location \/api \{/)
})

t.test('HAProxy: routes come from a map only where there are hosts to tell apart', async (t) => {
  t.match(haproxyConfig({ job, directory: '/d', port: 7200, statusPort: 7201 }), 'default_backend split')
  t.match(haproxyConfig({ job: manyRoutes, directory: '/d', port: 7200, statusPort: 7201 }), 'map_beg(/d/routes.map)')
})

t.test('Spillway: every route leads to the one split', async (t) => {
  t.match(spillwayConfig({ job: manyRoutes, port: 7300, adminPort: 7301 }), {
    listeners: [{ address: '127.0.0.1:7300' }],
    routes: [
      { host: 'a.example', path: '/', split: 'shop' },
      { host: 'a.example', path: '/api', split: 'shop' },
      { host: 'b.example', path: '/', split: 'shop' },
    ],
  })
})
