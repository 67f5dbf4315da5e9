import type { KubeObject } from '../api/meta.ts'
import type { LoadBalancerIngress } from '../api/services.ts'

/** networking.k8s.io/v1 Ingress, as far as the controller reads it. */
export type Ingress = KubeObject & {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly defaultBackend?: IngressBackend
    readonly rules?: readonly { readonly http?: { readonly paths?: readonly { readonly backend?: IngressBackend }[] } }[]
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] } }
}
type IngressBackend = { readonly service?: { readonly name?: string } }

/** By name, each once. */
export function servicesOfIngress({ spec }: Ingress): readonly string[] {
  const backends = [spec?.defaultBackend, ...(spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend))]
  return [...new Set(backends.flatMap((backend) => (backend?.service?.name === undefined ? [] : [backend.service.name])))]
}
