// Small objects that many topics use, and where they live.

export const core = '/api/v1/namespaces/{ns}'
export const configMaps = `${core}/configmaps`
export const secrets = `${core}/secrets`
export const pods = `${core}/pods`
export const services = `${core}/services`
export const apps = '/apis/apps/v1/namespaces/{ns}'
export const deployments = `${apps}/deployments`
export const replicaSets = `${apps}/replicasets`

type Fields = Readonly<Record<string, unknown>>

export function object(apiVersion: string, kind: string, name: string, rest: Fields = {}): Fields {
  const { metadata, ...others } = rest
  return { apiVersion, kind, metadata: { name, ...(metadata as Fields | undefined) }, ...others }
}

export function configMap(name: string, data?: Readonly<Record<string, string>>, metadata: Fields = {}): Fields {
  return object('v1', 'ConfigMap', name, { metadata, ...(data === undefined ? {} : { data }) })
}

export function pod(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  return object('v1', 'Pod', name, { metadata, spec: { containers: [{ name: 'main', image: 'shop:1' }], ...spec } })
}

export function podTemplate(labels: Fields, spec: Fields = {}): Fields {
  return { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'shop:1' }], ...spec } }
}

export function deployment(name: string, spec: Fields = {}): Fields {
  const selector = { matchLabels: { app: name } }
  return object('apps/v1', 'Deployment', name, { spec: { selector, template: podTemplate({ app: name }), ...spec } })
}

export function replicaSet(name: string, spec: Fields = {}): Fields {
  const selector = { matchLabels: { app: name } }
  return object('apps/v1', 'ReplicaSet', name, { spec: { selector, template: podTemplate({ app: name }), ...spec } })
}

export function service(name: string, spec: Fields = {}): Fields {
  return object('v1', 'Service', name, { spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec } })
}
