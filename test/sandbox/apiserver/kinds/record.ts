// Records what a real server answers to the cases: KUBECONFIG=… node test/sandbox/apiserver/kinds/record.ts [FILES of manifests…]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { basename } from 'node:path'
import { parse } from 'yaml'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import type { JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { type Answer, type Case, type Golden, namespace, normalized, normalizedCell, refusal } from './cases.ts'

type Config = { clusters: { cluster: { server: string; 'certificate-authority': string } }[]; users: { user: { token: string } }[] }
const config = parse(readFileSync(process.env.KUBECONFIG!, 'utf8')) as Config
const { server, 'certificate-authority': authority } = config.clusters[0]!.cluster
const { token } = config.users[0]!.user
const ca = readFileSync(authority)
const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io'

type Asked = { readonly method: string; readonly path: string; readonly body?: JsonObject; readonly type?: string; readonly accept?: string }

/** Of the last answer. */
let warned: readonly string[] = []

function ask({ method, path, body, type = 'application/json', accept = 'application/json' }: Asked): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const sends = body === undefined ? '' : JSON.stringify(body)
    const headers = { authorization: `Bearer ${token}`, accept, 'content-type': type, 'content-length': Buffer.byteLength(sends) }
    const sent = request(`${server}${path}`, { method, ca, headers, signal: AbortSignal.timeout(10_000) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as JsonObject))
      warned = (response.headersDistinct.warning ?? []).flatMap((line) =>
        [...line.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1')),
      )
    })
    sent.on('error', reject)
    sent.end(sends)
  })
}

const resources = new Map<string, { readonly name: string; readonly namespaced: boolean }>()

async function pathOf({ apiVersion, kind }: Case['object']): Promise<string> {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  if (!resources.has(`${apiVersion} ${kind}`)) {
    const list = (await ask({ method: 'GET', path: base })) as unknown as { resources: { name: string; kind: string; namespaced: boolean }[] }
    for (const each of list.resources) if (!each.name.includes('/')) resources.set(`${apiVersion} ${each.kind}`, each)
  }
  const { name, namespaced } = resources.get(`${apiVersion} ${kind}`)!
  return namespaced ? `${base}/namespaces/${namespace}/${name}` : `${base}/${name}`
}

async function answer(asked: Asked): Promise<Answer> {
  const object = await ask(asked)
  if (object.kind === 'Status') return { refusal: refusal(object) }
  const warnings = warned.filter((text) => !text.includes('v1 Endpoints is deprecated'))
  const table = (await ask({ ...asked, accept: asTable })) as unknown as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }
  const cells = table.columnDefinitions.map(({ name }, index) => [name, normalizedCell(table.rows[0]!.cells[index])] as const)
  return {
    object: normalized(object),
    ...(warnings.length > 0 && { warnings }),
    row: Object.fromEntries(cells.filter(([name]) => name !== 'Age' && name !== 'Created At')),
  }
}

/** Kinds whose defaults are applied once more when they are read from the store, to what the server has added before. */
const reread = ['Job', 'ReplicationController', 'HorizontalPodAutoscaler', 'Service']
const remove = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Background' }

async function kept(path: string, object: JsonObject): Promise<Answer> {
  const name = String((object.metadata as JsonObject).name)
  const stored = await ask({ method: 'POST', path, body: object })
  await ask({ method: 'DELETE', path: `${path}/${name}`, body: remove })
  const row = stored.kind === 'Status' ? {} : await answer({ method: 'POST', path: `${path}?dryRun=All`, body: object })
  return stored.kind === 'Status' ? { refusal: refusal(stored) } : { ...row, object: normalized(stored) }
}

async function record({ object, patch, status, readAs }: Case): Promise<Golden> {
  const path = await pathOf(object)
  const recordedAt = new Date().toISOString()
  const created = reread.includes(object.kind) ? await kept(path, object) : await answer({ method: 'POST', path: `${path}?dryRun=All`, body: object })
  if (patch === undefined && status === undefined && readAs === undefined) return { recordedAt, created }
  const stored = await ask({ method: 'POST', path, body: object })
  if (stored.kind === 'Status') throw new Error(`creating ${path}: ${String(stored.message)}`)
  const at = `${path}/${String((stored.metadata as JsonObject).name)}`
  const merge = { method: 'PATCH', type: 'application/merge-patch+json' }
  const patched = patch === undefined ? undefined : await answer({ ...merge, path: `${at}?dryRun=All`, body: patch })
  const withStatus = status === undefined ? undefined : await answer({ ...merge, path: `${at}/status?dryRun=All`, body: { status } })
  const other =
    readAs === undefined ? undefined : `${await pathOf({ ...object, apiVersion: readAs })}/${String((stored.metadata as JsonObject).name)}`
  const read = other === undefined ? undefined : await answer({ method: 'GET', path: other })
  await ask({ method: 'DELETE', path: at, body: remove })
  return {
    recordedAt,
    created,
    ...(read !== undefined && { readAs: read }),
    ...(patched !== undefined && { patched }),
    ...(withStatus !== undefined && { withStatus }),
  }
}

type Listed = { readonly name: string; readonly kind: string; readonly group?: string }
type Described = { readonly name: string; readonly type: string; readonly format: string; readonly priority: number }

const everyField = [
  ...new Set(['spec.host', 'status.successful', ...builtinKinds.flatMap(({ selectableFields }) => Object.keys(selectableFields))]),
].sort()

/** How each kind is told of in discovery, with what it has below it, and the columns of a list of it. */
async function described(): Promise<JsonObject> {
  const told: Record<string, unknown> = {}
  for (const { group, version, plural } of builtinKinds) {
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    const { resources } = (await ask({ method: 'GET', path: base })) as unknown as { readonly resources: readonly Listed[] }
    const own = resources.find(({ name }) => name === plural)
    const below = resources.map(({ name }) => name).filter((name) => name === `${plural}/status` || name === `${plural}/scale`)
    const { columnDefinitions } = (await ask({ method: 'GET', path: `${base}/${plural}?limit=1`, accept: asTable })) as unknown as {
      columnDefinitions: Described[]
    }
    const columns = columnDefinitions.map(({ name, type, format, priority }) => [name, type, format, priority])
    const fields: string[] = []
    for (const field of everyField) {
      const list = await ask({ method: 'GET', path: `${base}/${plural}?limit=1&fieldSelector=${field}%3Dx` })
      if (list.kind !== 'Status') fields.push(field)
    }
    told[`${base}/${plural}`] = { ...own, storageVersionHash: undefined, below, fields, columns }
  }
  return JSON.parse(JSON.stringify(told)) as JsonObject
}

const { gitVersion } = (await ask({ method: 'GET', path: '/version' })) as { gitVersion: string }
await ask({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } })
const folder = import.meta.dirname
const named = process.argv.slice(2).map((path) => basename(path))
for (const file of readdirSync(`${folder}/manifests`)) {
  if (named.length > 0 && !named.includes(file)) continue
  const { cases } = (await import(`./manifests/${file}`)) as { readonly cases: readonly Case[] }
  const answers: Record<string, Golden> = {}
  for (const each of cases) answers[each.name] = await record(each)
  writeFileSync(`${folder}/golden/${file.replace('.ts', '.json')}`, `${JSON.stringify({ server: gitVersion, answers }, undefined, 1)}\n`)
  console.log(`${file}: ${cases.length} cases from ${gitVersion}`)
}
writeFileSync(`${folder}/golden/discovery.json`, `${JSON.stringify({ server: gitVersion, resources: await described() }, undefined, 1)}\n`)
