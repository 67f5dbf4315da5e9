/** Who splits the requests: by the stanza, or by what the cluster has, where edges are the default. */
import { edgeIngressClass, edgePlugin } from '../../../api/rolloutLabels.ts'
import { shown } from '../../routing/names.ts'
import { at, child, chosen, described, expectMap, integerIn, isSet, keyOf, listIn, mapIn, reportRepeated, requiredText } from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'
import { readEdgeOptions } from '../edgeOptions.ts'
import type { RouterFacts } from '../observed.ts'
import { reportNotYet } from './unsupported.ts'

export type Routing = {
  /** Requests are split: steps may have more than the number of pods. */
  readonly isRouted: boolean
  readonly totalWeight: number
  readonly managedRoutes: readonly string[]
  /** Services besides the strategy's own whose requests are split, where they stand. */
  readonly services: readonly Field[]
}

/** `facts`: of the cluster; undefined where it was decided before who carries out this revision: `recorded`. */
export type RouterKnowledge = { readonly facts: RouterFacts | undefined; readonly recorded: 'edge' | 'pods' | undefined }

const routers = ['istio', 'nginx', 'alb', 'smi', 'ambassador', 'appMesh', 'traefik', 'apisix']
const edgeStanza = 'write plugins: {spillway/edge: {}}'
const defaultTotalWeight = 100
// What an edge takes for a single version.
const maxTotalWeight = 1_000_000

export function checkTrafficRouting(canary: Field, known: RouterKnowledge, findings: Findings): Routing {
  const stanza = child(canary, 'trafficRouting')
  expectMap(stanza, findings)
  const others = chosen(stanza, routers)
  const plugins = mapIn(child(stanza, 'plugins'), findings)
  const isImplied = impliesEdge(canary, known)
  for (const plugin of plugins) if (keyOf(plugin) !== edgePlugin) reportNotYet(plugin, findings, `use ${edgePlugin}`)
  const edge = plugins.find((plugin) => keyOf(plugin) === edgePlugin)
  if (edge !== undefined) {
    readEdgeOptions(edge, findings)
    for (const name of others) reportNotYet(child(stanza, name), findings, `leave it out: ${edgePlugin} does it all`)
  } else {
    for (const name of others) checkRouter(child(stanza, name), canary, known, findings)
    for (const name of others.slice(1)) reportNotYet(child(stanza, name), findings, `keep ${others[0]} alone`)
    if (isSet(stanza) && others.length + plugins.length === 0) findings.report(stanza, { message: 'names no router', fix: edgeStanza })
  }
  const services = edge === undefined || !Array.isArray(child(edge, 'services').value) ? [] : listIn(child(edge, 'services'), findings)
  const isRouted = isImplied || edge !== undefined || others.length > 0
  if (edge === undefined && others.some((name) => name === 'nginx' || (name === 'istio' && !isSet(at(stanza, 'istio', 'destinationRule')))))
    requireServices(canary, others[0]!, findings)
  else if (isRouted && !child(canary, 'stableService').value && services.length === 0)
    findings.report(child(canary, 'stableService'), {
      message: 'is missing',
      fix: "write the Service that users' routes name: its requests are split",
    })
  const totalWeight = integerIn(child(stanza, 'maxTrafficWeight'), findings, { minimum: 1, maximum: maxTotalWeight }) ?? defaultTotalWeight
  return { isRouted, totalWeight, managedRoutes: checkManagedRoutes(stanza, findings), services }
}

/** Without a stanza: an Ingress of ours leads to the Service. */
function impliesEdge(canary: Field, { facts, recorded }: RouterKnowledge): boolean {
  if (isSet(child(canary, 'trafficRouting'))) return false
  if (facts === undefined) return recorded === 'edge'
  const stable = child(canary, 'stableService').value
  return facts.isEdgeDefault && typeof stable === 'string' && [...facts.ingresses.values()].some((services) => services.includes(stable))
}

/** Others' stanzas are carried out by the edge where nobody else could, and edges are the default. */
function checkRouter(router: Field, canary: Field, { facts, recorded }: RouterKnowledge, findings: Findings): void {
  const name = keyOf(router)
  expectMap(router, findings)
  if (name !== 'istio' && name !== 'nginx') {
    reportNotYet(router, findings, `${edgeStanza} instead`)
    return
  }
  if (facts === undefined) {
    if (recorded !== 'edge') reportNotYet(router, findings, `${edgeStanza} instead`)
  } else if (!facts.isEdgeDefault) reportNotYet(router, findings, `${edgeStanza} instead, or start the controller with --default-router edge`)
  else if (name === 'nginx') checkNginx(router, canary, facts, findings)
  // Not known: whoever decides waits for it.
  else if (facts.hasIstio)
    reportNotYet(router, findings, `${edgeStanza} instead: with Istio in the cluster, its VirtualServices would not be changed`)
}

function requireServices(canary: Field, router: string, findings: Findings): void {
  for (const name of ['stableService', 'canaryService'])
    if (!child(canary, name).value)
      findings.report(child(canary, name), { message: `is missing, and ${router} needs it`, fix: 'write the name of a Service' })
}

function checkNginx(nginx: Field, canary: Field, { ingresses }: RouterFacts, findings: Findings): void {
  const single = child(nginx, 'stableIngress')
  const fields = [...(isSet(single) ? [single] : []), ...listIn(child(nginx, 'stableIngresses'), findings)]
  if (fields.length === 0) findings.report(single, { message: 'is missing', fix: 'write the name of the Ingress that leads to stableService' })
  for (const field of fields) {
    const name = requiredText(field, findings, 'the name of an Ingress')
    if (name === undefined) continue
    const services = ingresses.get(name)
    const stable = child(canary, 'stableService').value
    if (services === undefined)
      findings.report(field, {
        message: `there is no Ingress ${shown(name)} of class ${edgeIngressClass}`,
        fix: `create it, or give it ingressClassName: ${edgeIngressClass}; other classes are not supported yet`,
      })
    else if (typeof stable === 'string' && !services.includes(stable))
      findings.report(field, {
        message: `the Ingress ${shown(name)} does not lead to stableService ${described(stable)}`,
        fix: 'name stableService in one of its rules',
      })
  }
}

function checkManagedRoutes(stanza: Field, findings: Findings): readonly string[] {
  const routes = listIn(child(stanza, 'managedRoutes'), findings)
  for (const route of routes) {
    expectMap(route, findings)
    requiredText(child(route, 'name'), findings, 'the name of a route')
  }
  const names = routes.map((route) => child(route, 'name'))
  reportRepeated(names, findings, 'name')
  return names.map(({ value }) => value).filter((value) => typeof value === 'string')
}
