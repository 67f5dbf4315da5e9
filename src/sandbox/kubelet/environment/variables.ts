import type { Container, EnvFromSource, EnvVarSource } from '../../../api/container.ts'
import { fieldValue, type PodFacts, resourceValue } from './downward.ts'
import { expand } from './expand.ts'

/** ConfigMaps and Secrets of the pod's namespace: text by key. */
export type Lookup = {
  configMap(name: string): Readonly<Record<string, string>> | undefined
  secret(name: string): Readonly<Record<string, string>> | undefined
}

export type Variables = Readonly<Record<string, string>>
/** `error`: as the kubelet words it. */
export type Resolved<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'error'; readonly error: string }

export type VariablesOptions = {
  readonly container: Container
  readonly facts: PodFacts
  readonly lookup: Lookup
  /** What every container has; the container's own variables come over them. */
  readonly given: Variables
  /** Changes values that the pod's author wrote: paths that are elsewhere here. */
  readonly place: (text: string) => string
}

/** The variables of a container, each made of those before it. */
export function variablesOf({ container, facts, lookup, given, place }: VariablesOptions): Resolved<Variables> {
  const values: Record<string, string> = { ...given }
  for (const source of container.envFrom ?? []) {
    const all = allFrom(source, lookup)
    if (all.kind === 'error') return all
    for (const [key, value] of Object.entries(all.value)) values[`${source.prefix ?? ''}${key}`] = value
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) {
      values[name] = place(expand(value ?? '', values))
      continue
    }
    const found = valueFromSource(valueFrom, { container, facts, lookup })
    if (found.kind === 'error') return found
    if (found.value !== undefined) values[name] = found.value
  }
  return { kind: 'value', value: values }
}

function allFrom({ configMapRef, secretRef }: EnvFromSource, lookup: Lookup): Resolved<Variables> {
  const [what, reference] = configMapRef === undefined ? (['secret', secretRef] as const) : (['configmap', configMapRef] as const)
  const name = reference?.name ?? ''
  const found = what === 'configmap' ? lookup.configMap(name) : lookup.secret(name)
  if (found !== undefined) return { kind: 'value', value: found }
  return reference?.optional === true ? { kind: 'value', value: {} } : { kind: 'error', error: notFound(what, name) }
}

/** A value of undefined: it is optional and not there. */
function valueFromSource(
  source: EnvVarSource,
  { container, facts, lookup }: Pick<VariablesOptions, 'container' | 'facts' | 'lookup'>,
): Resolved<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source
  if (fieldRef !== undefined) return known(fieldValue(fieldRef, facts), `unsupported fieldPath: ${fieldRef.fieldPath}`)
  if (resourceFieldRef !== undefined) {
    const named = resourceFieldRef.containerName
    const { containers, initContainers = [] } = facts.pod.spec
    const asked = named ? [...containers, ...initContainers].find(({ name }) => name === named) : container
    return known(resourceValue(resourceFieldRef, asked, facts), `unsupported container resource : ${resourceFieldRef.resource}`)
  }
  const [what, kind, reference] =
    configMapKeyRef === undefined ? (['secret', 'Secret', secretKeyRef] as const) : (['configmap', 'ConfigMap', configMapKeyRef] as const)
  if (reference === undefined) return { kind: 'value', value: '' }
  const { name = '', key, optional = false } = reference
  const found = what === 'configmap' ? lookup.configMap(name) : lookup.secret(name)
  const { namespace = '' } = facts.pod.metadata
  if (found !== undefined && Object.hasOwn(found, key)) return { kind: 'value', value: found[key] }
  if (optional) return { kind: 'value', value: undefined }
  return { kind: 'error', error: found === undefined ? notFound(what, name) : `couldn't find key ${key} in ${kind} ${namespace}/${name}` }
}

const notFound = (what: string, name: string): string => `${what} "${name}" not found`

function known(value: string | undefined, error: string): Resolved<string | undefined> {
  return value === undefined ? { kind: 'error', error } : { kind: 'value', value }
}
