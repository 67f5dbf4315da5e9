import { openSync, readlinkSync, readSync } from 'node:fs'
import type { Server } from 'node:net'
import { descriptorOf, keepWaiting } from '../arrival.ts'
import { mostWaiting } from './crowd.ts'

/** Of a socket that listens; the system tells of those before all others. */
const listening = '0A'
/** More than a line has. Once its place is known, no more than the line is asked for: to fill the rest, the system may look through all connections. */
const lineBytes = 300
/** Where hundreds listen, ours may not be found: then nothing is known. */
const mostBytes = 65_536

/** Of all doors, in turn: the system deals connections out evenly, and a look at all 16 took a seventh of the time of a worker that shakes hands. */
const mostLooks = 4

/** Where a socket's line was. */
type Place = { readonly table: number; readonly position: number; readonly bytes: number }
type Line = { readonly inode: string; readonly waiting: number; readonly isListening: boolean; readonly bytes: number }

/**
 * The connections that wait to be accepted: how many they are, and how many they may be. The event loop does not tell: libuv accepts one in each round,
 * so that rounds stay short however many wait. Where the system has no such tables (beyond Linux), none is seen waiting. 10 µs each time and socket
 * that is looked at.
 */
export class AcceptQueue {
  #doors: readonly Server[] = []
  #inodes: readonly string[] = []
  #places = new Map<string, Place | undefined>()
  #most = mostWaiting
  #turn = 0
  /** Kept open: to open them takes longer than to read. */
  readonly #tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap(opened)
  readonly #chunk = Buffer.allocUnsafe(lineBytes)

  /** From now on it is about these. */
  watch(doors: readonly Server[]): void {
    if (this.#most !== mostWaiting) for (const door of doors) if (!this.#doors.includes(door)) keepWaiting(door, this.#most)
    this.#doors = doors
    this.#inodes = doors.flatMap(inodeOf)
    this.#places = new Map(this.#inodes.map((inode) => [inode, this.#places.get(inode)]))
  }

  get doors(): number {
    return this.#doors.length
  }

  /** So many may wait at each door. */
  limit(most: number): void {
    if (most === this.#most) return
    this.#most = most
    for (const door of this.#doors) keepWaiting(door, most)
  }

  length(): number {
    const inodes = this.#inodes
    const looks = Math.min(mostLooks, inodes.length)
    let length = 0
    for (let look = 0; look < looks; look++) length += this.#waitingAt(inodes[this.#turn++ % inodes.length]!)
    return looks === 0 ? 0 : (length * inodes.length) / looks
  }

  #waitingAt(inode: string): number {
    const place = this.#places.get(inode)
    const known = place && this.#line(place)
    return known?.inode === inode ? known.waiting : this.#search(inode)
  }

  #search(inode: string): number {
    for (const table of this.#tables) {
      let position = 0
      while (position < mostBytes) {
        const line = this.#line({ table, position, bytes: lineBytes })
        if (line === undefined || (!line.isListening && position > 0)) break
        if (line.inode === inode) {
          this.#places.set(inode, { table, position, bytes: line.bytes - 1 })
          return line.waiting
        }
        position += line.bytes
      }
    }
    return 0
  }

  /** As Linux writes it: `sl local remote state tx:rx timer retransmits uid timeout inode …`; the first has titles. */
  #line({ table, position, bytes }: Place): Line | undefined {
    const read = readSync(table, this.#chunk, 0, bytes, position)
    if (read === 0) return undefined
    const newline = this.#chunk.subarray(0, read).indexOf('\n')
    const end = newline < 0 ? read : newline
    const fields = this.#chunk.latin1Slice(0, end).trim().split(/\s+/)
    const waiting = Number.parseInt(fields[4]?.split(':')[1] ?? '0', 16)
    return { inode: fields[9] ?? '', waiting, isListening: fields[3] === listening, bytes: end + 1 }
  }
}

function inodeOf(door: Server): string[] {
  try {
    const descriptor = descriptorOf(door) ?? -1
    return [/\d+/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[0] ?? ''].filter((inode) => inode !== '')
  } catch {
    return [] // Beyond Linux.
  }
}

function opened(table: string): number[] {
  try {
    return [openSync(table, 'r')]
  } catch {
    return [] // No IPv6, or beyond Linux.
  }
}
