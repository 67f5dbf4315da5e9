// The endpoints of examples/edge.yaml: v1 on ports 9001 and 9003, v2 on 9002.
// Usage: node examples/backends.mjs [SHARE]    SHARE: how many of v2's answers are errors, from 0 (the default) to 1
import { createServer } from 'node:http'

const errorShare = Number(process.argv[2] ?? 0)
if (!(errorShare >= 0 && errorShare <= 1)) {
  console.error(`${process.argv[2]} is no share; give a number from 0 to 1`)
  process.exit(2)
}

for (const { version, port, errors } of [
  { version: 'v1', port: 9001, errors: 0 },
  { version: 'v1', port: 9003, errors: 0 },
  { version: 'v2', port: 9002, errors: errorShare },
]) {
  createServer((_request, response) => {
    const isError = Math.random() < errors
    response.writeHead(isError ? 500 : 200, { 'Content-Type': 'text/plain' })
    response.end(isError ? `${version} failed\n` : `${version}\n`)
  })
    .listen(port, '127.0.0.1')
    .on('error', (error) => {
      console.error(error.code === 'EADDRINUSE' ? `port ${port} is taken: end what listens there, or change the port here` : error)
      process.exit(1)
    })
}
