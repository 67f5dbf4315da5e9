// A service for releases: tells its version, keeps each POST's number in a file of its own, and drains, unless it is of the rude kind that leaves at once.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { HOST = '0.0.0.0', PORT = '8080', VERSION = 'v1', LEDGER = '/dev/null', READY_AFTER_MS = '0', DRAIN_MS = '3000', LEAVES_AT_ONCE } = process.env
let isLeaving = false

const server = createServer((request, response) => {
  // Others learn late that this one goes: until then it serves on, each connection for one more answer.
  if (isLeaving) response.setHeader('connection', 'close')
  const number = request.headers['x-number']
  if (request.method === 'POST' && typeof number === 'string') appendFileSync(LEDGER, `${number}\n`)
  request.resume()
  request.once('end', () => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ version: VERSION }))
  })
})
setTimeout(() => server.listen(Number(PORT), HOST), Number(READY_AFTER_MS))
process.once('SIGTERM', () => {
  if (LEAVES_AT_ONCE === '1') process.exit(0)
  isLeaving = true
  setTimeout(() => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  }, Number(DRAIN_MS))
})
