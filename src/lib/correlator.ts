/** What happened to an object: `object` identifies it, `type` and `reason` are an Event's. */
export type News = { readonly object: string; readonly type: string; readonly reason: string; readonly message: string }

/** News that are to be told. `previous` is what was remembered of the same news before, if that is not long ago. */
export type Correlated<T> = { readonly message: string; readonly previous: T | undefined; remember(told: T): void }

/** Which news are told, and which of them as one: client-go's rules, so that an object in trouble does not drown the others. */
export type Correlator<T> = {
  /** Undefined: the object has told too much. */
  correlate(news: News, nowMs: number): Correlated<T> | undefined
}

/** The same news within this are one. */
const sameMs = 600_000
/** Different news of one reason about one object within that time: from this many on, they are told as one. */
const similarMaximum = 10
/** What one object may have told unless told otherwise, then one more every 5 minutes. */
const usualBurst = 25
const refillMs = 300_000
/** Beyond, the oldest is forgotten: its next news begin anew. */
const rememberedMaximum = 4_096

type Similar = { messages: Set<string>; sinceMs: number }
type Budget = { left: number; sinceMs: number }

export function openCorrelator<T>(burst = usualBurst): Correlator<T> {
  const series = new Map<string, { told: T; lastMs: number }>()
  const similar = new Map<string, Similar>()
  const budgets = new Map<string, Budget>()

  function mayTell(object: string, nowMs: number): boolean {
    const budget = budgets.get(object) ?? { left: burst, sinceMs: nowMs }
    const refilled = Math.floor((nowMs - budget.sinceMs) / refillMs)
    budget.left = Math.min(burst, budget.left + refilled)
    budget.sinceMs += refilled * refillMs
    remember(budgets, object, budget)
    if (budget.left === 0) return false
    budget.left--
    return true
  }

  /** The message to tell: its own, or one that stands for many that differ only in details. */
  function messageFor(key: string, message: string, nowMs: number): string {
    const before = similar.get(key)
    const entry = before === undefined || nowMs - before.sinceMs > sameMs ? { messages: new Set<string>(), sinceMs: nowMs } : before
    entry.messages.add(message)
    remember(similar, key, entry)
    if (entry.messages.size < similarMaximum) return message
    // Room for one: those that are told again and again stay told by themselves.
    for (const oldest of entry.messages) {
      entry.messages.delete(oldest)
      break
    }
    return `(combined from similar events): ${message}`
  }

  return {
    correlate(news, nowMs) {
      if (!mayTell(news.object, nowMs)) return undefined
      const group = `${news.object} ${news.type} ${news.reason}`
      const message = messageFor(group, news.message, nowMs)
      const key = message !== news.message ? group : `${group} ${message}`
      const before = series.get(key)
      return {
        message,
        previous: before === undefined || nowMs - before.lastMs > sameMs ? undefined : before.told,
        remember: (told) => remember(series, key, { told, lastMs: nowMs }),
      }
    },
  }
}

/** The latest at the end, the oldest forgotten. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > rememberedMaximum) for (const oldest of map.keys()) return void map.delete(oldest)
}
