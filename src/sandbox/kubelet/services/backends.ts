import type { EndpointSlice, ServicePort } from '../../../api/services.ts'

export type Backend = { readonly ip: string; readonly port: number; readonly podUid: string | undefined }

/** Where connections to a Service's port go: endpoints that are ready; if there are none, those that end and still serve, as kube-proxy has it. */
export function backendsOf({ name = '', protocol = 'TCP' }: ServicePort, slices: readonly EndpointSlice[]): readonly Backend[] {
  const all = slices.flatMap(({ endpoints, ports }) => {
    const port = (ports ?? []).find((each) => (each.name ?? '') === name && (each.protocol ?? 'TCP') === protocol)?.port
    if (port === undefined) return []
    return (endpoints ?? []).flatMap(({ addresses, conditions = {}, targetRef }) => {
      const [ip] = addresses
      return ip === undefined ? [] : [{ backend: { ip, port, podUid: targetRef?.uid }, conditions }]
    })
  })
  const ready = all.filter(({ conditions }) => conditions.ready !== false)
  const chosen = ready.length > 0 ? ready : all.filter(({ conditions }) => conditions.serving === true && conditions.terminating === true)
  return chosen.map(({ backend }) => backend)
}
