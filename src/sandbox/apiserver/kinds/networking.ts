import { column, selectorText, spec, status } from './cells.ts'
import { defineKind } from './define.ts'
import { draft, draftIn, drafts, type Fields, fields, isFields, isSet, items, orDefault, size, text } from './fields.ts'
import type { Kind } from './kind.ts'
import { balancerAddresses } from './services.ts'
import { ingressClassErrors, ingressErrors, networkPolicyErrors } from './validation/networking.ts'
import { ingressWarnings } from './warnings.ts'

const hostsShown = 3

function hostText(rules: readonly Fields[]): string {
  const hosts: string[] = []
  let isMore = false
  for (const { host } of rules) {
    // Rules are counted, not hosts: one that comes after the last host that is shown is more, whatever it has.
    isMore ||= hosts.length === hostsShown
    if (!isMore && text(host) !== '') hosts.push(text(host))
  }
  if (hosts.length === 0) return '*'
  return isMore ? `${hosts.join(',')} + ${rules.length - hostsShown} more...` : hosts.join(',')
}

export const ingress: Kind = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  looks: { asChanged: 2, asNew: 2 },
  errors: ingressErrors,
  *warnings(ingress, old) {
    if (old === undefined) yield* ingressWarnings(ingress)
  },
  shape: 'networking.Ingress',
  shortNames: ['ing'],
  subresources: { status: true },
  keepsGeneration: true,
  columns: [
    column('Class', 'Who serves it.', (each) => (isSet(spec(each).ingressClassName) ? text(spec(each).ingressClassName) : '<none>')),
    column('Hosts', 'The hosts that it is for.', (each) => hostText(items(spec(each).rules))),
    column('Address', 'Where it is reached.', (each) => balancerAddresses(status(each).loadBalancer).join(',')),
    column('Ports', 'The ports that it opens.', (each) => (size(spec(each).tls) > 0 ? '80, 443' : '80')),
  ],
})

export const ingressClass: Kind = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  errors: ingressClassErrors,
  shape: 'networking.IngressClass',
  namespaced: false,
  keepsGeneration: true,
  defaults(ingressClass) {
    const { parameters } = draftIn(ingressClass, 'spec')
    if (isFields(parameters)) orDefault(draft(parameters), { scope: 'Cluster' })
  },
  columns: [
    column('Controller', 'Who serves its ingresses.', (each) => text(spec(each).controller)),
    column('Parameters', 'What tells more of it.', (each) => {
      const { parameters } = spec(each)
      if (!isFields(parameters)) return '<none>'
      return `${text(parameters.kind)}${isSet(parameters.apiGroup) ? `.${text(parameters.apiGroup)}` : ''}/${text(parameters.name)}`
    }),
  ],
})

export const networkPolicy: Kind = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  errors: networkPolicyErrors,
  shape: 'networking.NetworkPolicy',
  shortNames: ['netpol'],
  keepsGeneration: true,
  defaults(policy) {
    const made = draftIn(policy, 'spec')
    if (size(made.policyTypes) === 0) made.policyTypes = size(made.egress) > 0 ? ['Ingress', 'Egress'] : ['Ingress']
    const rules = [...items(made.ingress), ...items(made.egress)]
    for (const port of rules.flatMap(({ ports }) => drafts(ports))) orDefault(port, { protocol: 'TCP' })
  },
  columns: [column('Pod-Selector', 'The pods that it is for.', (each) => selectorText(fields(spec(each).podSelector)))],
})
