import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { lacks, whereIs } from './needs.ts'
import { lowPort } from './ports.ts'

type Block = { readonly commands: string; readonly prints?: string }

/** The blocks below `<!-- run -->`, or `<!-- run kubectl -->`, with what the text says that they print. */
function runBlocks(markdown: string, marker = 'run'): readonly Block[] {
  const block = new RegExp(`<!-- ${marker} -->\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\`(?:\\s*<!-- prints -->\\n\`\`\`text\\n([\\s\\S]*?)\`\`\`)?`, 'g')
  return [...markdown.matchAll(block)].map(([, commands = '', prints]) => (prints === undefined ? { commands } : { commands, prints }))
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Until all ports accept, or none does; 30 s at most. */
async function untilPorts(ports: readonly number[], wanted: boolean): Promise<void> {
  const until = performance.now() + 30_000
  for (const port of ports) {
    while ((await accepts(port)) !== wanted) {
      if (performance.now() > until) throw new Error(`port ${port} ${wanted ? 'accepts nobody' : 'still accepts'} after 30 s`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** One shell for all blocks, as a reader has; in a group of its own, so that what it starts can be ended. */
function openShell(cwd: string, folder = '') {
  const env = { ...process.env, PATH: `${folder === '' ? '' : `${folder}:`}${process.env['PATH']}` }
  const child = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  child.stdout.setEncoding('utf8')
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  return {
    async run(commands: string): Promise<{ readonly code: number; readonly output: string; readonly log: string }> {
      child.stdin.write(`set -o pipefail\n${commands}\necho "@@ $?"\n`)
      let output = ''
      for (;;) {
        const [text] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(60_000) })) as [string]
        output += text
        const end = /@@ (\d+)\n/.exec(output)
        if (end !== null) return { code: Number(end[1]), output: output.slice(0, end.index), log }
      }
    },
    async end(): Promise<void> {
      const exit = once(child, 'exit')
      process.kill(-child.pid!, 'SIGTERM')
      child.stdin.end()
      await exit
    },
  }
}

/** The repository as the commands see it, with other ports in `examples`. */
function checkout(renumber: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
  for (const name of readdirSync('.')) if (name !== 'examples') symlinkSync(join(process.cwd(), name), join(folder, name))
  cpSync('examples', join(folder, 'examples'), { recursive: true })
  for (const name of ['edge.yaml', 'backends.mjs']) {
    const path = join(folder, 'examples', name)
    writeFileSync(path, renumber(readFileSync(path, 'utf8')))
  }
  return folder
}

/** Where `.ci/run` has built it, or on PATH. */
const kubectl = [join(process.env['KUBE_BIN'] ?? '', 'kubectl')].find(existsSync) ?? whereIs('kubectl')
const readme = readFileSync('README.md', 'utf8')

t.test('the commands of the README do what it says', { skip: lacks('bash', 'curl') }, async (t) => {
  const ports = new Map<string, number>()
  for (const named of ['8080', '9901', '9001', '9002', '9003']) ports.set(named, await lowPort())
  const renumber = (text: string): string => text.replace(/\b(8080|9901|900[123])\b/g, (named) => String(ports.get(named)))
  const folder = checkout(renumber)
  const shell = openShell(folder)
  t.teardown(async () => {
    await shell.end()
    await untilPorts([...ports.values()], false)
    rmSync(folder, { recursive: true })
  })
  const blocks = runBlocks(readme)
  t.ok(blocks.length >= 4, `${blocks.length} blocks`)
  for (const { commands, prints } of blocks) {
    const { code, output, log } = await shell.run(renumber(commands))
    const name = commands.split('\n')[0]
    t.equal(code, 0, `${name}: exit code`, { output, log })
    if (prints === undefined) t.not(output.trim(), '', `${name}: prints something`)
    else t.equal(output, prints, `${name}: prints what the README shows`, { log })
    if (/&\n/.test(commands)) await untilPorts([...ports.values()], true)
  }
})

t.test('so do those for the sandbox', { skip: lacks('bash', 'curl') || (kubectl === undefined && 'kubectl not installed') }, async (t) => {
  const folder = checkout((text) => text)
  const shell = openShell(folder, dirname(kubectl ?? ''))
  t.teardown(async () => {
    await shell.end()
    rmSync(folder, { recursive: true })
  })
  for (const { commands } of runBlocks(readme, 'run kubectl')) {
    const { code, output, log } = await shell.run(commands)
    t.equal(code, 0, 'exit code', { output, log })
    t.match(output, /successfully rolled out/)
    t.match(output, /\{"version":"v2",/)
  }
})

t.test('the configuration shown is the one in examples', (t) => {
  const shown = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1]
  t.equal(shown, readFileSync('examples/edge.yaml', 'utf8').replace(/^#.*\n/gm, ''))
  t.end()
})
