import type { TrafficSplit } from '../../../api/trafficSplit.ts'
import type { Split } from '../../../core/routing/types.ts'
import type { ServedSplit } from '../../config.ts'
import type { Governance, Judged } from './governance.ts'

/** What was told of a TrafficSplit, and by which splits of the table. */
export type Told = { readonly standing: string; readonly served: ServedSplit }

/** What an edge reports of each TrafficSplit; the same list as before where all of it says the same. `told` is kept from one table to the next. */
export function servedOf(
  { judged, claims }: Governance,
  splits: readonly Split[],
  known: { readonly before: readonly ServedSplit[]; readonly told: WeakMap<Judged, Told> },
): readonly ServedSplit[] {
  const standFor = new Map<string, string[]>()
  for (const { name, origin } of splits) {
    if (origin === undefined || origin.trafficSplit === '') continue
    const key = `${origin.namespace}/${origin.service}`
    const names = standFor.get(key)
    if (names === undefined) standFor.set(key, [name])
    else names.push(name)
  }
  const served = [...judged.values()].map((each) => {
    const namespace = each.object.metadata.namespace ?? ''
    const services = [...(each.good?.services.keys() ?? namesIn(each.object.spec))].map((service) => {
      const claimed = `${namespace}/${service}`
      return { name: service, splits: claims.get(claimed)?.owner === each.good ? (standFor.get(claimed) ?? []) : [] }
    })
    const standing = services.map((service) => service.splits.join()).join(';')
    const last = known.told.get(each)
    if (last?.standing === standing) return last.served
    const next = { standing, served: servedSplit(each, services) }
    known.told.set(each, next)
    return next.served
  })
  const { before } = known
  return served.length === before.length && served.every((each, index) => each === before[index]) ? before : served
}

function servedSplit({ object: { metadata }, good, refused }: Judged, services: ServedSplit['services']): ServedSplit {
  const { namespace = '', name, uid = '', generation = 0 } = metadata
  const [first] = good?.services.values() ?? []
  return {
    namespace,
    name,
    uid: good?.uid ?? uid,
    generation: good?.generation ?? 0,
    backends: (first?.backends ?? []).map(({ podTemplateHash, weight }) => ({ name: podTemplateHash, weight })),
    services,
    ...(refused !== undefined && { refused: { generation, message: `${refused.field}: ${refused.message}` } }),
  }
}

/** Of one that could not be read whole. */
function namesIn(spec: TrafficSplit['spec'] | undefined): readonly string[] {
  const { services } = spec ?? { services: [] }
  if (!Array.isArray(services)) return []
  return (services as readonly { readonly name?: unknown }[]).flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
}
