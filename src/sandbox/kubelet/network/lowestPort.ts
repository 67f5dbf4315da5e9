import { readFileSync } from 'node:fs'

/** The first port that this user may listen on. */
export function lowestPort(): number {
  if (process.platform !== 'linux') return process.platform === 'darwin' ? 0 : 1
  if (process.geteuid?.() === 0) return 0
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
}
