// Releases a canary in steps, 5 → 20 → 50 → 100 %, by the edge's admin API alone, and takes it back to 0 as soon as it fails too often.
// Usage: node examples/canary.ts [ADMIN] [SPLIT] [STABLE] [CANARY]     by default: http://127.0.0.1:9901 shop stable canary
// Exit code: 0 promoted, 1 not. Settings: STEP_SECONDS (10), MIN_REQUESTS (20, per step), MAX_ERROR_RATE (0.01)
const [admin = 'http://127.0.0.1:9901', split = 'shop', stable = 'stable', canary = 'canary'] = process.argv.slice(2)
const { STEP_SECONDS = '10', MIN_REQUESTS = '20', MAX_ERROR_RATE = '0.01' } = process.env
const url = `${admin}/v1/splits/${split}`

async function call(to: string, init: RequestInit = {}) {
  const response = await fetch(to, { ...init, signal: AbortSignal.timeout(5_000) })
  if (response.ok || response.status === 412) return response
  throw new Error(`${init.method ?? 'GET'} ${to}: ${response.status} ${await response.text()}`)
}

/** What stable and canary weigh together, and the split's ETag: it changes with every change, whoever makes it. */
async function read() {
  const response = await call(url)
  const { backends } = (await response.json()) as { backends: { name: string; weight: number }[] }
  const pair = backends.filter(({ name }) => name === stable || name === canary)
  if (pair.length !== 2) throw new Error(`${split} has only ${backends.map(({ name }) => name)}, not both of ${stable} and ${canary}`)
  return { both: pair.reduce((sum, { weight }) => sum + weight, 0), etag: response.headers.get('etag') ?? '' }
}

/** Gives the canary its share, if the split is as `known`; tells how it is then, or undefined: somebody else has changed it. */
async function setShare(percent: number, known: { both: number; etag: string }) {
  const share = Math.round((known.both * percent) / 100)
  const headers = { 'Content-Type': 'application/json', 'If-Match': known.etag }
  const body = JSON.stringify({ weights: { [stable]: known.both - share, [canary]: share } })
  const response = await call(url, { method: 'PATCH', headers, body })
  if (response.status === 412) return undefined
  console.log(`${canary}: ${percent} %`)
  return { ...known, etag: response.headers.get('etag') ?? '' }
}

/** What the canary has answered since the edge started. */
async function counted() {
  const text = await (await call(`${admin}/metrics`)).text()
  const samples = [...text.matchAll(/^http_requests_total\{app="([^"]*)",status="(\d+)"\} (\d+)/gm)]
  const own = samples.filter(([, app]) => app === `${split}-${canary}`)
  const sum = (of: typeof own) => of.reduce((total, [, , , count]) => total + Number(count), 0)
  return { requests: sum(own), errors: sum(own.filter(([, , status]) => Number(status) >= 500)) }
}

/** Why the canary is not good enough; undefined: it is. */
async function watch() {
  const before = await counted()
  for (const end = Date.now() + Number(STEP_SECONDS) * 1000; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    const now = await counted()
    const requests = now.requests - before.requests
    const errorRate = requests === 0 ? 0 : (now.errors - before.errors) / requests
    const seen = `${(errorRate * 100).toFixed(1)} % of ${requests} requests failed`
    const isEnough = requests >= Number(MIN_REQUESTS)
    if (isEnough && errorRate > Number(MAX_ERROR_RATE)) return seen
    if (Date.now() < end) continue
    if (!isEnough) return `${requests} requests in ${STEP_SECONDS} s are too few to judge; ${MIN_REQUESTS} are needed`
    console.log(`  ${seen}`)
    return undefined
  }
}

process.once('uncaughtException', (error) => {
  console.error(error.message)
  process.exit(1)
})
let known = await read()
for (const percent of [5, 20, 50, 100]) {
  const mine = await setShare(percent, known)
  if (mine === undefined) throw new Error(`somebody else has changed ${split}; it is left as it is`)
  known = mine
  const problem = await watch().catch((error: Error) => error.message)
  if (problem === undefined) continue
  console.log(`back to 0: ${problem}`)
  // Whoever changed it meanwhile: a bad version goes off.
  while ((await setShare(0, await read())) === undefined);
  process.exit(1)
}
console.log(`${canary} is promoted`)
