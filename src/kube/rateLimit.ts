/** A bucket of requests that refills steadily. */
export type Bucket = { readonly tokens: number; readonly atMs: number }

export type Rate = {
  /** Requests per second, in the long run. */
  readonly perSecond: number
  /** How many may go at once. */
  readonly burst: number
}

/** Takes one request out of the bucket: `waitMs` is when it may go, from now. Requests are served in the order in which they ask. */
export function take(bucket: Bucket, { perSecond, burst }: Rate, nowMs: number): { readonly bucket: Bucket; readonly waitMs: number } {
  const tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond) - 1
  return { bucket: { tokens, atMs: Math.max(nowMs, bucket.atMs) }, waitMs: tokens >= 0 ? 0 : (-tokens / perSecond) * 1_000 }
}

/** A request that was admitted and did not go after all. */
export function giveBack({ tokens, atMs }: Bucket, { burst }: Rate): Bucket {
  return { tokens: Math.min(burst, tokens + 1), atMs }
}

/** From here on no more than the steady rate, until it has not been used for a while. */
export function pace({ tokens, atMs }: Bucket): Bucket {
  return { tokens: Math.min(0, tokens), atMs }
}
