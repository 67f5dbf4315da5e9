import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import type { Answer, Connection, Stream } from './connect.ts'
import { type Edit, type RequestStep, type Step, type Topic, valueAt } from './script.ts'

/** What a server said to one step, before anything is made comparable. */
export type Exchange = {
  readonly rule: string
  readonly request: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Parsed where it is JSON. */
  readonly body?: unknown
  readonly events?: readonly unknown[]
  /** In place of an answer: what the script could not do. */
  readonly failed?: string
  /** What of the body is recorded. */
  readonly only?: readonly string[]
}

const headersOfInterest = ['content-type', 'warning', 'retry-after', 'allow', 'location', 'www-authenticate']
const untilMs = 20_000

/** One run of a topic, in a namespace of its own. `run`: a short name that no other run on this server has. */
export async function runTopic(topic: Topic, connection: Connection, run: string): Promise<readonly Exchange[]> {
  const ns = `conf-${topic.name.toLowerCase()}-${run}`
  const variables = new Map<string, unknown>([
    ['run', run],
    ['ns', ns],
  ])
  const streams = new Map<string, Stream>()
  const exchanges: Exchange[] = []
  await prepareNamespace(connection, ns, topic.controllers === 'at work')
  try {
    for (const { name, steps } of topic.cases)
      for (const step of steps) {
        const request = nameOf(step)
        try {
          exchanges.push({ rule: name, request, ...(await carryOut(step, { connection, variables, streams })) })
        } catch (error) {
          exchanges.push({ rule: name, request, failed: error instanceof Error ? error.message : String(error) })
        }
      }
  } finally {
    for (const stream of streams.values()) stream.close()
  }
  return exchanges
}

function nameOf(step: Step): string {
  switch (step.kind) {
    case 'request':
      return `${step.method} ${step.path}`
    case 'watch':
      return `WATCH ${step.path}`
    case 'events':
      return `${step.count} events of ${step.of}`
  }
}

/** With the objects that controllers put into every namespace, so that these do not come between the script's. */
async function prepareNamespace(connection: Connection, name: string, isControlled: boolean): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const { status, text } = await connection.send({ method: 'POST', path: '/api/v1/namespaces', headers, body })
  if (status !== 201) throw new Error(`namespace ${name}: ${text}`)
  const end = performance.now() + untilMs
  for (const path of isControlled ? ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'] : [])
    while ((await connection.send({ method: 'GET', path: `/api/v1/namespaces/${name}/${path}`, headers: {} })).status !== 200) {
      if (performance.now() > end) throw new Error(`${path} is not there`)
      await delay(50)
    }
}

type World = { readonly connection: Connection; readonly variables: Map<string, unknown>; readonly streams: Map<string, Stream> }

async function carryOut(step: Step, { connection, variables, streams }: World): Promise<Omit<Exchange, 'rule' | 'request'>> {
  switch (step.kind) {
    case 'request': {
      const { status, headers, text } = await ask(step, { connection, variables, streams })
      const body = headers['content-type'] === 'application/yaml' ? (parse(text) as unknown) : parsed(text)
      for (const [variable, path] of Object.entries(step.save ?? {})) variables.set(variable, valueAt(body, path))
      return { status, headers: interesting(headers), body, ...(step.only === undefined ? {} : { only: step.only }) }
    }
    case 'watch': {
      streams.get(step.as)?.close()
      const headers = filled(step.headers ?? {}, variables) as Record<string, string>
      const stream = await connection.open({ method: 'GET', path: filled(step.path, variables) as string, headers })
      streams.set(step.as, stream)
      return { status: stream.status, headers: interesting(stream.headers) }
    }
    case 'events': {
      const stream = streams.get(step.of)
      if (stream === undefined) throw new Error(`no watch ${step.of}`)
      const events: unknown[] = []
      while (step.count === 'all' || events.length < step.count) {
        const line = await stream.next()
        if (line === undefined) break
        events.push(parsed(line))
      }
      return { events }
    }
  }
}

async function ask(step: RequestStep, { connection, variables }: World): Promise<Answer> {
  const body = step.body === undefined ? undefined : textOf(step.body, variables)
  const typed = body === undefined ? {} : { 'content-type': 'application/json' }
  const headers = filled({ ...typed, ...step.headers }, variables) as Record<string, string>
  const sent = { method: step.method, path: filled(step.path, variables) as string, headers, ...(body === undefined ? {} : { body }) }
  const wanted = Object.entries((filled(step.until ?? {}, variables) as Record<string, unknown>) ?? {})
  const end = performance.now() + untilMs
  for (;;) {
    const answer = await connection.send(sent)
    const value = wanted.length > 0 ? parsed(answer.text) : undefined
    const holds = wanted.every(([path, want]) => JSON.stringify(path === ':status' ? answer.status : valueAt(value, path)) === JSON.stringify(want))
    if (holds || performance.now() > end) return answer
    await delay(50)
  }
}

function interesting(headers: Answer['headers']): Record<string, string> {
  const found = headersOfInterest.map((name) => [name, headers[name]] as const)
  return Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not JSON: recorded as text.
    return text
  }
}

function textOf(body: unknown, variables: ReadonlyMap<string, unknown>): string {
  if (typeof body === 'string') return filled(body, variables) as string
  if (!isEdit(body)) return JSON.stringify(filled(body, variables))
  const object = structuredClone(variables.get(body.edit))
  for (const [path, value] of Object.entries(body.set)) setAt(object, path.split('.'), filled(value, variables))
  return JSON.stringify(object)
}

function isEdit(body: unknown): body is Edit {
  return typeof body === 'object' && body !== null && 'edit' in body && 'set' in body
}

function setAt(object: unknown, path: readonly string[], value: unknown): void {
  let at = object as Record<string, unknown>
  for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>
  const last = path.at(-1)!
  if (value === undefined) delete at[last]
  else at[last] = value
}

/** With the variables' values in every text; what names no variable stays. */
function filled(value: unknown, variables: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (variables.has(name) ? String(variables.get(name)) : whole))
  if (Array.isArray(value)) return value.map((item) => filled(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [filled(key, variables) as string, filled(item, variables)]))
}
