import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, totalmem, type } from 'node:os'
import { versions } from '../contenders/programs.ts'

/** What a reader needs to judge the figures by, as name and text. */
export type Machine = Readonly<Record<string, string>>

export function describeMachine(busyBefore: number): Machine {
  const model = new Set(cpus().map((cpu) => cpu.model.trim()))
  return {
    CPU: [...model].join(', '),
    // Not those that this process may use: it has confined itself by now.
    cores: String(cpus().length),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    kernel: `${type()} ${release()}`,
    'contender core busy before': `${Math.round(busyBefore * 100)} %`,
    Node: process.versions.node,
    NGINX: versions.nginx() ?? 'not installed',
    HAProxy: versions.haproxy() ?? 'not installed',
    wrk: versions.wrk() ?? 'not installed',
    undici: packageVersion('undici'),
    httpxy: packageVersion('httpxy'),
    'http-proxy': packageVersion('http-proxy'),
  }
}

function packageVersion(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name)
  const folder = entry.slice(0, entry.lastIndexOf(`/node_modules/${name}/`))
  const parsed = JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`, 'utf8')) as { version: string }
  return parsed.version
}
