/** Retries that a backend may have on credit. */
const reserve = 10

/**
 * How many retries a backend may still have: each request earns a share of one, what is not spent adds up to a small reserve. Where everything
 * fails, retries add no more than their share to the load.
 */
export type RetryBudget = { spend(requests: number, share: number): boolean }

/** `requests`: as many as the backend had so far. The same number, grown, is told with each `spend`: so requests need not be told one by one. */
export function openRetryBudget(requests: number): RetryBudget {
  let told = requests
  let credit = reserve
  return {
    spend(now, share) {
      credit = Math.min(reserve, credit + (now - told) * share)
      told = now
      if (share === 0 || credit < 1) return false
      credit--
      return true
    },
  }
}
