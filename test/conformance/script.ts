// The language of the conformance script: requests as values, in order, with variables saved from answers and put into later requests.

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/**
 * `{name}` in paths, headers, and texts inside bodies stands for a variable. Always there: `run` (unique to a run), `ns` (the topic's namespace).
 * Dotted paths reach into an answer: `metadata.uid`, `items.0.metadata.name`, `groups.[name=apps]`, `schemas.[a.name.with.dots]`; the empty one is all of it.
 */
export type RequestOptions = {
  readonly headers?: Readonly<Record<string, string>>
  /** Variable → dotted path of its value in the answer. */
  readonly save?: Readonly<Record<string, string>>
  /** What of the answer is recorded, where all of it would be too much. */
  readonly only?: readonly string[]
  /** Dotted path → value: the request is sent again until the answer has it, and that answer is recorded. `status` of HTTP is `:status`. */
  readonly until?: Readonly<Record<string, unknown>>
}

export type RequestStep = RequestOptions & {
  readonly kind: 'request'
  readonly method: Method
  readonly path: string
  /** A text is sent as it is, an Edit is an answer changed, anything else goes as JSON. */
  readonly body?: unknown
}

/** An answer that was saved whole, with some fields set to other values; undefined removes a field. */
export type Edit = { readonly edit: string; readonly set: Readonly<Record<string, unknown>> }

export type Step =
  | RequestStep
  /** Begins a watch; the next step comes when its answer has begun. */
  | { readonly kind: 'watch'; readonly as: string; readonly path: string; readonly headers?: Readonly<Record<string, string>> }
  /** Takes so many events from a watch; with 'all', until the server ends it. */
  | { readonly kind: 'events'; readonly of: string; readonly count: number | 'all' }

/** A rule and the requests that show it. */
export type Case = { readonly name: string; readonly steps: readonly Step[] }

export type Topic = {
  readonly name: string
  /** Whether Kubernetes' controllers may work meanwhile. What they write comes at any moment, so that they stand still wherever they are not the subject. */
  readonly controllers: 'still' | 'at work'
  readonly cases: readonly Case[]
}

export function topic(name: string, cases: readonly Case[], controllers: Topic['controllers'] = 'still'): Topic {
  return { name, controllers, cases }
}

export function rule(name: string, ...steps: readonly Step[]): Case {
  return { name, steps }
}

export function get(path: string, options: RequestOptions = {}): RequestStep {
  return { kind: 'request', method: 'GET', path, ...options }
}

export function post(path: string, body: unknown, options: RequestOptions = {}): RequestStep {
  return { kind: 'request', method: 'POST', path, body, ...options }
}

export function put(path: string, body: unknown, options: RequestOptions = {}): RequestStep {
  return { kind: 'request', method: 'PUT', path, body, ...options }
}

export function remove(path: string, body?: unknown, options: RequestOptions = {}): RequestStep {
  return { kind: 'request', method: 'DELETE', path, ...(body === undefined ? {} : { body }), ...options }
}

export function send(method: Method, path: string, options: RequestOptions & { readonly body?: unknown } = {}): RequestStep {
  return { kind: 'request', method, path, ...options }
}

export function patch(type: keyof typeof patchTypes, path: string, body: unknown, options: RequestOptions = {}): RequestStep {
  const headers = { 'content-type': patchTypes[type], ...options.headers }
  return { kind: 'request', method: 'PATCH', path, body, ...options, headers }
}

export function apply(path: string, manager: string, body: unknown, options: RequestOptions & { readonly force?: boolean } = {}): RequestStep {
  const { force, ...rest } = options
  return patch('apply', `${path}${path.includes('?') ? '&' : '?'}fieldManager=${manager}${force ? '&force=true' : ''}`, body, rest)
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export function watch(as: string, path: string, headers: Readonly<Record<string, string>> = {}): Step {
  return { kind: 'watch', as, path, headers }
}

export function events(of: string, count: number | 'all'): Step {
  return { kind: 'events', of, count }
}

export function edit(variable: string, set: Readonly<Record<string, unknown>>): Edit {
  return { edit: variable, set }
}

/** The value at a dotted path; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value
  for (const key of path === '' ? [] : path.split(/\.(?![^[]*\])/)) {
    if (typeof at !== 'object' || at === null) return undefined
    const [, name = '', wanted] = /^\[([^=]*)=?(.*)\]$/.exec(key) ?? []
    if (Array.isArray(at) && wanted) at = at.find((item) => valueAt(item, name) === wanted) as unknown
    else at = (at as Record<string, unknown>)[name || key]
  }
  return at
}
