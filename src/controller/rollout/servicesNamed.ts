import type { Rollout } from '../../api/rollout.ts'
import { edgePlugin } from '../../api/rolloutLabels.ts'

/** The Services that a Rollout says are its own, whether they exist or not; each once. */
export function servicesNamed({ spec }: Rollout): readonly string[] {
  const { canary, blueGreen } = spec?.strategy ?? {}
  const names = [
    canary?.stableService,
    canary?.canaryService,
    blueGreen?.activeService,
    blueGreen?.previewService,
    ...rootServices(canary?.trafficRouting?.plugins),
  ]
  return [...new Set(names.filter((name) => typeof name === 'string' && name !== ''))] as readonly string[]
}

function rootServices(plugins: Readonly<Record<string, unknown>> | undefined): readonly unknown[] {
  const options = plugins?.[edgePlugin]
  const services = typeof options === 'object' && options !== null && 'services' in options ? options.services : []
  return Array.isArray(services) ? services : []
}
