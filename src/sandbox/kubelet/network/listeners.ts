import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { allProcesses, unlessGone } from '../processes/marked.ts'

/** A TCP socket that accepts connections; an address of zeros is all of them. */
export type TcpListener = { readonly address: string; readonly port: number; readonly inode: string }

export const allAddresses: readonly string[] = ['0.0.0.0', '::']

/** Reads /proc/net/tcp or tcp6. */
export function parseListeners(text: string): readonly TcpListener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [, local = '', , state] = fields
      const [address = '', port = ''] = local.split(':')
      return state === '0A' ? [{ address: addressText(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }] : []
    })
}

/** In words of 4 bytes, each in the machine's order, which is little-endian wherever Node runs on Linux. */
function addressText(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)))
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255) return bytes.slice(12).join('.')
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1'
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16))
  return groups.join(':')
}

/** All of this machine; none where /proc does not show them. */
export function tcpListeners(): readonly TcpListener[] {
  if (process.platform !== 'linux') return []
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => parseListeners(unlessGone(() => readFileSync(file, 'utf8')) ?? ''))
}

/** The sockets that the processes of these groups have open, by inode: which group. */
export function socketsOfGroups(groups: ReadonlySet<number>): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const pid of allProcesses()) {
    const group = unlessGone(() => groupOf(pid))
    if (group === undefined || !groups.has(group)) continue
    const folder = `/proc/${pid}/fd`
    for (const name of unlessGone(() => readdirSync(folder)) ?? []) {
      const inode = /^socket:\[(\d+)\]$/.exec(unlessGone(() => readlinkSync(`${folder}/${name}`)) ?? '')?.[1]
      if (inode !== undefined) found.set(inode, group)
    }
  }
  return found
}

function groupOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // After the name, which may hold anything: state, parent, group.
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[2])
}
