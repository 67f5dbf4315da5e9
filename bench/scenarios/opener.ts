import { connect, type Socket } from 'node:net'

export type OpenerOrder = { readonly port: number; readonly count: number; readonly host: string; readonly path: string }
/** How many connections are open now, and how many failed or were closed. */
export type OpenReport = { readonly open: number; readonly failed: number }

export function isOpenReport(message: unknown): message is OpenReport {
  return typeof message === 'object' && message !== null && 'open' in message && 'failed' in message
}

/** Run as a process of its own, so that its sockets do not count against the bench's descriptors. */
function run(order: OpenerOrder): void {
  const atOnce = 100
  const request = `GET ${order.path} HTTP/1.1\r\nHost: ${order.host}\r\n\r\n`
  let begun = 0
  let open = 0
  let failed = 0
  let settled = 0
  const report = (): void => void process.send?.({ open, failed } satisfies OpenReport)
  const next = (): void => {
    if (++settled === order.count) report()
    else if (begun < order.count) openOne()
  }
  const openOne = (): void => {
    begun++
    let isAnswered = false
    let isCounted = false
    const socket = connect(order.port, '127.0.0.1')
    socket.write(request)
    onReply(socket, () => {
      isAnswered = true
      open++
      next()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (isCounted) return
      isCounted = true
      failed++
      if (isAnswered) open--
      else next()
    })
  }
  for (let started = 0; started < Math.min(atOnce, order.count); started++) openOne()
  process.on('message', report)
  process.on('disconnect', () => process.exit(0))
}

/** Calls back once a reply with a length has come whole. */
function onReply(socket: Socket, done: () => void): void {
  let head = ''
  let missing = -1
  const onData = (data: Buffer): void => {
    if (missing < 0) {
      head += data.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      if (length === undefined || !head.startsWith('HTTP/1.1 200')) return void socket.destroy()
      missing = Number(length) - (head.length - end - 4)
    } else missing -= data.length
    if (missing > 0) return
    socket.off('data', onData)
    socket.resume()
    done()
  }
  socket.on('data', onData)
}

if (import.meta.main) run(JSON.parse(process.argv[2] ?? '{}') as OpenerOrder)
