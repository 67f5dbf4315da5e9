import type { KubeObject } from '../../api/meta.ts'

/** `*`: every container. */
export type ImageChange = { readonly container: string; readonly image: string }

export type ImageResult<T> = { readonly kind: 'changed'; readonly object: T } | { readonly kind: 'refused'; readonly because: string }

type Container = { readonly name?: string; readonly image?: string }
type Fields = Readonly<Record<string, unknown>>

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const

/** Changes images in the pod template below `path`; all that is not understood stays as it is. */
export function withImages<T extends KubeObject>(object: T, changes: readonly ImageChange[], path: readonly string[]): ImageResult<T> {
  const podSpec = at(object, [...path, 'spec'])
  const known = lists.flatMap((list) => containersIn(podSpec, list).flatMap(({ name }) => (name === undefined ? [] : [name])))
  const unknown = changes.find(({ container }) => container !== '*' && !known.includes(container))
  if (unknown !== undefined)
    return { kind: 'refused', because: `it has no container ${JSON.stringify(unknown.container)}; its containers: ${known.join(', ') || 'none'}` }
  const changed = Object.fromEntries(
    lists.flatMap((list) =>
      podSpec[list] === undefined ? [] : [[list, containersIn(podSpec, list).map((container) => changedBy(container, changes))]],
    ),
  )
  return { kind: 'changed', object: replaced(object, [...path, 'spec'], { ...podSpec, ...changed }) }
}

function changedBy(container: Container, changes: readonly ImageChange[]): Container {
  const change = changes.findLast((change) => change.container === '*' || change.container === container.name)
  return change === undefined ? container : { ...container, image: change.image }
}

function containersIn(podSpec: Fields, list: string): readonly Container[] {
  const found = podSpec[list]
  return Array.isArray(found) ? (found as readonly Container[]) : []
}

function at(object: object, path: readonly string[]): Fields {
  let value: unknown = object
  for (const key of path) value = isFields(value) ? value[key] : undefined
  return isFields(value) ? value : {}
}

function replaced<T extends object>(object: T, [key, ...rest]: readonly string[], value: Fields): T {
  if (key === undefined) return value as T
  const inner = (object as Fields)[key]
  return { ...object, [key]: replaced(isFields(inner) ? inner : {}, rest, value) }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
