/** What the steps up to one of them say together. */
import type { CanaryStep } from '../../api/rollout.ts'
import type { SplitMirror, SplitRoute } from '../../api/trafficSplit.ts'
import type { CanarySettings } from './settings.ts'

/** Before the first setWeight it is 0, after the last step the whole. */
export function weightAt({ steps, totalWeight }: CanarySettings, stepIndex: number): number {
  if (stepIndex >= steps.length) return totalWeight
  const weight = lastAt(steps, stepIndex, (step) => step.setWeight)
  return Math.min(Math.max(weight ?? 0, 0), totalWeight)
}

export type StepRoutes = {
  readonly routes: readonly Omit<SplitRoute, 'podTemplateHash'>[]
  readonly mirrors: readonly Omit<SplitMirror, 'podTemplateHash'>[]
}

/** In the order of managedRoutes; those that it does not name come after, as the steps bring them. None is left after the last step. */
export function routesAt({ steps, trafficRouting }: CanarySettings, stepIndex: number): StepRoutes {
  const routes = new Map<string, StepRoutes['routes'][number]>()
  const mirrors = new Map<string, StepRoutes['mirrors'][number]>()
  if (stepIndex >= steps.length) return { routes: [], mirrors: [] }
  for (const { setHeaderRoute, setMirrorRoute } of steps.slice(0, stepIndex + 1)) {
    if (setHeaderRoute) {
      const { name, match } = setHeaderRoute
      if (match?.length) {
        const conditions = match.map(({ headerName, headerValue }) => ({ headers: [{ name: headerName, ...headerValue }] }))
        routes.set(name, { name, match: conditions })
      } else routes.delete(name)
    }
    if (setMirrorRoute) {
      const { name, match, percentage = 100 } = setMirrorRoute
      if (match?.length) mirrors.set(name, { name, match: match.map(mirrorMatch), percentage })
      else mirrors.delete(name)
    }
  }
  const rank = (trafficRouting?.managedRoutes ?? []).map(({ name }) => name)
  return { routes: inOrder([...routes.values()], rank), mirrors: inOrder([...mirrors.values()], rank) }
}

type MirrorMatch = NonNullable<NonNullable<CanaryStep['setMirrorRoute']>['match']>[number]

function mirrorMatch({ method, path, headers }: MirrorMatch): NonNullable<SplitMirror['match']>[number] {
  return {
    ...(method && { method }),
    ...(path && { path }),
    ...(headers && { headers: Object.entries(headers).map(([name, value]) => ({ name, ...value })) }),
  }
}

function inOrder<T extends { readonly name: string }>(routes: readonly T[], names: readonly string[]): readonly T[] {
  const rankOf = ({ name }: T): number => (names.includes(name) ? names.indexOf(name) : names.length)
  return [...routes].sort((a, b) => rankOf(a) - rankOf(b))
}

function lastAt<T>(steps: readonly CanaryStep[], stepIndex: number, read: (step: CanaryStep) => T | undefined): T | undefined {
  for (let index = Math.min(stepIndex, steps.length - 1); index >= 0; index--) {
    const found = read(steps[index]!)
    if (found !== undefined && found !== null) return found
  }
  return undefined
}
