import type { KubeObject } from '../../../api/meta.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { isKubeError } from '../../../kube/errors.ts'
import type { Resource } from '../../../kube/resource.ts'
import { createHash } from '../../../lib/crypto.ts'
import type { Authenticate, TokenVerdict } from '../../admin/guard.ts'
import type { EdgeLog } from '../../log.ts'

const tokenReviews: Resource = { group: 'authentication.k8s.io', version: 'v1', name: 'tokenreviews', kind: 'TokenReview', namespaced: false }

type TokenReview = KubeObject & {
  readonly spec: { readonly token: string; readonly audiences: readonly string[] }
  readonly status?: {
    readonly authenticated?: boolean
    readonly user?: { readonly username?: string }
    /** Those of the asked for that the token is for; a server that knows of none leaves them out. */
    readonly audiences?: readonly string[]
  }
}

/** How long a verdict is good for. A token that was taken back is let in for as long; who was refused may have been early. */
const keepMs: Readonly<Record<TokenVerdict['kind'], number>> = { trusted: 10_000, unauthenticated: 2_000, forbidden: 2_000, unavailable: 0 }
const maxKept = 256
/** Whoever sends tokens that nobody knows must not keep the edge from the API server. */
const maxAsked = 8
const deadlineMs = 3_000

type Kept = { readonly verdict: Promise<TokenVerdict>; untilMs: number }

/**
 * Asks the API server of whom a token is. Trusted: one that is for that audience, of one of those users (a service account is
 * `system:serviceaccount:NAMESPACE:NAME`). What is asked often is asked once.
 */
export function openTokenReviewer(options: {
  readonly client: Pick<KubeClient, 'create'>
  readonly audience: string
  readonly usernames: readonly string[]
  readonly log: EdgeLog
  readonly now?: () => number
}): Authenticate {
  const { client, audience, usernames, log, now = () => performance.now() } = options
  /** By digest, the oldest first. */
  const kept = new Map<string, Kept>()
  let asked = 0
  let isBroken = false

  async function review(token: string): Promise<TokenVerdict> {
    try {
      const question: TokenReview = { metadata: { name: '' }, spec: { token, audiences: [audience] } }
      const { status = {} } = await client.create<TokenReview>(tokenReviews, question, { timeoutMs: deadlineMs })
      isBroken = false
      return judged(status, audience, usernames)
    } catch (error) {
      // Its message is the server's, which may quote what it was asked.
      const reason = isKubeError(error) ? `${error.kind}${error.status > 0 ? `, HTTP ${error.status}` : ''}` : 'it failed'
      if (!isBroken) log.error('tokens of the admin API cannot be checked: nobody is let in', { reason, needs: 'create tokenreviews' })
      isBroken = true
      return { kind: 'unavailable', detail: `The token cannot be checked: the API server did not answer a TokenReview (${reason}).` }
    }
  }

  async function ask(key: string, token: string): Promise<TokenVerdict> {
    asked++
    const verdict = await review(token)
    asked--
    const entry = kept.get(key)
    if (entry !== undefined) entry.untilMs = now() + keepMs[verdict.kind]
    return verdict
  }

  return (token) => {
    const key = createHash('sha256').update(token).digest('base64')
    const known = kept.get(key)
    if (known !== undefined && now() < known.untilMs) return known.verdict
    kept.delete(key)
    if (asked >= maxAsked) return Promise.resolve({ kind: 'unavailable', detail: 'Too many tokens are being checked.' })
    const verdict = ask(key, token)
    // Whoever comes meanwhile waits for the same answer.
    kept.set(key, { verdict, untilMs: Number.POSITIVE_INFINITY })
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break
      kept.delete(oldest)
    }
    return verdict
  }
}

function judged(status: NonNullable<TokenReview['status']>, audience: string, usernames: readonly string[]): TokenVerdict {
  const { authenticated = false, user, audiences = [] } = status
  if (!authenticated || !audiences.includes(audience))
    return { kind: 'unauthenticated', detail: `This is no valid token for the audience ${audience}.` }
  const { username = '' } = user ?? {}
  if (usernames.includes(username)) return { kind: 'trusted' }
  return { kind: 'forbidden', detail: `This edge was not told to trust ${JSON.stringify(username)}.` }
}
