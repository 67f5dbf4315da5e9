/** What the process was told, by flags and environment, as one frozen value per verb, or as every mistake at once. */
import { duration, type Environment, type Flags, integer, type Parsed, reader } from './config/reader.ts'

export type DemoSettings = { readonly plain: boolean; readonly isBad: boolean }

export type SandboxSettings = {
  /** 0: any that is free. */
  readonly port: number
  readonly data: string | undefined
  readonly kubeconfig: string | undefined
  /** `PATTERN=COMMAND` each. */
  readonly images: readonly string[]
}

/** A header field that `bench` sends: to one version only, where one is named; to reach that version, none may be needed. */
export type BenchHeader = { readonly version: string | undefined; readonly name: string | undefined; readonly value: string }

export type BenchSettings = {
  readonly split: string
  readonly url: string
  readonly admin: string
  readonly adminTokenFile: string | undefined
  readonly path: string
  readonly headers: readonly BenchHeader[]
  readonly byHeader: string | undefined
  /** A second, of all versions together. */
  readonly rate: number
  readonly poisson: boolean
  readonly durationMs: number
  readonly warmupMs: number
  readonly timeoutMs: number
  readonly concurrency: number
  readonly json: boolean
}

export function parseDemo(flags: Flags): DemoSettings {
  return { plain: flags['plain'] === true, isBad: flags['bad'] === true }
}

export function parseBench(env: Environment, flags: Flags): Parsed<BenchSettings> {
  const read = reader(env, flags)
  const given = (text: string): string | undefined => (text === '' ? undefined : text)
  const url = (text: string): string | undefined => (/^https?:\/\/[^/?#]+\/?$/.test(text) && URL.canParse(text) ? text.replace(/\/$/, '') : undefined)
  const header = flags['header']
  const headers = (Array.isArray(header) ? (header as readonly string[]) : []).map((text) => {
    const found = benchHeader(text)
    if (found === undefined)
      read.mistake(`--header is ${JSON.stringify(text)}; it must be 'Name: value', or 'VERSION=Name: value' for one version alone`)
    return found
  })
  const target = read('url', "the edge's address without a path, as http://127.0.0.1:8080", url, 'http://127.0.0.1:8080')
  if (target !== undefined && flags['allowRemote'] !== true && !isLoopback(new URL(target).hostname)) {
    read.mistake(`--url is ${JSON.stringify(target)}, another machine: load on it may hurt its users. If it is yours to load, add --allow-remote`)
  }
  const token = read('adminTokenFile', 'a file', (text) => text, '')
  const byHeader = read('byHeader', 'the name of a response header', (text) => (text === '' || fieldName.test(text) ? text : undefined), '')
  const settings: BenchSettings = {
    split: read('split', 'the name of a split', given),
    url: target,
    admin: read('admin', "the edge's admin address, as http://127.0.0.1:9901", url, 'http://127.0.0.1:9901'),
    adminTokenFile: token === '' ? undefined : token,
    path: read('path', 'a path that begins with /', (text) => (/^\/[!-~]*$/.test(text) ? text : undefined), '/'),
    headers: headers.filter((header) => header !== undefined),
    byHeader: byHeader === '' ? undefined : byHeader,
    rate: read('rate', 'requests a second, from 1 to 100000', (text) => integer(text, 1, 100_000), '100'),
    poisson: flags['poisson'] === true,
    durationMs: read('duration', 'a time from 100ms to 24h, such as 30s', (text) => duration(text, 100), '10s'),
    warmupMs: read('warmup', 'a time up to 24h, such as 2s', (text) => duration(text, 0), '1s'),
    timeoutMs: read('timeout', 'a time from 100ms on, such as 10s', (text) => duration(text, 100), '10s'),
    concurrency: read('concurrency', 'a number of connections from 1 to 10000', (text) => integer(text, 1, 10_000), '256'),
    json: flags['json'] === true,
  }
  return read.finish(settings)
}

export function parseSandbox(env: Environment, flags: Flags): Parsed<SandboxSettings> {
  const read = reader(env, flags)
  const given = (text: string): string | undefined => (text === '' ? undefined : text)
  const path = (name: string): string | undefined => given(read(name, 'a path', (text) => text, ''))
  const image = flags['image']
  const images = Array.isArray(image) ? (image as readonly string[]) : []
  for (const text of images) {
    if (!/^[^=]+=\s*\S/.test(text)) read.mistake(`--image is ${JSON.stringify(text)}; it must be 'PATTERN=COMMAND', such as 'shop:*=node shop.js'`)
  }
  const settings: SandboxSettings = {
    port: read('port', 'a port from 0 to 65535', (text) => integer(text, 0, 65_535), '6443'),
    data: path('data'),
    kubeconfig: path('kubeconfig'),
    images,
  }
  return read.finish(settings)
}

/** What a sandbox's programs are given of our own environment: where things are and how they are written, and no secrets. */
export function programVariables(env: Environment): Readonly<Record<string, string>> {
  const isCommon = (name: string): boolean => /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|TERM)$/.test(name)
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (isCommon(name) && value !== undefined ? [[name, value]] : [])))
}

const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/

/** A field name holds no `=`: what stands before one is a version. */
function benchHeader(text: string): BenchHeader | undefined {
  const [, version, field] = /^(?:([\w.-]+)=)?(.*)$/s.exec(text) ?? []
  if (version !== undefined && field === '') return { version, name: undefined, value: '' }
  const [, name = '', value = ''] = /^([^:]*):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/.exec(field ?? '') ?? []
  return fieldName.test(name) ? { version, name, value } : undefined
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
