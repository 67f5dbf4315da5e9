import type { Ingress } from '../api/ingress.ts'

/** The Services that an Ingress sends requests to, by name, each once. */
export function servicesOfIngress({ spec }: Ingress): readonly string[] {
  const backends = [spec?.defaultBackend, ...(spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend))]
  return [...new Set(backends.flatMap((backend) => (backend?.service?.name === undefined ? [] : [backend.service.name])))]
}
