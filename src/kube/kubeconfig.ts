import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { Environment, ExecPlugin } from './execPlugin.ts'

/** A kubeconfig, or several in one, as kubectl would use it for one context. Paths in it are absolute. */
export type Kubeconfig = {
  /** For error texts: where it came from. */
  readonly from: string
  readonly cluster: Named
  readonly user: Named
  readonly context: { readonly name: string; readonly namespace: string }
  readonly tokenFile: string | undefined
  readonly exec: ExecPlugin | undefined
  /** Whom to act as: `Impersonate-…` headers. */
  readonly impersonation: Readonly<Record<string, string | readonly string[]>>
}

export type Named = { readonly name: string; readonly fields: Fields }
export type Fields = Readonly<Record<string, unknown>>

/** Where kubectl would look: $KUBECONFIG, else ~/.kube/config. */
export function usualPaths(env: Environment): readonly string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')]
}

/** In place of the names that the chosen context has. `server`: the cluster may lack one. */
export type Chosen = { readonly cluster?: string; readonly user?: string; readonly server?: string }

/** Undefined where none of the files exists. Rejects with file, place and fix; texts of the file are never quoted, for they hold secrets. */
export async function readKubeconfig(
  paths: readonly string[],
  contextName: string | undefined,
  { cluster: clusterChosen, user: userChosen, server }: Chosen = {},
): Promise<Kubeconfig | undefined> {
  const files = (await Promise.all(paths.map(readOne))).filter((file) => file !== undefined)
  if (files.length === 0) return undefined
  const from = paths.join(delimiter)
  // Of several of one name the first counts, as for kubectl.
  const all = (section: string): readonly Named[] => files.flatMap((file) => namedIn(file, section))
  const contexts = all('contexts')
  const names = contexts.map(({ name }) => name).join(', ') || 'none'
  const chosen = contextName ?? files.map(({ fields }) => textIn(fields, 'current-context')).find((name) => name !== '')
  if (chosen === undefined) throw new Error(`${from} has no current-context: choose one of its contexts (${names})`)
  const context = contexts.find(({ name }) => name === chosen)
  if (context === undefined) throw new Error(`${from} has no context ${JSON.stringify(chosen)}; it has ${names}`)
  const clusterName = clusterChosen ?? textIn(context.fields, 'cluster')
  const cluster = all('clusters').find(({ name }) => name === clusterName)
  if (cluster === undefined) throw new Error(`${from}: context ${chosen} wants cluster ${JSON.stringify(clusterName)}, which clusters: does not have`)
  if (textIn(cluster.fields, 'server') === '' && server === undefined)
    throw new Error(`${from}: cluster ${clusterName} has no server: (as https://host:6443)`)
  const userName = userChosen ?? textIn(context.fields, 'user')
  const user = all('users').find(({ name }) => name === userName)
  if (user === undefined && userName !== '')
    throw new Error(`${from}: context ${chosen} wants user ${JSON.stringify(userName)}, which users: does not have`)
  const fields = user?.fields ?? {}
  return {
    from,
    cluster,
    user: { name: userName, fields },
    context: { name: chosen, namespace: textIn(context.fields, 'namespace').trim() || 'default' },
    tokenFile: textIn(fields, 'tokenFile') || undefined,
    exec: pluginIn(fields['exec'], from, userName),
    impersonation: impersonationIn(fields),
  }
}

/** Of all these files that exist. */
export async function contextNames(paths: readonly string[]): Promise<readonly string[]> {
  const files = (await Promise.all(paths.map(readOne))).filter((file) => file !== undefined)
  return [...new Set(files.flatMap((file) => namedIn(file, 'contexts')).map(({ name }) => name))]
}

type File = { readonly path: string; readonly fields: Fields }

async function readOne(path: string): Promise<File | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new Error(`${path} cannot be read (${code}): check its owner and mode`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines })
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new Error(`${path}:${line}:${col} is no valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')}): mend that line`)
  }
  const fields: unknown = document.toJS()
  if (!isFields(fields) || !('clusters' in fields || 'contexts' in fields || 'current-context' in fields))
    throw new Error(`${path} is no kubeconfig: it has neither clusters: nor contexts:`)
  return { path: resolve(path), fields }
}

/** The key of each section's payload, and which of its fields are paths. */
const payloads: Readonly<Record<string, { readonly key: string; readonly paths: readonly string[] }>> = {
  clusters: { key: 'cluster', paths: ['certificate-authority'] },
  contexts: { key: 'context', paths: [] },
  users: { key: 'user', paths: ['client-certificate', 'client-key', 'tokenFile'] },
}

function namedIn({ path, fields }: File, section: string): readonly Named[] {
  const { key, paths } = payloads[section]!
  const entries = fields[section] ?? []
  if (!Array.isArray(entries)) throw new Error(`${path}: ${section}: must be a list`)
  return entries.map((entry: unknown, i) => {
    if (!isFields(entry) || textIn(entry, 'name') === '') throw new Error(`${path}: ${section}[${i}] has no name:`)
    const payload = entry[key] ?? {}
    if (!isFields(payload)) throw new Error(`${path}: ${section}[${i}].${key} must be a mapping`)
    const absolute = paths.flatMap((name) => {
      const given = textIn(payload, name)
      return given === '' || isAbsolute(given) ? [] : [[name, join(dirname(path), given)]]
    })
    return { name: textIn(entry, 'name'), fields: { ...payload, ...Object.fromEntries(absolute), ...commandFrom(payload['exec'], path) } }
  })
}

/** A command with a slash is relative to its file; without one, it is looked for on the PATH. */
function commandFrom(exec: unknown, path: string): { readonly exec?: Fields } {
  if (!isFields(exec)) return {}
  const command = textIn(exec, 'command')
  return !command.includes('/') || isAbsolute(command) ? {} : { exec: { ...exec, command: join(dirname(path), command) } }
}

function pluginIn(exec: unknown, from: string, user: string): ExecPlugin | undefined {
  if (exec === undefined || exec === null) return undefined
  const of = `${from}: users ${user}: exec`
  if (!isFields(exec) || textIn(exec, 'command') === '') throw new Error(`${of}: has no command:`)
  if (textIn(exec, 'interactiveMode') === 'Always')
    throw new Error(`${of}: wants a person to answer (interactiveMode: Always); use another user here`)
  const env = Array.isArray(exec['env']) ? exec['env'].filter(isFields) : []
  return {
    command: textIn(exec, 'command'),
    args: Array.isArray(exec['args']) ? exec['args'].map(String) : [],
    env: Object.fromEntries(env.map((entry) => [textIn(entry, 'name'), textIn(entry, 'value')])),
    apiVersion: textIn(exec, 'apiVersion') || 'client.authentication.k8s.io/v1',
    installHint: textIn(exec, 'installHint'),
    provideClusterInfo: exec['provideClusterInfo'] === true,
  }
}

function impersonationIn(user: Fields): Readonly<Record<string, string | readonly string[]>> {
  const groups = user['as-groups']
  const extra = isFields(user['as-user-extra']) ? user['as-user-extra'] : {}
  return {
    ...(textIn(user, 'as') && { 'impersonate-user': textIn(user, 'as') }),
    ...(textIn(user, 'as-uid') && { 'impersonate-uid': textIn(user, 'as-uid') }),
    ...(Array.isArray(groups) && groups.length > 0 && { 'impersonate-group': groups.map(String) }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
        Array.isArray(values) ? values.map(String) : [String(values)],
      ]),
    ),
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}
