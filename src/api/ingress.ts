/** networking.k8s.io/v1 Ingress and IngressClass, core/v1 Secret. */
import type { KubeObject } from './meta.ts'
import type { LoadBalancerIngress } from './services.ts'

export type Ingress = KubeObject & {
  readonly spec?: IngressSpec
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] } }
}

export type IngressSpec = {
  readonly ingressClassName?: string
  readonly defaultBackend?: IngressBackend
  readonly tls?: readonly IngressTls[]
  readonly rules?: readonly IngressRule[]
}

export type IngressTls = { readonly hosts?: readonly string[]; readonly secretName?: string }

/** Without `http`, all of the host goes to the default backend. */
export type IngressRule = { readonly host?: string; readonly http?: { readonly paths: readonly IngressPath[] } }

export type IngressPath = {
  readonly path?: string
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend: IngressBackend
}

/** Either a Service or another resource. */
export type IngressBackend = {
  readonly service?: { readonly name: string; readonly port?: { readonly name?: string; readonly number?: number } }
  readonly resource?: { readonly apiGroup?: string; readonly kind: string; readonly name: string }
}

export type IngressClass = KubeObject & { readonly spec?: { readonly controller?: string } }

/** `data` is in base64. */
export type Secret = KubeObject & { readonly type?: string; readonly data?: Readonly<Record<string, string>> }

/** On an Ingress: its class, from before there was a field for it. */
export const ingressClassAnnotation = 'kubernetes.io/ingress.class'
/** On an IngressClass, `true`: of Ingresses that name none. */
export const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class'
/** On an EndpointSlice: the Service that it is of. */
export const serviceNameLabel = 'kubernetes.io/service-name'
