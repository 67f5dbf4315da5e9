/** How to send requests to each version of a split, and how to tell afterwards which version answered. Pure. */

/** A header field to send: with every request, or with those to one version. `name` is undefined for a version that needs none. */
export type GivenHeader = { readonly version: string | undefined; readonly name: string | undefined; readonly value: string }

/** A split as the admin API tells it. `share`: of the traffic by weight, a ratio. */
export type KnownSplit = {
  readonly backends: readonly {
    readonly name: string
    readonly share: number
    readonly reachedBy: { readonly route: string; readonly headers: readonly { readonly name: string; readonly value: string }[] } | undefined
  }[]
}

export type Headers = Readonly<Record<string, string | string[]>>
/** Requests of one kind. `version`: who is to answer them; undefined where the weights decide. `via`: for people. */
export type Arm = { readonly version: string | undefined; readonly headers: Headers; readonly via: string }

/** Who answered: whom the request was sent to, whom the answer names in a field, or nobody knows and the edge's counters have to tell. */
export type Attribution = { readonly kind: 'arm' } | { readonly kind: 'header'; readonly name: string } | { readonly kind: 'counters' }

export type Plan = {
  /** Sent in equal numbers, interleaved. */
  readonly arms: readonly Arm[]
  readonly attribution: Attribution
  /** In the order of the split: the first is what the others are compared with. Empty where only answers will tell. */
  readonly versions: readonly { readonly name: string; readonly via: string }[]
  readonly notes: readonly string[]
}
export type Planned = { readonly kind: 'plan'; readonly plan: Plan } | { readonly kind: 'mistake'; readonly message: string }

/** `split` is undefined when no admin API was there to ask. */
export function planArms(split: KnownSplit | undefined, given: readonly GivenHeader[], byHeader: string | undefined): Planned {
  const named = [...new Set(given.flatMap(({ version }) => version ?? []))]
  const backends = split?.backends ?? named.map((name) => ({ name, share: 0, reachedBy: undefined }))
  const unknown = named.find((name) => backends.every((backend) => backend.name !== name))
  if (unknown !== undefined) {
    return mistake(`--header names the version ${JSON.stringify(unknown)}; the split has ${backends.map(({ name }) => name).join(', ')}`)
  }
  const shared = given.filter(({ version }) => version === undefined)
  const arms: Arm[] = []
  const versions: { name: string; via: string }[] = []
  const notes: string[] = []
  let needsWeights = backends.length === 0
  for (const { name, share, reachedBy } of backends) {
    const own = given.filter(({ version }) => version === name)
    if (own.length > 0) arms.push({ version: name, headers: merged([...shared, ...own]), via: 'given header' })
    else if (reachedBy !== undefined)
      arms.push({ version: name, headers: merged([...shared, ...reachedBy.headers]), via: `route ${reachedBy.route}` })
    else if (share === 1) arms.push({ version: name, headers: merged(shared), via: 'weight' })
    else if (share > 0) needsWeights = true
    else {
      notes.push(`${name} is left out: its weight is 0, and no route leads to it. Give it one, or --header '${name}=Name: value'.`)
      continue
    }
    versions.push({ name, via: arms.findLast((arm) => arm.version === name)?.via ?? 'weight' })
  }
  if (needsWeights) arms.push({ version: undefined, headers: merged(shared), via: 'weight' })
  const attribution = attributionOf(byHeader, needsWeights)
  if (attribution.kind === 'counters' && split === undefined) {
    return mistake(`without the admin API nobody tells who answered: give --by-header, or a --header 'VERSION=Name: value' for each version`)
  }
  if (attribution.kind === 'counters') {
    const without = versions.filter(({ via }) => via === 'weight').map(({ name }) => name)
    notes.push(
      `No route leads to ${without.join(' or ')} alone, so versions are told apart by the edge's counters: everybody's requests are in them, and their latency is the edge's own, in coarse steps. Where answers name their version in a header, --by-header says it exactly.`,
    )
  }
  return { kind: 'plan', plan: { arms, attribution, versions: attribution.kind === 'header' ? [] : versions, notes } }
}

function attributionOf(byHeader: string | undefined, needsWeights: boolean): Attribution {
  if (byHeader !== undefined) return { kind: 'header', name: byHeader.toLowerCase() }
  return needsWeights ? { kind: 'counters' } : { kind: 'arm' }
}

/** A later field of the same name replaces an earlier one, but that cookies are joined. */
function merged(fields: readonly { readonly name: string | undefined; readonly value: string }[]): Headers {
  const all: Record<string, string> = {}
  for (const { name, value } of fields) {
    if (name === undefined) continue
    const before = Object.keys(all).find((other) => other.toLowerCase() === name.toLowerCase())
    if (before === undefined) all[name] = value
    else all[before] = name.toLowerCase() === 'cookie' ? `${all[before]}; ${value}` : value
  }
  return all
}

function mistake(message: string): Planned {
  return { kind: 'mistake', message }
}
