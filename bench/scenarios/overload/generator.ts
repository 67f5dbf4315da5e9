// Run as a process of its own, on the load's core. Spares itself what it can: requests are built once, answers are looked at for status and length alone.
import { connect, type Socket } from 'node:net'
import { quantileOf } from '../../report/statistics.ts'
import { type Order, type Phase, type PhaseReport, sliceMs } from './phases.ts'

const timeoutMs = 1_000
/** So many of 1,000 requests come on a connection of their own, which closes after them. */
const freshPerThousand = 50
/** About 2 KiB, as of a browser with some cookies behind another proxy. */
const fields = 20
const fieldBytes = 104
const readBytes = 65_536

/** Of one phase. */
type Tally = {
  readonly slices: { due: number; good: number }[]
  readonly latenciesMs: number[]
  readonly behindMs: number[]
  refused: number
  late: number
  broken: number
}
type Request = { readonly dueMs: number; readonly tally: Tally; readonly slice: number; line: Line | undefined }
/** A connection, and the request that is on it. */
type Line = { readonly socket: Socket; request: Request | undefined; readonly keeps: boolean; got: string }

function requestText({ host, path }: Order, closes: boolean): Buffer {
  const more = Array.from({ length: fields }, (_, index) =>
    `X-Large-${String(index).padStart(2, '0')}: `.padEnd(fieldBytes, 'abcdefgh ijklmnop').trimEnd(),
  )
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${closes ? 'Connection: close\r\n' : ''}${more.join('\r\n')}\r\n\r\n`)
}

function openGenerator(order: Order) {
  const kept = requestText(order, false)
  const closing = requestText(order, true)
  const readBuffer = Buffer.alloc(readBytes)
  const idle: Line[] = []
  let pending: Request[] = []
  /** In a closed phase: what to do as soon as a request is over. */
  let whenDone: (() => void) | undefined

  function open(keeps: boolean): Line {
    const socket = connect({
      port: order.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => received(line, length) },
    })
    const line: Line = { socket, request: undefined, keeps, got: '' }
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.destroy())
    socket.on('close', () => closed(line))
    return line
  }

  function send(tally: Tally, dueMs: number, slice: number, isFresh: boolean): void {
    tally.slices[slice] ??= { due: 0, good: 0 }
    tally.slices[slice].due++
    tally.behindMs.push(performance.now() - dueMs)
    let line = isFresh ? undefined : idle.pop()
    while (line?.socket.destroyed === true) line = idle.pop()
    line ??= open(!isFresh)
    const request: Request = { dueMs, tally, slice, line }
    line.request = request
    line.got = ''
    pending.push(request)
    line.socket.write(line.keeps ? kept : closing)
  }

  function received(line: Line, length: number): boolean {
    const { request } = line
    if (request === undefined) return true
    line.got += readBuffer.latin1Slice(0, length)
    const end = line.got.indexOf('\r\n\r\n')
    if (end < 0) return true
    const head = line.got.slice(0, end)
    const bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (line.got.length < end + 4 + bodyBytes) return true
    settle(request)
    const latencyMs = performance.now() - request.dueMs
    if (latencyMs > timeoutMs) request.tally.late++
    else if (head.startsWith('200', 9)) {
      request.tally.slices[request.slice]!.good++
      request.tally.latenciesMs.push(latencyMs)
    } else request.tally.refused++
    if (line.keeps && !/\r\nconnection: *close/i.test(head)) idle.push(line)
    else line.socket.destroy()
    whenDone?.()
    return true
  }

  function closed(line: Line): void {
    const { request } = line
    if (request === undefined) return
    settle(request)
    request.tally.broken++
    whenDone?.()
  }

  function settle(request: Request): void {
    if (request.line !== undefined) request.line.request = undefined
    request.line = undefined
  }

  /** Requests are given up in the order in which they were due. */
  function giveUpLate(nowMs: number): void {
    let kept = 0
    while (kept < pending.length && (pending[kept]!.line === undefined || pending[kept]!.dueMs + timeoutMs < nowMs)) {
      const { line, tally } = pending[kept]!
      if (line !== undefined) {
        settle(pending[kept]!)
        tally.late++
        line.socket.destroy()
        whenDone?.()
      }
      kept++
    }
    if (kept > 0) pending = pending.slice(kept)
  }

  /** Calls `turn` once a millisecond for so long. */
  function keepTurning(seconds: number, turn: (passedMs: number) => void): Promise<void> {
    const startedMs = performance.now()
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const passedMs = performance.now() - startedMs
        giveUpLate(startedMs + passedMs)
        if (passedMs < seconds * 1_000) return turn(passedMs)
        clearInterval(timer)
        resolve()
      }, 1)
    })
  }

  async function run(phase: Phase, tally: Tally): Promise<void> {
    const startedMs = performance.now()
    let count = 0
    const next = (dueMs: number): void => send(tally, dueMs, Math.floor((dueMs - startedMs) / sliceMs), (count++ * 619) % 1_000 < freshPerThousand)
    if (phase.kind === 'closed') {
      // In another turn of the loop: a request that fails at once must not begin the next from within.
      whenDone = () => void setImmediate(() => whenDone && next(performance.now()))
      for (let connection = 0; connection < phase.connections; connection++) next(startedMs)
      await keepTurning(phase.seconds, () => undefined)
      whenDone = undefined
    } else {
      await keepTurning(phase.seconds, (passedMs) => {
        for (const due = (passedMs / 1_000) * phase.perSecond; count < due; ) next(startedMs + (count / phase.perSecond) * 1_000)
      })
    }
  }

  /** One right after the other: each finds the contender as the one before left it. */
  return async (phases: readonly Phase[]): Promise<PhaseReport[]> => {
    const tallies = phases.map((): Tally => ({ slices: [], latenciesMs: [], behindMs: [], refused: 0, late: 0, broken: 0 }))
    for (const [index, phase] of phases.entries()) await run(phase, tallies[index]!)
    await keepTurning(timeoutMs / 1_000, () => undefined)
    giveUpLate(Number.POSITIVE_INFINITY)
    for (const { socket } of idle.splice(0)) socket.destroy()
    return phases.map((phase, index) => reportOf(phase, tallies[index]!))
  }
}

function reportOf({ seconds }: Phase, { slices, latenciesMs, behindMs, refused, late, broken }: Tally): PhaseReport {
  return {
    slices: Array.from(slices, (slice) => slice ?? { due: 0, good: 0 }),
    goodPerSecond: latenciesMs.length / seconds,
    p50Ms: quantileOf(latenciesMs, 0.5),
    p99Ms: quantileOf(latenciesMs, 0.99),
    behindMs: quantileOf(behindMs, 0.99),
    refused,
    late,
    broken,
  }
}

if (import.meta.main) {
  const run = openGenerator(JSON.parse(process.argv[2] ?? '{}') as Order)
  process.on('message', (phases) => void run(phases as Phase[]).then((reports) => process.send?.(reports)))
  process.on('disconnect', () => process.exit(0))
  process.send?.('ready')
}
