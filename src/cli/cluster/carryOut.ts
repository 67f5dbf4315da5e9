import { setTimeout as delay } from 'node:timers/promises'
import type { KubeObject } from '../../api/meta.ts'
import type { KubeClient, Patch } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import type { ObjectRef, Resource } from '../../kube/resource.ts'
import { mergePatched } from '../patches/mergePatch.ts'
import type { Wish, Write } from '../patches/plan.ts'

export type DryRun = 'none' | 'client' | 'server'
export type CarryOut<T extends KubeObject> = {
  readonly resource: Resource
  readonly ref: ObjectRef
  readonly wish: Wish<T>
  readonly dryRun: DryRun
}

/** What the user asked for cannot be: not a failure of ours or the cluster's. */
export class Refusal extends Error {}

const attempts = 5
const pauseMs = 100

/**
 * Reads, writes what the wish says, and gives the object as it then is. Where another wrote in between, or an answer was lost, it reads again and
 * writes what is still to be written, five times at most. Rejects with a Refusal, or a KubeError.
 */
export async function carryOut<T extends KubeObject>(client: KubeClient, { resource, ref, wish, dryRun }: CarryOut<T>): Promise<T> {
  const first = await client.get<T>(resource, ref)
  let now = first
  for (let attempt = 1; ; attempt++) {
    const plan = wish(now, first)
    if (plan.kind === 'refused') throw new Refusal(plan.because)
    try {
      for (const write of plan.writes) now = await send(write, now)
      return now
    } catch (error) {
      if (attempt === attempts || !isWorthAnotherLook(error)) throw error
      await delay(pauseMs * attempt)
      now = await client.get<T>(resource, ref)
    }
  }

  async function send(write: Write, before: T): Promise<T> {
    if (dryRun === 'client') return isMerge(write.body) ? mergePatched(before, write.body) : withSteps(before, write)
    const options = { ...(write.subresource && { subresource: write.subresource }), ...(dryRun === 'server' && { dryRun: true }) }
    const after = await client.patch<T>(resource, ref, patchOf(write, before), options)
    // Nothing was kept of it: the next write goes to what is still there.
    return dryRun === 'server' ? { ...after, metadata: { ...after.metadata, resourceVersion: before.metadata.resourceVersion } } : after
  }
}

function patchOf({ body, isGuarded = false }: Write, { metadata }: KubeObject): Patch {
  if (!isMerge(body)) return { kind: 'json', body }
  const guard = isGuarded && metadata.resourceVersion !== undefined ? { metadata: { resourceVersion: metadata.resourceVersion } } : {}
  return { kind: 'merge', body: { ...guard, ...body } }
}

/** The only JSON patches are replacements of a template. */
function withSteps<T extends KubeObject>(object: T, { body }: Write): T {
  if (isMerge(body)) return object
  return body.reduce((result, step) => {
    if (step.op === 'remove') return result
    const keys = step.path.split('/').slice(1)
    return keys.length === 0 ? result : replacedAt(result, keys, step.value)
  }, object)
}

function replacedAt<T extends object>(object: T, [key, ...rest]: readonly string[], value: unknown): T {
  if (key === undefined) return object
  const inner = (object as Readonly<Record<string, unknown>>)[key]
  const isInner = typeof inner === 'object' && inner !== null
  return { ...object, [key]: rest.length === 0 ? value : replacedAt(isInner ? inner : {}, rest, value) }
}

function isMerge(body: Write['body']): body is Readonly<Record<string, unknown>> {
  return !Array.isArray(body)
}

/** Another was faster; or nobody knows whether it took effect. */
function isWorthAnotherLook(error: unknown): boolean {
  return isKubeError(error, 'conflict', 'noAnswer', 'unavailable')
}
